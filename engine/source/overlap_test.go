package source

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/differencing"
	"github.com/tacit-space/tacit/engine/plan"
)

// visit is a row of the property test; empty texts and -1 are NULL.
type visit struct {
	unit int
	town string
	age  int
	day  int // of January 2024, from 1
}

const (
	visitAges = 5 // 0…4
	visitDays = 20
)

var visitTowns = []string{"a", "b", "c"}

func visitTable(unit bool, k int) charter.Table {
	t := tableOf(
		col("id", "integer", charter.Identifier),
		col("town", "text", charter.Category, visitTowns...),
		col("age", "integer", charter.Measure, "0", "4"),
		col("day", "date", charter.Time, "2024-01-01", "2024-01-20"),
	)
	t.Columns[3].Grain = "day"
	t.MinCohort = &k
	if unit {
		t.Unit = "id"
	}
	return t
}

func visitCharter(t charter.Table) *charter.Charter {
	return &charter.Charter{Tables: []charter.Table{t}}
}

func (v visit) csv() string {
	age, day := "", ""
	if v.age >= 0 {
		age = fmt.Sprint(v.age)
	}
	if v.day > 0 {
		day = fmt.Sprintf("2024-01-%02d", v.day)
	}
	return fmt.Sprintf("%d,%s,%s,%s\n", v.unit, v.town, age, day)
}

func visitFile(t *testing.T, rows []visit) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("id,town,age,day\n")
	for _, r := range rows {
		b.WriteString(r.csv())
	}
	return write(t, "t.csv", b.String())
}

// questions draws plans.
type questions struct {
	*rand.Rand
	table *charter.Table
}

func (q questions) predicate() *plan.Predicate {
	day := func() plan.Value { return num(plan.Date, fmt.Sprintf("2024-01-%02d", 1+q.IntN(visitDays))) }
	age := func() plan.Value { return num(plan.Integer, fmt.Sprint(q.IntN(visitAges))) }
	town := func() plan.Value { return num(plan.Text, visitTowns[q.IntN(len(visitTowns))]) }
	ops := []plan.Op{plan.Eq, plan.Ne, plan.Lt, plan.Le, plan.Gt, plan.Ge}
	switch q.IntN(7) {
	case 0:
		return plan.Compare(ops[q.IntN(2)], "town", town())
	case 1:
		return plan.OneOf("town", []plan.Value{town(), town()})
	case 2:
		return plan.Compare(ops[q.IntN(6)], "age", age())
	case 3:
		return plan.Compare(ops[q.IntN(6)], "day", day())
	case 4:
		return plan.Negate(plan.Missing([]string{"town", "age", "day"}[q.IntN(3)]))
	case 5:
		return plan.AllOf(plan.Compare(plan.Ge, "day", day()), plan.Compare(plan.Lt, "day", day()))
	default:
		return plan.AnyOf(plan.Compare(plan.Eq, "town", town()), plan.Compare(plan.Gt, "age", age()))
	}
}

func (q questions) plan(t *testing.T) *plan.Plan {
	t.Helper()
	p := &plan.Plan{Table: "t", Width: plan.Width64, Sums: []plan.Sum{{}}}
	if q.IntN(2) == 0 {
		p.Where = q.predicate()
	}
	keys := []plan.Key{
		{Kind: plan.KeyColumn, Column: "town"},
		{Kind: plan.KeyTrunc, Column: "day", Grain: []plan.Grain{plan.Day, plan.Week, plan.Month}[q.IntN(3)]},
		{Kind: plan.KeyBins, Column: "age", Lo: num(plan.Decimal, "1"), Hi: num(plan.Decimal, "3"), Count: 2},
		{Kind: plan.KeyCase, Slots: []plan.Value{num(plan.Text, "x"), num(plan.Text, "y")}, Arms: []plan.Arm{{When: q.predicate(), Slot: 0}}, Else: 1},
	}
	q.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	for _, k := range keys[:q.IntN(3)] {
		if err := k.Derive(q.table, p.Where); err != nil {
			t.Fatal(err)
		}
		p.Keys = append(p.Keys, k)
	}
	for _, s := range []plan.Sum{
		{Factors: []string{"age"}}, {Filter: q.predicate()}, {Present: []string{"age"}}, {Factors: []string{"age"}, Filter: q.predicate()},
	} {
		if q.IntN(3) == 0 {
			p.Sums = append(p.Sums, s)
		}
	}
	if _, err := p.Marshal(); err != nil {
		t.Fatal(err)
	}
	return p
}

