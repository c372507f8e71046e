package enginetest_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/column"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/statistic"
)

// plantedCalls has a question of every statistic over the rows of [planting].
var plantedCalls = map[string]string{
	"describe":             "(visits, 'amount, other', by => 'arm')",
	"ttest":                "(visits, 'amount ~ arm')",
	"anova":                "(visits, 'amount ~ arm')",
	"contingency":          "(visits, 'arm', 'event')",
	"mantel_haenszel":      "(visits, 'arm', 'event', 'site')",
	"table1":               "(visits, 'amount, arm', by => 'site')",
	"proportion":           "(visits, 'event = 1', by => 'arm')",
	"correlation":          "(visits, 'amount, other')",
	"incidence":            "(visits, 'event = 1', 'amount', by => 'arm')",
	"smr":                  "(visits, 'event = 1', 'amount', by => 'arm')",
	"standardised_rate":    "(visits, 'event = 1', 'amount', 'site', 'x=1, y=2', by => 'arm')",
	"meta":                 "(visits, 'amount', 'site', difference => 'arm')",
	"mann_whitney":         "(visits, 'level', 'arm')",
	"quantile":             "(visits, 'level', by => 'arm')",
	"ecdf":                 "(visits, 'level', by => 'arm')",
	"histogram":            "(visits, 'level')",
	"peak_load":            "(visits, 'amount', 'ts', by => 'site')",
	"load_profile":         "(visits, 'amount', 'ts', by => 'site')",
	"duration_curve":       "(visits, 'amount', 'ts')",
	"degree_days":          "(visits, 'amount', 'ts', 'other', heating => 0, cooling => 1000000000000)",
	"capacity_factor":      "(visits, 'amount', 'ts', 'other', by => 'arm')",
	"self_consumption":     "(visits, 'amount', 'other', 'ts', by => 'site')",
	"forecast_error":       "(visits, 'amount', 'other', 'ts', by => 'site')",
	"mantel_haenszel_rate": "(visits, 'event = 1', 'amount', 'arm', 'site')",
	"control_chart":        "(visits, 'event = 1', 'ts', interval => 'day', by => 'arm')",
	"demand_response":      "(visits, 'amount', 'ts', '2024-03-05', 5, 6, high => 1, days => 1, adjust => 0)",
	"footprint":            "(visits, 'amount', 'other', primary => 'event = 1', by => 'arm')",
	"percentile_bands":     "(visits, 'level', 'hour')",
	"kaplan_meier":         "(visits, 'Surv(days, event) ~ arm')",
	"log_rank":             "(visits, 'Surv(days, event) ~ arm + strata(site)')",
	"lm":                   "(visits, 'amount ~ other + arm')",
	"roc":                  "(visits, 'level', 'event = 1', by => 'arm')",
	"calibration":          "(visits, 'died', 'event = 1', edges => '1')",
	"concordance":          "(visits, 'Surv(days, event) ~ arm')",
	"glm":                  "(visits, 'died ~ amount + arm')",
	"cox":                  "(visits, 'Surv(days, event) ~ other')",
}

// planting are rows of every owner with numbers and texts that do not occur by chance.
type planting struct {
	files  map[string]string
	values map[string][]int64  // by owner
	texts  map[string][]string // likewise
}

const levels = 7_123_456_789_000 // where the range of the column level begins

func plant(seed uint64) *planting {
	p := &planting{map[string]string{}, map[string][]int64{}, map[string][]string{}}
	for o := range 3 {
		id := fmt.Sprintf("owner%d", o+1)
		random := rand.New(rand.NewPCG(seed, uint64(o)))
		var b strings.Builder
		b.WriteString("person,note,arm,site,event,died,amount,other,level,days,ts,hour\n")
		for i := range 40 {
			person, note := fmt.Sprintf("person-%016x", random.Uint64()), fmt.Sprintf("note-%016x", random.Uint64())
			amount, other, level := 1e10+random.Int64N(8e10), 1e8+random.Int64N(8e8), int64(levels+random.Int64N(200))
			p.texts[id] = append(p.texts[id], person, note, person[len("person-"):], note[len("note-"):])
			p.values[id] = append(p.values[id], amount, other, amount+other)
			if level > levels && level < levels+199 { // the ends of the range stand in the charter
				p.values[id] = append(p.values[id], level)
			}
			day, hour := 4+random.IntN(2), random.IntN(24)
			if i < 2 { // an hour with readings on both days
				day, hour = 4+i, 5
			}
			fmt.Fprintf(&b, "%s,%s,%s,%s,%d,%d,%d,%d,%d,%d,2024-03-0%d %02d:00:00,%d\n", person, note, []string{"a", "b"}[i%2], []string{"x", "y"}[i/2%2],
				random.IntN(2), random.IntN(2), amount, other, level, 1+random.IntN(39), day, hour, hour%4)
		}
		p.files[id] = b.String()
	}
	return p
}

