package differencing

import (
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// Room is the number of cells that fit one scan however they are packed, where a series of more than
// [MaxPacked] cells takes MaxPacked: of any two words packed one after the other one is at least half full.
const Room = MaxWide * MaxPacked

// Share checks that a question leaves to every organisation that may ask about the table its share of the window: half of
// [Room] is theirs in equal shares, and the other half is for whoever comes first. It fails with [TooMany] if the organisation has
// more than its share and what is left is kept for others. by names the organisation of each earlier question. What an organisation asks
// again takes no room. It depends on questions only, not on data, and nothing earlier is forgotten.
//
// Why a question within its share always finds room: the sum over organisations of what each has, but at least its
// share, is half of Room in the beginning; a question within the share does not change it, one beyond is accepted only if it stays
// within Room, and what leaves the window does not add to it.
func Share(question *plan.Plan, of string, earlier []*plan.Plan, by []string, ch *charter.Charter) error {
	t := ch.Table(question.Table)
	members := askers(ch, t)
	if len(members) < 2 {
		return nil
	}
	used := map[string]room{of: {}}
	for _, name := range members {
		used[name] = room{}
	}
	for i, p := range earlier {
		if p.Table != question.Table || !fits(p, t) {
			continue
		}
		if used[by[i]] == nil {
			used[by[i]] = room{}
		}
		if err := used[by[i]].add(p, ch); err != nil {
			return err
		}
	}
	before, share := used[of].cells(), Room/2/len(members)
	if err := used[of].add(question, ch); err != nil {
		return err
	}
	if after := used[of].cells(); after == before || after <= share {
		return nil
	}
	total := 0
	for name, r := range used {
		n := r.cells()
		if slices.Contains(members, name) {
			n = max(n, share)
		}
		total += n
	}
	if total > Room {
		return TooMany.New("the organisation has more than its share of the window, and what is left is kept for others")
	}
	return nil
}

// askers are the organisations of analysts who may ask about a table.
func askers(ch *charter.Charter, t *charter.Table) []string {
	var names []string
	for _, m := range ch.WithRole(charter.Analyst) {
		if len(t.Analysts) == 0 || slices.Contains(t.Analysts, m.ID) {
			names = append(names, m.Organisation)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// room is what the questions of one organisation take: cells by the key of the series.
type room map[string]int

func (r room) add(p *plan.Plan, ch *charter.Charter) error {
	all, err := seriesOf(p, ch, 0)
	for i := range all {
		r[all[i].key] = min(p.Cells(), MaxPacked)
	}
	return err
}

func (r room) cells() int {
	n := 0
	for _, cells := range r {
		n += cells
	}
	return n
}
