package charter

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// quotas compares the quotas of two charters. Quotas have no names: those that bound the same
// questions are one that changed, first those of one period.
func (d *differ) quotas(path string, from, to []Quota) {
	gone, fresh := unpaired(from, to), unpaired(to, from)
	if len(gone) == 0 && len(fresh) == 0 {
		d.add(path, Changed, "quotas in another order")
		return
	}
	same := func(a, b *Quota) bool { return a.scope() == b.scope() }
	for _, alike := range []func(a, b *Quota) bool{
		func(a, b *Quota) bool { return same(a, b) && a.Period == b.Period }, same,
	} {
		gone = slices.DeleteFunc(gone, func(old Quota) bool {
			i := slices.IndexFunc(fresh, func(q Quota) bool { return alike(&old, &q) })
			if i < 0 {
				return false
			}
			d.quota(path, &old, &fresh[i])
			fresh = slices.Delete(fresh, i, i+1)
			return true
		})
	}
	for i := range gone {
		d.add(path, Laxer, "%s: no more than %s → no such bound", gone[i].scope(), gone[i].bound())
	}
	for i := range fresh {
		d.add(path, Stricter, "%s: no such bound → no more than %s", fresh[i].scope(), fresh[i].bound())
	}
}

// unpaired returns the quotas of one list that are not in the other, counting those that stand there twice.
func unpaired(list, other []Quota) []Quota {
	other = slices.Clone(other)
	return slices.DeleteFunc(slices.Clone(list), func(q Quota) bool {
		i := slices.IndexFunc(other, func(o Quota) bool { return reflect.DeepEqual(q, o) })
		if i < 0 {
			return false
		}
		other = slices.Delete(other, i, i+1)
		return true
	})
}

// quota compares two bounds of the same questions. Of two of which one has the larger number and the other
// the shorter period, neither is laxer by itself.
func (d *differ) quota(path string, a, b *Quota) {
	effect := Changed
	switch {
	case b.Questions >= a.Questions && b.Period <= a.Period:
		effect = Laxer
	case b.Questions <= a.Questions && b.Period >= a.Period:
		effect = Stricter
	}
	text := fmt.Sprintf("%s: %s → %s", a.scope(), a.bound(), b.bound())
	if effect == Laxer {
		text += "; more questions"
	}
	d.add(path, effect, "%s", text)
}

// scope says which questions are counted together.
func (q *Quota) scope() string {
	text := "questions of each " + q.Per
	if len(q.Analysts) > 0 {
		text += " among " + strings.Join(q.Analysts, ", ")
	}
	if len(q.Organisations) > 0 {
		text += " of " + strings.Join(q.Organisations, ", ")
	}
	if len(q.Tables) > 0 {
		text += " about " + strings.Join(q.Tables, ", ")
	}
	return text
}

func (q *Quota) bound() string { return fmt.Sprintf("%d in any %s", q.Questions, q.Period) }
