package plan

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tacit-space/tacit/crypto/dp"
)

// sample uses every kind of key and most operators.
func sample(t testing.TB) *Plan {
	t.Helper()
	months, err := TruncSlots(Month, Value{Timestamp, "2024-01-01 00:00:00"}, 3)
	if err != nil {
		t.Fatal(err)
	}
	sex := OneOf("sex", []Value{{Text, "m"}, {Text, "f"}})
	return &Plan{
		Table: "patients",
		Where: AllOf(Negate(Missing("age")), AnyOf(Compare(Ge, "age", Value{Integer, "18"}), Negate(sex))),
		Keys: []Key{
			{Kind: KeyColumn, Column: "sex", Slots: []Value{{Text, "m"}, {Text, "f"}}, Null: true},
			{Kind: KeyTrunc, Column: "admitted", Grain: Month, Slots: months},
			{Kind: KeyBins, Column: "age", Lo: Value{Decimal, "0"}, Hi: Value{Decimal, "100"}, Count: 2, Slots: BinSlots(2), Null: true},
			{
				Kind: KeyCase, Slots: []Value{{Text, "a"}, {Text, "b"}}, Null: true, Else: 2,
				Arms: []Arm{{When: sex, Slot: 0}, {When: Missing("sex"), Slot: 1}, {When: Compare(Eq, "smoker", BoolValue(true)), Slot: 0}},
			},
		},
		Sums: []Sum{
			{},
			{Present: []string{"age"}},
			{Factors: []string{"age", "age"}, Present: []string{"cost", "weight"}},
			{Factors: []string{"cost"}, Filter: sex},
		},
		Width: Width64,
	}
}

func TestRoundTrip(t *testing.T) {
	p := sample(t)
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	q, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(p, q); d != "" {
		t.Error(d)
	}
	if p.Cells() != 3*3*5*3 || p.Length() != p.Cells()*4 {
		t.Errorf("cells %d, length %d", p.Cells(), p.Length())
	}
}

// TestCurveRoundTrip: a curve is a bit of the kind; other plans keep their bytes.
func TestCurveRoundTrip(t *testing.T) {
	p := sample(t)
	p.Keys = p.Keys[:3]
	p.Keys[2].Along = true
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	q, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(p, q); d != "" {
		t.Error(d)
	}
	if q.Points() != 5 || q.Across().Cells() != 9 || len(q.Keys) != 3 || sample(t).Points() != 1 {
		t.Errorf("%d points of %d curves", q.Points(), q.Across().Cells())
	}
}