// options of a space of these rows, masked.
func (p *planting) options() enginetest.Options {
	return enginetest.Options{Owners: 3, File: func(id string) string { return p.files[id] }, Table: func(t *charter.Table) {
		rounds, no := 25, new(bool)
		category := func(name string, domain ...string) charter.Column {
			return charter.Column{Name: name, Type: "text", Role: charter.Category, Nullable: no, Domain: domain}
		}
		number := func(name, from, to, curve string) charter.Column {
			return charter.Column{Name: name, Type: "integer", Role: charter.Measure, Nullable: no, Range: []string{from, to}, Curve: curve}
		}
		t.ModelRounds, t.Unit = &rounds, "person"
		t.Columns = []charter.Column{
			{Name: "person", Type: "text", Role: charter.Identifier, Nullable: no},
			{Name: "note", Type: "text", Role: charter.Hidden, Nullable: no},
			category("arm", "a", "b"), category("site", "x", "y"),
			{Name: "event", Type: "integer", Role: charter.Category, Nullable: no, Domain: []string{"0", "1"}},
			number("died", "0", "1", ""), number("amount", "0", "100000000000", ""), number("other", "0", "1000000000", ""),
			number("level", strconv.Itoa(levels), strconv.Itoa(levels+199), "1"), number("days", "0", "40", "1"),
			{
				Name: "ts", Type: "timestamp", Role: charter.Time, Nullable: no, Grain: "hour", Curve: "hour",
				Range: []string{"2024-03-04 00:00:00", "2024-03-05 23:59:59"},
			},
			{Name: "hour", Type: "integer", Role: charter.Category, Nullable: no, Domain: []string{"0", "1", "2", "3"}},
		}
	}}
}

// forms are those in which what an owner has may stand in bytes: texts, numbers in decimal and as words of either byte order.
func (p *planting) forms(owner string) map[string][]byte {
	out := map[string][]byte{}
	for _, text := range p.texts[owner] {
		out[owner+"'s text "+text] = []byte(text)
	}
	for _, x := range p.values[owner] {
		what := fmt.Sprintf("%s's value %d in ", owner, x)
		out[what+"decimal"] = []byte(strconv.FormatInt(x, 10))
		out[what+"a little-endian word"] = binary.LittleEndian.AppendUint64(nil, uint64(x))
		out[what+"a big-endian word"] = binary.BigEndian.AppendUint64(nil, uint64(x))
	}
	return out
}

// contribution is the vector of an owner to a question, in the clear: it is masked before it is sent.
func contribution(t *testing.T, s *enginetest.Space, owner string, q *query.Query) []byte {
	t.Helper()
	rows, err := s.Source(owner).AggregateUnits(t.Context(), &q.Plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Release()
	sums, _, _, err := column.Cells(t.Context(), rows, &q.Plan, nil, s.Bundle.Charter())
	if err != nil {
		t.Fatal(err)
	}
	return sums.Append(nil)
}

// plantedIn looks for the forms in bytes, and says which are there.
func plantedIn(in []byte, forms map[string][]byte) (found []string) {
	for what, form := range forms {
		if bytes.Contains(in, form) {
			found = append(found, what)
		}
	}
	slices.Sort(found)
	return found
}

// storeOf is all that a member has in its store.
func storeOf(t *testing.T, s *enginetest.Space, member string) (all []byte) {
	t.Helper()
	err := filepath.WalkDir(s.Store(member), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all = append(all, text...)
		return err
	})
	if err != nil || len(all) < 1000 {
		t.Fatalf("the store of %s has %d bytes: %v", member, len(all), err)
	}
	return all
}

// TestStatisticsLeaveNothing asks every statistic and looks for what one owner has, its texts, its numbers, its vector
// of every question, in the stores and ledgers of the coordinator and of the other owners, and in all logs. A purpose that has some of it,
// which the coordinator stores, is found.
func TestStatisticsLeaveNothing(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	p := plant(seed)
	s := enginetest.New(t, p.options()).Start()
	c := s.Client()
	forms := map[string]map[string][]byte{}
	for _, owner := range s.Owners {
		forms[owner] = p.forms(owner)
	}
	for _, st := range statistic.All() {
		call, ok := plantedCalls[st.Name]
		if !ok {
			t.Errorf("nothing is planted for %s", st.Name)
			continue
		}
		sql := "SELECT * FROM " + st.Name + call
		draft, err := c.Compile(sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		for _, owner := range s.Owners {
			forms[owner][owner+"'s vector of "+st.Name] = contribution(t, s, owner, draft.Query)
		}
		a, err := c.AskDraft(t.Context(), draft, analyst.Options{})
		if err != nil || a.Fault != nil || a.Report == nil {
			t.Errorf("%s: %v, %v", sql, err, a)
		}
	}
	look := func() (found []string) {
		for _, owner := range s.Owners {
			for _, member := range append([]string{enginetest.CoordinatorID}, s.Owners...) {
				if member == owner {
					continue
				}
				seen := storeOf(t, s, member)
				for _, e := range s.Ledger(member).Entries {
					seen = append(seen, e.Text()...)
				}
				for _, what := range plantedIn(seen, forms[owner]) {
					found = append(found, member+" has "+what)
				}
			}
			for _, what := range plantedIn([]byte(s.Log.String()), forms[owner]) {
				found = append(found, "a log has "+what)
			}
		}
		return found
	}
	if found := look(); len(found) > 0 {
		t.Errorf("after all statistics:\n%s", strings.Join(found, "\n"))
	}
	secret := p.texts["owner1"][0] + strconv.FormatInt(p.values["owner1"][0], 10)
	if _, err := c.Ask(t.Context(), "SELECT * FROM describe(visits, 'amount')", analyst.Options{Purpose: secret}); err != nil {
		t.Fatal(err)
	}
	found := strings.Join(look(), "\n")
	for _, what := range []string{"text " + p.texts["owner1"][0], fmt.Sprintf("value %d in decimal", p.values["owner1"][0])} {
		if !strings.Contains(found, enginetest.CoordinatorID+" has owner1's "+what) {
			t.Errorf("the search does not find the %s that the coordinator was told, but\n%s", what, found)
		}
	}
}