// truth is a value of SQL's logic.
type truth int

const (
	no truth = iota
	maybe
	yes
)

func (v visit) holds(p *plan.Predicate) truth {
	switch p.Op {
	case plan.And, plan.Or:
		out := v.holds(p.Args[0])
		for _, a := range p.Args[1:] {
			if x := v.holds(a); p.Op == plan.And {
				out = min(out, x)
			} else {
				out = max(out, x)
			}
		}
		return out
	case plan.Not:
		return yes - v.holds(p.Args[0])
	}
	text := map[string]string{"town": v.town, "age": fmt.Sprintf("%02d", v.age), "day": fmt.Sprintf("2024-01-%02d", v.day)}[p.Column]
	missing := v.isNull(p.Column)
	if p.Op == plan.IsNull {
		return map[bool]truth{true: yes, false: no}[missing]
	}
	if missing {
		return maybe
	}
	ok := false
	for _, c := range p.Values {
		other := c.Text
		if p.Column == "age" {
			other = fmt.Sprintf("%02s", other)
		}
		sign := strings.Compare(text, other)
		switch p.Op {
		case plan.Eq, plan.In:
			ok = ok || sign == 0
		case plan.Ne:
			ok = sign != 0
		case plan.Lt:
			ok = sign < 0
		case plan.Le:
			ok = sign <= 0
		case plan.Gt:
			ok = sign > 0
		case plan.Ge:
			ok = sign >= 0
		}
	}
	return map[bool]truth{true: yes, false: no}[ok]
}

func (v visit) isNull(column string) bool {
	return map[string]bool{"town": v.town == "", "age": v.age < 0, "day": v.day == 0}[column]
}

// slot is the row's slot of a key, -1 for none.
func (v visit) slot(k *plan.Key) int {
	if k.Kind != plan.KeyCase && v.isNull(k.Column) {
		if k.Null {
			return len(k.Slots)
		}
		return -1
	}
	switch k.Kind {
	case plan.KeyColumn:
		return slices.IndexFunc(k.Slots, func(x plan.Value) bool { return x.Text == v.town })
	case plan.KeyTrunc:
		at := k.Grain.Trunc(time.Date(2024, 1, v.day, 0, 0, 0, 0, time.UTC))
		return slices.Index(k.Slots, plan.InstantValue(plan.Timestamp, at))
	case plan.KeyBins: // two bins of width 1 from 1 to 3
		return []int{0, 1, 2, 3, 3}[v.age]
	}
	for _, arm := range k.Arms {
		if v.holds(arm.When) == yes {
			return arm.Slot
		}
	}
	return k.Else
}

// naiveSeries is one set of cells, by the definition of the package comment.
type naiveSeries struct {
	p        *plan.Plan
	filter   *plan.Predicate
	present  []string
	measures map[string]bool
	isNew    bool
}

func (s *naiveSeries) cell(v visit) int {
	if s.p.Where != nil && v.holds(s.p.Where) != yes || s.filter != nil && v.holds(s.filter) != yes ||
		slices.ContainsFunc(s.present, v.isNull) {
		return -1
	}
	cell := 0
	for i := range s.p.Keys {
		slot := v.slot(&s.p.Keys[i])
		if slot < 0 {
			return -1
		}
		cell = cell*s.p.Keys[i].Size() + slot
	}
	return cell
}