func TestJobRoundTrip(t *testing.T) {
	j := &Job{Charter: [32]byte{1}, Space: "s", Analyst: "a", Purpose: "research", Plan: *sample(t), Leakage: [32]byte{2}, Created: 5, Expiry: 6}
	b, err := j.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	k, err := ParseJob(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(j, k); d != "" {
		t.Error(d)
	}
	if _, err := ParseJob(append(b, 0)); !Malformed.Is(err) {
		t.Errorf("a job with a byte left over: %v", err)
	}
}

// TestArgumentsAreCanonical: template and arguments have one encoding.
func TestArgumentsAreCanonical(t *testing.T) {
	one := Argument{Name: "a", Value: Value{Kind: Integer, Text: "1"}}
	two := Argument{Name: "b", Value: Value{Kind: Text, Text: "x"}}
	good := Job{Space: "s", Analyst: "a", Template: "t", Arguments: []Argument{one, two}, Plan: *sample(t), Expiry: 6}
	b, err := good.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	k, err := ParseJob(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(&good, k); d != "" {
		t.Error(d)
	}
	for name, change := range map[string]func(*Job){
		"arguments without a template": func(j *Job) { j.Template = "" },
		"order":                        func(j *Job) { j.Arguments = []Argument{two, one} },
		"twice":                        func(j *Job) { j.Arguments = []Argument{one, one} },
		"NULL":                         func(j *Job) { j.Arguments = []Argument{{Name: "a"}} },
		"no name":                      func(j *Job) { j.Arguments = []Argument{{Value: one.Value}} },
		"long name":                    func(j *Job) { j.Arguments = []Argument{{strings.Repeat("a", maxID+1), one.Value}} },
		"long template":                func(j *Job) { j.Template = strings.Repeat("a", maxID+1) },
		"not canonical":                func(j *Job) { j.Arguments = []Argument{{"a", Value{Kind: Integer, Text: "01"}}} },
		"an expression":                func(j *Job) { j.Arguments = []Argument{{"a", Value{Kind: Integer, Text: "1 OR 1"}}} },
		"too many":                     func(j *Job) { j.Arguments = make([]Argument, MaxArguments+1) },
	} {
		bad := good
		change(&bad)
		if _, err := bad.Marshal(); err == nil {
			t.Errorf("%s: encoded", name)
		}
	}
	for n := range len(b) {
		if _, err := ParseJob(b[:n]); !Malformed.Is(err) {
			t.Fatalf("%d of %d bytes: %v", n, len(b), err)
		}
	}
}

// TestNotCanonical breaks the sample in one way at a time.
func TestNotCanonical(t *testing.T) {
	var deep *Predicate = Missing("c")
	for i := range MaxDepth {
		op := []Op{And, Or}[i%2]
		deep = &Predicate{Op: op, Args: []*Predicate{deep, Missing("c")}}
	}
	wide := &Predicate{Op: And}
	for range MaxNodes {
		wide.Args = append(wide.Args, Missing("c"))
	}
	cases := map[string]func(p *Plan){
		"no table":            func(p *Plan) { p.Table = "" },
		"long name":           func(p *Plan) { p.Table = string(bytes.Repeat([]byte("x"), MaxName+1)) },
		"width":               func(p *Plan) { p.Width = 65 },
		"no sums":             func(p *Plan) { p.Sums = nil },
		"first sum":           func(p *Plan) { p.Sums[0], p.Sums[1] = p.Sums[1], p.Sums[0] },
		"repeated sum":        func(p *Plan) { p.Sums[2] = p.Sums[1] },
		"three factors":       func(p *Plan) { p.Sums[2].Factors = []string{"a", "b", "c"} },
		"unsorted factors":    func(p *Plan) { p.Sums[2].Factors = []string{"b", "a"} },
		"unsorted present":    func(p *Plan) { p.Sums[2].Present = []string{"weight", "cost"} },
		"present repeated":    func(p *Plan) { p.Sums[2].Present = []string{"cost", "cost"} },
		"present factor":      func(p *Plan) { p.Sums[2].Present = []string{"age"} },
		"and in and":          func(p *Plan) { p.Where.Args[1] = AllOf(Missing("a"), Missing("b")) },
		"not above =":         func(p *Plan) { p.Where = &Predicate{Op: Not, Args: []*Predicate{Compare(Eq, "a", Value{Text, "x"})}} },
		"double not":          func(p *Plan) { p.Where = &Predicate{Op: Not, Args: []*Predicate{Negate(Missing("a"))}} },
		"single and":          func(p *Plan) { p.Where = &Predicate{Op: And, Args: []*Predicate{Missing("a")}} },
		"nil argument":        func(p *Plan) { p.Where.Args[0] = nil },
		"unsorted in":         func(p *Plan) { p.Where = &Predicate{Op: In, Column: "a", Values: []Value{{Text, "b"}, {Text, "a"}}} },
		"single in":           func(p *Plan) { p.Where = &Predicate{Op: In, Column: "a", Values: []Value{{Text, "b"}}} },
		"boolean <>":          func(p *Plan) { p.Where = &Predicate{Op: Ne, Column: "a", Values: []Value{{Boolean, "true"}}} },
		"null constant":       func(p *Plan) { p.Where = Compare(Eq, "a", Value{}) },
		"number with zero":    func(p *Plan) { p.Where = Compare(Eq, "a", Value{Integer, "01"}) },
		"decimal with zero":   func(p *Plan) { p.Where = Compare(Eq, "a", Value{Decimal, "1.50"}) },
		"nul":                 func(p *Plan) { p.Where = Compare(Eq, "a", Value{Text, "a\x00"}) },
		"date":                func(p *Plan) { p.Where = Compare(Eq, "a", Value{Date, "2024-02-30"}) },
		"fraction":            func(p *Plan) { p.Where = Compare(Eq, "a", Value{Timestamp, "2024-02-03 00:00:00.100"}) },
		"unknown operator":    func(p *Plan) { p.Where = &Predicate{Op: 77, Column: "a"} },
		"deep":                func(p *Plan) { p.Where = deep },
		"wide":                func(p *Plan) { p.Where = wide },
		"slot twice":          func(p *Plan) { p.Keys[0].Slots[1] = p.Keys[0].Slots[0] },
		"stray grain":         func(p *Plan) { p.Keys[0].Grain = Day },
		"gap":                 func(p *Plan) { p.Keys[1].Slots[1] = p.Keys[1].Slots[2] },
		"not a month":         func(p *Plan) { p.Keys[1].Slots = []Value{{Timestamp, "2024-01-02 00:00:00"}} },
		"bounds":              func(p *Plan) { p.Keys[2].Hi = p.Keys[2].Lo },
		"bin slots":           func(p *Plan) { p.Keys[2].Slots = BinSlots(3) },
		"curve of a category": func(p *Plan) { p.Keys = p.Keys[:1]; p.Keys[0].Along = true },
		"curve of cases":      func(p *Plan) { p.Keys[3].Along = true },
		"curve not last":      func(p *Plan) { p.Keys[1].Along = true },
		"two curves":          func(p *Plan) { p.Keys = p.Keys[:3]; p.Keys[1].Along, p.Keys[2].Along = true, true },
		"slot without arm":    func(p *Plan) { p.Keys[3].Slots = append(p.Keys[3].Slots, Value{Text, "c"}) },
		"slots out of order":  func(p *Plan) { p.Keys[3].Arms[0].Slot = 1 },
		"null without arm":    func(p *Plan) { p.Keys[3].Else = 0 },
		"unknown key":         func(p *Plan) { p.Keys[0].Kind = 9 },
		"too many cells":      func(p *Plan) { p.Keys[2].Count, p.Keys[2].Slots = 200_000, BinSlots(200_000) },
		"slots of two kinds":  func(p *Plan) { p.Keys[0].Slots[1] = Value{Integer, "1"} },
		"arm without a when":  func(p *Plan) { p.Keys[3].Arms[0].When = nil },
		"comparison with arg": func(p *Plan) { p.Where.Args[0].Column = "x" },
	}
	for name, breakIt := range cases {
		p := sample(t)
		breakIt(p)
		if _, err := p.Marshal(); !Malformed.Is(err) {
			t.Errorf("%s: marshalled, error %v", name, err)
		}
	}
}

// TestTruncated cuts and flips the encoding: never a panic, and what parses is
// its own encoding.
func TestTruncated(t *testing.T) {
	b, err := sample(t).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for i := range b {
		if _, err := Parse(b[:i]); err == nil {
			t.Errorf("%d of %d bytes parse", i, len(b))
		}
		c := bytes.Clone(b)
		c[i] ^= 1
		reencode(t, c)
	}
}

func reencode(t *testing.T, b []byte) {
	t.Helper()
	p, err := Parse(b)
	if err != nil {
		return
	}
	out, err := p.Marshal()
	if err != nil {
		t.Fatalf("parsed and does not marshal: %v", err)
	}
	if !bytes.Equal(b, out) {
		t.Fatalf("two encodings of one plan:\n%x\n%x", b, out)
	}
}

func FuzzParse(f *testing.F) {
	b, err := sample(f).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	delta, err := dp.ParseDelta("2.5e-7")
	if err != nil {
		f.Fatal(err)
	}
	p := sample(f)
	p.Privacy = &Privacy{Epsilon: 1, Delta: delta, Scope: ScopeRequired}
	if b, err = p.Marshal(); err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	p = sample(f)
	p.Sums = append(p.Sums, Sum{Weight: Exp, Fraction: 40})
	p.Model = &Model{
		Terms:        []ModelTerm{{}, {Factors: []string{"age"}, Levels: []Level{{"sex", Value{Text, "m"}}}}},
		Coefficients: []Value{{Decimal, "-1.5"}, {Decimal, "0.25"}}, Offset: "years", LogOffset: true,
	}
	if b, err = p.Marshal(); err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte{version})
	f.Fuzz(func(t *testing.T, b []byte) { reencode(t, b) })
}

func FuzzParseJob(f *testing.F) {
	j := &Job{Space: "s", Analyst: "a", Plan: *sample(f), Expiry: 6}
	b, err := j.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	j.Template, j.Arguments = "t", []Argument{{"a", Value{Kind: Integer, Text: "1"}}, {"b", Value{Kind: Text, Text: "x"}}}
	if b, err = j.Marshal(); err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		j, err := ParseJob(b)
		if err != nil {
			return
		}
		out, err := j.Marshal()
		if err != nil || !bytes.Equal(b, out) {
			t.Fatalf("two encodings of one job: %v", err)
		}
	})
}
