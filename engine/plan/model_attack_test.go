package plan_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

// Terms that cancel leave η within its bound in exact numbers and anywhere in double precision: 40 stay of
// 2^86 after the ranges of this column.
func TestTermsThatCancel(t *testing.T) {
	ch := modelCharter(1)
	ch.Tables[0].Columns[0].Type, ch.Tables[0].Columns[0].Range = "integer", []string{"1000000000000000", "1000000000000001"}
	p := clinicPlan(t, modelCharter(1))
	p.Model.Terms, p.Model.Offset, p.Model.LogOffset = p.Model.Terms[:2], "", false
	p.Sums = []plan.Sum{{}, {Weight: plan.Exp}}
	fit(t, p, ch)
	for text, code := range map[string]string{"0": "", "20": "TACIT-P172"} {
		p.Model.Coefficients = decimals("-"+text+"000000000000000", text)
		if text == "0" {
			p.Model.Coefficients = decimals("0", "0")
		}
		if err := plan.Check(p, ch); fault.Code(err) != code {
			t.Errorf("coefficient %s: %v, want %q", text, err, code)
		}
	}
}

// A weighted sum that does not fit has no fraction, and a plan of a larger one is refused.
func TestFixedPointThatOverflows(t *testing.T) {
	ch := modelCharter(1)
	ch.Tables[0].MaxRows = 1 << 40
	ch.Tables[0].Columns[0].Range = []string{"0", "1000000000000000"}
	p := clinicPlan(t, modelCharter(1))
	p.Model.Coefficients = decimals("0", "0", "0")
	p.Sums = []plan.Sum{{}, {Weight: plan.Exp, Factors: []string{"age", "age", "age", "age"}}}
	if f := p.FitFractions(ch); f == nil {
		t.Error("a sum of 2^28 · 10^60 · 2^40 fits")
	}
	p.Sums[1].Fraction, p.Width = 16, plan.Width128
	if err := plan.Check(p, ch); err == nil {
		t.Error("a fixed point that overflows")
	}
}

// The fraction leaves room for all rows of all owners below 2^126, and one more would be taken where it fits.
func TestFractionsFit(t *testing.T) {
	for _, rows := range []int64{1, 1000, 1 << 33} {
		for n := range 5 {
			ch := modelCharter(1)
			ch.Tables[0].MaxRows = rows
			p := clinicPlan(t, ch)
			p.Sums = []plan.Sum{{}, {Weight: plan.Exp, Factors: slices.Repeat([]string{"age"}, n)}}
			fit(t, p, ch)
			total := plan.Bounds(p, ch)[1]
			total = new(big.Int).Mul(total, big.NewInt(int64(len(ch.OwnersOf(p.Table)))))
			if total.BitLen() > 126 {
				t.Errorf("%d rows, %d factors: %d bits", rows, n, total.BitLen())
			}
		}
	}
}

func TestNoModelWithNoise(t *testing.T) {
	ch := modelCharter(5)
	p := clinicPlan(t, ch)
	delta, err := dp.ParseDelta("1e-7")
	if err != nil {
		t.Fatal(err)
	}
	p.Privacy = &plan.Privacy{Epsilon: 1, Delta: delta, Scope: plan.ScopeRequired}
	if err := plan.Check(p, ch); fault.Code(err) != "TACIT-P173" {
		t.Errorf("%v, want TACIT-P173", err)
	}
}

// The plan as people read it.
func TestModelText(t *testing.T) {
	p := clinicPlan(t, modelCharter(1))
	const want = "WITH eta = -1.5 + 0.04 * age + 0.001 * age * (sex = 'm') + ln(years)"
	if got := p.SQL(); !strings.Contains(got+"\n", "\n"+want+"\n") {
		t.Errorf("got\n%s\nwant a line\n%s", got, want)
	}
}

// A plan with a model is decoded strictly: nothing that is cut off, longer or of another order.
func TestModelCodecIsStrict(t *testing.T) {
	b, err := clinicPlan(t, modelCharter(1)).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	whole, err := plan.Parse(b)
	if err != nil || whole.Model == nil {
		t.Fatal(err)
	}
	for n := range b {
		if p, err := plan.Parse(b[:n]); err == nil && p.Model != nil {
			t.Errorf("%d of %d bytes are a plan with a model", n, len(b))
		}
	}
	if _, err := plan.Parse(append(slices.Clone(b), 0)); err == nil {
		t.Error("a byte too many")
	}
}

// A model needs sums for each pair of coefficients: 32 columns are more than 256 sums.
func TestModelOf32Columns(t *testing.T) {
	ch := modelCharter(1)
	p := &plan.Plan{Table: "clinic", Sums: []plan.Sum{{}}, Model: &plan.Model{Terms: []plan.ModelTerm{{}}, Coefficients: decimals("0")}}
	names := []string{}
	for i := range 32 {
		name := string([]byte{'x', byte('a' + i/26), byte('a' + i%26)})
		names = append(names, name)
		ch.Tables[0].Columns = append(ch.Tables[0].Columns, charter.Column{Name: name, Type: "decimal(6,3)", Role: charter.Measure, Nullable: new(bool), Range: []string{"-5", "5"}})
		p.Model.Terms = append(p.Model.Terms, plan.ModelTerm{Factors: []string{name}})
		p.Model.Coefficients = append(p.Model.Coefficients, decimals("0.1")...)
	}
	for i := range names {
		p.Sums = append(p.Sums, plan.Sum{Weight: plan.Logistic, Factors: names[i : i+1]})
		for j := i; j < len(names); j++ {
			p.Sums = append(p.Sums, plan.Sum{Weight: plan.Variance, Factors: []string{names[i], names[j]}})
		}
	}
	fit(t, p, ch)
	if err := plan.Check(p, ch); err != nil {
		t.Errorf("%d sums: %v", len(p.Sums), err)
	}
	if b, err := p.Marshal(); err != nil {
		t.Error(err)
	} else if _, err := plan.Parse(b); err != nil {
		t.Error(err)
	}
}

// A summand that fits 62 bits with a fraction of 40 gets one with which it does, and no other is made smaller for that.
func TestFractionsAreNarrow(t *testing.T) {
	seen := map[int]bool{}
	for bits := range 40 {
		ch := modelCharter(1)
		ch.Tables[0].MaxRows = 1
		ch.Tables[0].Columns[0].Range = []string{"0", fmt.Sprint(int64(1) << bits)}
		p := clinicPlan(t, modelCharter(1))
		p.Model.Coefficients = decimals("0", "0", "0")
		p.Sums = []plan.Sum{{}, {Weight: plan.Logistic, Factors: []string{"age"}}}
		fit(t, p, ch)
		s := &p.Sums[1]
		row := new(big.Int).Sub(plan.Bounds(p, ch)[1], big.NewInt(1)).BitLen() - int(s.Fraction)
		seen[row] = true
		if narrow := row+40 <= 61; s.Narrow(&ch.Tables[0]) != narrow || narrow && s.Fraction < 40 || !narrow && s.Fraction != 48 {
			t.Errorf("a summand of %d bits has a fraction of %d", row, s.Fraction)
		}
	}
	if !seen[21] || !seen[22] {
		t.Error("the edge was not tried")
	}
}