func naiveAll(ch *charter.Charter, question *plan.Plan, earlier []*plan.Plan) []*naiveSeries {
	var all []*naiveSeries
	add := func(s naiveSeries) {
		for _, o := range all {
			if reflect.DeepEqual(o.p.Where, s.p.Where) && reflect.DeepEqual(o.p.Keys, s.p.Keys) && reflect.DeepEqual(o.filter, s.filter) && slices.Equal(o.present, s.present) {
				for m := range s.measures {
					o.measures[m] = true
				}
				return
			}
		}
		all = append(all, &s)
	}
	for i, p := range append([]*plan.Plan{question}, earlier...) {
		for _, g := range plan.Guards(p, ch) {
			measures := map[string]bool{}
			for _, i := range g.Sums {
				if len(p.Sums[i].Factors) > 0 {
					measures[strings.Join(p.Sums[i].Factors, "*")] = true
				}
			}
			add(naiveSeries{p, g.Filter, nil, map[string]bool{}, i == 0})
			add(naiveSeries{p, g.Filter, g.Present, measures, i == 0})
		}
	}
	return all
}

func (s *naiveSeries) comparable(o *naiveSeries) bool {
	if s == o || !s.isNew && !o.isNew {
		return false
	}
	for m := range s.measures {
		if o.measures[m] {
			return true
		}
	}
	return slices.Equal(s.present, o.present)
}

// judged is what the definition says: small for a difference that must be found, named for
// one that only a cell which is empty here makes.
func judged(all []*naiveSeries, rows []visit, unit bool, k int) (small, named bool) {
	for _, s := range all {
		for _, t := range all {
			if s.comparable(t) {
				a, b := naivePair(s, t, rows, unit, k)
				small, named = small || a, named || b
			}
		}
	}
	return small, named
}

// rowSet is rows by number.
type rowSet map[int]bool

func (r rowSet) minus(o rowSet) rowSet {
	out := rowSet{}
	for i := range r {
		if !o[i] {
			out[i] = true
		}
	}
	return out
}

func (r rowSet) units(rows []visit, unit bool) map[int]bool {
	out := map[int]bool{}
	for i := range r {
		if unit {
			out[rows[i].unit] = true
		} else {
			out[i] = true
		}
	}
	return out
}

// universe is every row that could be.
func universe() []visit {
	var all []visit
	for _, town := range append([]string{""}, visitTowns...) {
		for age := -1; age < visitAges; age++ {
			for day := 0; day <= visitDays; day++ {
				all = append(all, visit{town: town, age: age, day: day})
			}
		}
	}
	return all
}

var everyRow = universe()

func naiveCells(s *naiveSeries, rows []visit) []rowSet {
	cells := make([]rowSet, s.p.Cells())
	for i := range cells {
		cells[i] = rowSet{}
	}
	for i, v := range rows {
		if c := s.cell(v); c >= 0 {
			cells[c][i] = true
		}
	}
	return cells
}

// naivePair compares the cells of s with those of t, and those as totals of these.
func naivePair(s, t *naiveSeries, rows []visit, unit bool, k int) (small, named bool) {
	count := func(r rowSet) int { return len(r.units(rows, unit)) }
	as, bs := naiveCells(s, rows), naiveCells(t, rows)
	couldA, couldB := naiveCells(s, everyRow), naiveCells(t, everyRow)
	for ai, a := range as {
		var inside []rowSet
		empty := false
		rest := a
		for bi, b := range bs {
			left, right := count(a.minus(b)), count(b.minus(a))
			shares := len(a.minus(a.minus(b))) > 0
			if shares && left < k && right < k && left+right > 0 {
				small = true
			}
			if ua, ub := a.units(rows, unit), b.units(rows, unit); unit && shares {
				x, y := len(rowSet(ua).minus(ub)), len(rowSet(ub).minus(ua))
				if min(x, y) == 0 && max(x, y) > 0 && max(x, y) < k {
					small = true
				}
			}
			if len(b) == 0 {
				empty = empty || len(a) > 0 && len(couldB[bi].minus(couldA[ai])) == 0
			} else if len(b.minus(a)) == 0 {
				inside = append(inside, b)
				rest = rest.minus(b)
			}
		}
		if n := count(rest); n > 0 && n < k && len(inside) > 0 {
			small = true
		}
		if n := count(rest); n > 0 && n < k && empty {
			named = true
		}
		for _, b := range inside {
			if n := count(a.minus(a.minus(b).minus(rest))); n < k {
				small = small || len(inside) > 1
				named = named || empty
			}
		}
	}
	return small, named
}

// TestCompareAgainstSets: over random rows and questions, a finding is what sets of rows say.
func TestCompareAgainstSets(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, seed))
	found, clean, byName, missed := 0, 0, 0, 0
	for round := range 24 {
		unit, k := round%2 == 0, 2+rng.IntN(4)
		if round%3 == 0 {
			k = 2 + rng.IntN(differencing.Cap-1)
		}
		table := visitTable(unit, k)
		rows := make([]visit, 5+rng.IntN(200))
		for i := range rows {
			rows[i] = visit{rng.IntN(1 + len(rows)/(1+round%4)), append(visitTowns, "")[rng.IntN(4)], rng.IntN(visitAges+1) - 1, rng.IntN(visitDays + 1)}
		}
		e := mapped(t, table, visitFile(t, rows))
		ch := visitCharter(table)
		q := questions{rng, &ch.Tables[0]}
		for range 6 {
			question := q.plan(t)
			var earlier []*plan.Plan
			for range rng.IntN(3) {
				earlier = append(earlier, q.plan(t))
			}
			c, err := differencing.New(question, earlier, ch)
			if err != nil {
				t.Fatal(err)
			}
			if err := e.Compare(t.Context(), "t", c); err != nil {
				t.Fatal(err)
			}
			finding := c.Find()
			small, named := judged(naiveAll(ch, question, earlier), rows, unit, k)
			switch {
			case finding != nil && !small && !named:
				t.Fatalf("round %d: found %+v, where there is nothing\n%s\n%+v", round, *finding, question.SQL(), rows)
			case finding == nil && small:
				t.Fatalf("round %d: found nothing (unit %v, k %d)\n%s\n%v", round, unit, k, question.SQL(), rows)
			case finding == nil && named:
				missed++
			case finding != nil && !small:
				byName++
			case finding != nil:
				found++
			default:
				clean++
			}
		}
	}
	t.Logf("found %d, only by name %d, missed by name %d, clean %d", found, byName, missed, clean)
	if found < 20 || clean < 20 {
		t.Error("the draw is one-sided")
	}
}

// TestEqualConstants: an integer and a decimal may be one number, whatever is asked on either side of it. Constants of both
// kinds meet when an amendment has changed the type of a column.
func TestEqualConstants(t *testing.T) {
	k := 5
	table := tableOf(col("id", "integer", charter.Identifier), col("x", "decimal(6,2)", charter.Measure, "0", "100"))
	table.MinCohort, table.Unit = &k, "id"
	var b strings.Builder
	b.WriteString("id,x\n")
	for i := range 60 {
		fmt.Fprintf(&b, "%d,%d\n", i, []int{5, 15}[i%2])
	}
	b.WriteString("60,10\n61,10\n")
	e := mapped(t, table, write(t, "t.csv", b.String()))
	ask := func(op plan.Op, kind plan.ValueKind, text string) *plan.Plan {
		return &plan.Plan{Table: "t", Width: plan.Width64, Sums: []plan.Sum{{}}, Where: plan.Compare(op, "x", num(kind, text))}
	}
	for _, one := range []plan.Value{num(plan.Integer, "10"), num(plan.Decimal, "10")} {
		for _, other := range []plan.Value{num(plan.Integer, "10"), num(plan.Decimal, "10")} {
			for _, ops := range [][2]plan.Op{{plan.Lt, plan.Le}, {plan.Gt, plan.Ge}, {plan.Le, plan.Lt}, {plan.Ge, plan.Gt}} {
				c, err := differencing.New(ask(ops[0], one.Kind, one.Text), []*plan.Plan{ask(ops[1], other.Kind, other.Text)}, visitCharter(table))
				if err != nil {
					t.Fatal(err)
				}
				if err := e.Compare(t.Context(), "t", c); err != nil {
					t.Fatal(err)
				}
				if c.Find() == nil {
					t.Errorf("%v %s against %v %s: two units are missed", ops[0], one.Text, ops[1], other.Text)
				}
			}
		}
	}
}

// BenchmarkCompare measures a comparison with 100 earlier cells and, alternating with it, the
// question itself with its guards. Units are texts, a fifth as many as rows. "ratio" is the time of
// the comparison over that of the question.
func BenchmarkCompare(b *testing.B) {
	e, path := benchFile(b, benchPatients())
	units, whole := benchTable(), benchTable()
	units.Columns = append(units.Columns, col("patient", "text", charter.Identifier))
	units.Unit, whole.Name = "patient", "rows"
	for _, t := range []charter.Table{units, whole} {
		if err := e.AddTable(b.Context(), Mapping{Files: []string{path}}, t); err != nil {
			b.Fatal(err)
		}
	}
	ch := &charter.Charter{Tables: []charter.Table{units, whole}}
	for _, table := range []string{"t", "rows"} {
		for _, kind := range []string{"keys", "filters"} {
			b.Run(table+"-"+kind, func(b *testing.B) {
				question, earlier := benchQuestions(b, ch.Table(table), kind)
				guards := plan.Guards(question, ch)
				if _, err := e.Validate(b.Context(), table); err != nil {
					b.Fatal(err)
				}
				var compared, asked time.Duration
				for b.Loop() {
					t0 := time.Now()
					c, err := differencing.New(question, earlier, ch)
					if err != nil {
						b.Fatal(err)
					}
					if err := e.Compare(b.Context(), table, c); err != nil {
						b.Fatal(err)
					}
					c.Find()
					t1 := time.Now()
					r, err := e.AggregateUnits(b.Context(), question, guards)
					drain(b, r, err)
					compared, asked = compared+t1.Sub(t0), asked+time.Since(t1)
				}
				b.ReportMetric(float64(benchRows())*float64(b.N)/compared.Seconds()/1e6, "Mrows/s")
				b.ReportMetric(compared.Seconds()/asked.Seconds(), "ratio")
			})
		}
	}
}

// benchQuestions are a question of 6 cells and 3 sums, and earlier ones of 100 cells: ten with
// ten, or a hundred with one.
func benchQuestions(b *testing.B, t *charter.Table, kind string) (*plan.Plan, []*plan.Plan) {
	question := &plan.Plan{
		Table: t.Name, Width: plan.Width128,
		Keys: []plan.Key{{Kind: plan.KeyColumn, Column: "flag"}, {Kind: plan.KeyColumn, Column: "status"}},
		Sums: []plan.Sum{{}, {Factors: []string{"price"}}, {Factors: []string{"temp"}, Filter: cmpOp(plan.Gt, "quantity", plan.Decimal, "10")}},
	}
	derive := func(p *plan.Plan) {
		for i := range p.Keys {
			if err := p.Keys[i].Derive(t, p.Where); err != nil {
				b.Fatal(err)
			}
		}
	}
	derive(question)
	var earlier []*plan.Plan
	for i := range 100 {
		p := &plan.Plan{Table: t.Name, Width: plan.Width128, Sums: []plan.Sum{{}}, Where: cmpOp(plan.Gt, "supplier", plan.Integer, fmt.Sprint(i*100))}
		if kind == "keys" {
			p.Keys = []plan.Key{{Kind: plan.KeyBins, Column: "price", Lo: num(plan.Decimal, "0"), Hi: num(plan.Decimal, "80000"), Count: 8}}
			derive(p)
		}
		if kind == "filters" || i < 10 {
			earlier = append(earlier, p)
		}
	}
	return question, earlier
}
