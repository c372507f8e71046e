package dp

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
)

// ε and δ, the largest ρ and σ/Δ = 1/√(2ρ): computed with 40 digits (mpmath 1.3) from CKS,
// Proposition 12, by search over all α. The first four are the ones that the documents print, rounded: 0.0244,
// 4.53, 8.68, 2.38, 5.78.
var references = []struct {
	epsilon, delta string
	rho            float64
	sigma          string // with as many digits as are printed
}{
	{"1", "1e-6", 0.02435597035953837289424325, "4.53"},
	{"0.5", "1e-6", 0.006641524356660502027908451, "8.68"},
	{"2", "1e-6", 0.08815268837994626638869969, "2.38"},
	{"1", "1e-9", 0.01497305767358852576029452, "5.78"},
	{"0.1", "1e-6", 0.0003210476903457400970362594, "39.46"},
	{"10", "1e-12", 0.8436399156404529946716144, "0.77"},
	{"0.01", "1e-5", 0.00000654312818074527400524316, "276.4"},
	{"4", "1e-3", 0.6117995993188101011026101, "0.90"},
}

func TestReferenceValues(t *testing.T) {
	for _, c := range references {
		e, d := must(ParseEpsilon(c.epsilon)), must(ParseDelta(c.delta))
		r, err := e.Rho(d)
		if err != nil {
			t.Fatal(err)
		}
		// Never more than the true value, and less by at most a nanounit and 2^−32 of it.
		if got := float64(r) / nano; got > c.rho || got < c.rho*(1-1e-9)-1/float64(nano) {
			t.Errorf("ε = %s, δ = %s: ρ = %v, want %.12f", c.epsilon, c.delta, r, c.rho)
		}
		if s := fmt.Sprintf("%.*f", len(c.sigma)-strings.Index(c.sigma, ".")-1, math.Sqrt(nano/(2*float64(r)))); s != c.sigma {
			t.Errorf("ε = %s, δ = %s: σ = %s, want %s", c.epsilon, c.delta, s, c.sigma)
		}
	}
	r := must(must(ParseEpsilon("1")).Rho(must(ParseDelta("1e-6"))))
	if s := fmt.Sprintf("%.4f", float64(r)/nano); s != "0.0244" {
		t.Errorf("ε = 1, δ = 1e-6: ρ = %s, want 0.0244", s)
	}
}

// The other way, likewise from mpmath.
func TestReferenceEpsilons(t *testing.T) {
	for _, c := range []struct {
		rho, delta string
		epsilon    float64
	}{
		{"0.5", "1e-6", 5.221534444530169044220961},
		{"0.000001", "1e-6", 0.004496493980648611690738673},
		{"0.000000001", "1e-9", 0.0001819502231159989631165861},
		{"3", "1e-10", 18.82834702619999992528545},
		{"100", "1e-6", 172.1775514758994083160204},
		{"0.1", "0.01", 0.9787547576255940645363107},
		{"1000000", "1e-6", 1007427.247595204338345514},
		{"1000000", "1e-30", 1016616.787048314088838994},
		{"0.0244", "1e-6", 1.000967571853811590756213},
		{"0.3", "0.5", 0}, // below 0: δ alone is enough
		{"0", "1e-6", 0},
	} {
		e, err := must(ParseRho(c.rho)).Epsilon(must(ParseDelta(c.delta)))
		if err != nil {
			t.Fatal(err)
		}
		got := float64(e) / nano
		if got < c.epsilon*(1-1e-15) || got > c.epsilon*(1+1e-9)+1.0/nano {
			t.Errorf("ρ = %s, δ = %s: ε = %v, want %.12f", c.rho, c.delta, e, c.epsilon)
		}
	}
}

// The stated ε is that of some α, so that it holds whatever the search found: here each value is
// compared with all of a coarse grid of α in floats, which must not be lower.
func TestEpsilonIsTheInfimum(t *testing.T) {
	for _, delta := range []string{"0.1", "1e-3", "1e-6", "1e-12", "1e-30"} {
		d := must(ParseDelta(delta))
		inverse, _ := new(big.Rat).Inv(d.Rat()).Float64()
		for r := Rho(1); r < MaxRho; r = r*7 + 3 {
			lowest := math.Inf(1)
			for log := -24.0; log < 40; log += 1.0 / 64 {
				b := math.Exp2(log)
				rho := float64(r) / nano
				lowest = min(lowest, rho*(1+b)+(math.Log(inverse)-math.Log1p(b))/b-math.Log1p(1/b))
			}
			got := float64(must(r.Epsilon(d))) / nano
			if got > max(lowest, 0)*(1+1e-9)+2.0/nano || got < lowest*(1-1e-3)-1e-6 {
				t.Errorf("ρ = %v, δ = %s: %v, coarse search %v", r, delta, got, lowest)
			}
		}
	}
}

// Both directions agree: the ρ of an ε never costs more than it, and one more nanounit does but for the
// grid; ε grows with ρ and falls with δ.
func TestConversionIsMonotone(t *testing.T) {
	deltas := []Delta{must(ParseDelta("1e-3")), must(ParseDelta("1e-6")), must(ParseDelta("1e-12"))}
	for i, d := range deltas {
		lastRho, lastEpsilon := Rho(0), Epsilon(0)
		for e := Epsilon(1_000); e < MaxEpsilon/1000; e = e*3 + 1 {
			r := must(e.Rho(d))
			back := must(r.Epsilon(d))
			if back > e || r < lastRho || back < lastEpsilon {
				t.Errorf("δ = %v: ε = %v, ρ = %v, back %v; before ρ = %v, ε = %v", d, e, r, back, lastRho, lastEpsilon)
			}
			if more := must((r + 2 + r>>30).Epsilon(d)); more < e {
				t.Errorf("δ = %v: ρ = %v costs ε = %v, and %v more costs %v, below %v", d, r, back, 2+r>>30, more, e)
			}
			if i > 0 && must(r.Epsilon(deltas[i-1])) > back {
				t.Errorf("a larger δ costs a larger ε")
			}
			lastRho, lastEpsilon = r, back
		}
	}
}

func TestConversionRefuses(t *testing.T) {
	d := must(ParseDelta("1e-6"))
	_, err1 := (MaxRho + 1).Epsilon(d)
	_, err2 := Rho(1).Epsilon(Delta{})
	_, err3 := (MaxEpsilon + 1).Rho(d)
	_, err4 := Epsilon(1).Rho(Delta{})
	for _, err := range []error{err1, err2, err3, err4} {
		if !errors.Is(err, ErrRange) {
			t.Error(err)
		}
	}
	if r := must(MaxEpsilon.Rho(d)); r != MaxRho {
		t.Errorf("the largest ε gives %v", r)
	}
	if r := must(Epsilon(0).Rho(d)); r > 1 {
		t.Errorf("no ε gives %v", r)
	}
	if _, err := MaxRho.Add(1); !errors.Is(err, ErrRange) {
		t.Error(err)
	}
	if _, err := Rho(math.MaxUint64).Add(math.MaxUint64); !errors.Is(err, ErrRange) {
		t.Error(err)
	}
	if r := must(Rho(2).Add(3)); r != 5 {
		t.Error(r)
	}
}

// Logarithms in fixed point against math.Log, and to 50 digits ln 2.
func TestFixedPointLogarithm(t *testing.T) {
	c := newCurve(must(ParseDelta("1e-6")))
	ln2, _ := new(big.Rat).SetString("0.693147180559945309417232121458176568075500134360255254")
	want := new(big.Int).Quo(new(big.Int).Mul(ln2.Num(), one), ln2.Denom())
	if d := new(big.Int).Sub(c.logTwo, want); d.BitLen() > fixedBits-170 {
		t.Errorf("ln 2 is off by %v·2^−%d", d, fixedBits)
	}
	for _, x := range []float64{1, 1.5, 2, 3, 1e-12, 7e11, 0.999999, math.Pi} {
		r := new(big.Rat).Mul(new(big.Rat).SetFloat64(x), new(big.Rat).SetInt(one))
		got, _ := new(big.Rat).SetFrac(c.log(new(big.Int).Quo(r.Num(), r.Denom())), one).Float64()
		if math.Abs(got-math.Log(x)) > 1e-14*(1+math.Abs(got)) {
			t.Errorf("ln %v = %v, want %v", x, got, math.Log(x))
		}
	}
}

func TestBudget(t *testing.T) {
	b := must(NewBudget(must(ParseRho("0.1")), 0))
	price := must(ParseRho("0.04"))
	b = must(b.Debit(price))
	b = must(b.Debit(price))
	if b.Remaining().String() != "0.02" || b.Spent().String() != "0.08" || b.Limit().String() != "0.1" {
		t.Errorf("%v of %v, %v left", b.Spent(), b.Limit(), b.Remaining())
	}
	if after, err := b.Debit(price); !errors.Is(err, ErrOverdraft) || after != b {
		t.Errorf("an overdraft: %v", err)
	}
	if after, err := b.Debit(math.MaxUint64); !errors.Is(err, ErrOverdraft) || after != b {
		t.Errorf("an overdraft that overflows: %v", err)
	}
	if after, err := b.Debit(0); !errors.Is(err, ErrRange) || after != b {
		t.Errorf("a release for nothing: %v", err)
	}
	if after, err := b.Refund(b.Spent() + 1); !errors.Is(err, ErrRange) || after != b {
		t.Errorf("more is refunded than was spent: %v", err)
	}
	if b = must(b.Refund(price)); b.Remaining().String() != "0.06" {
		t.Error(b.Remaining())
	}
	if b = must(b.Debit(b.Remaining())); b.Remaining() != 0 {
		t.Error(b.Remaining())
	}
	// A limit that was lowered below what is spent leaves nothing, not a very large number.
	low := must(NewBudget(5, 7))
	if _, err := low.Debit(1); !errors.Is(err, ErrOverdraft) || low.Remaining() != 0 {
		t.Error(err, low.Remaining())
	}
	if _, err := (Budget{}).Debit(1); !errors.Is(err, ErrOverdraft) {
		t.Error(err)
	}
	for _, c := range [][2]Rho{{MaxRho + 1, 0}, {0, MaxRho + 1}} {
		if _, err := NewBudget(c[0], c[1]); !errors.Is(err, ErrRange) {
			t.Error(err)
		}
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "1": "1", "0.0244": "0.0244", "1.0": "1", "0.000000001": "0.000000001", "1000000": "1000000", "12.500": "12.5",
		"": "", "01": "", "1.": "", ".5": "", "-1": "", "+1": "", "1e-3": "", "0.0000000001": "", "1000000.000000001": "", "9999999999": "", "1_0": "", "٣": "", "1.-1": "", " 1": "", "NaN": "",
	} {
		r, err := ParseRho(text)
		if got := r.String(); err != nil && want != "" || err == nil && got != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"1e-6": "1e-6", "0.000001": "1e-6", "2.5e-7": "2.5e-7", "0.00000025": "2.5e-7", "10e-7": "1e-6", "0.5": "5e-1", "1e-30": "1e-30", "1.5e-30": "1.5e-30", "0.10": "1e-1",
		"": "", "0": "", "0.0": "", "1": "", "0.6": "", "1e-31": "", "9e-31": "", "1e6": "", "1e+6": "", "1e-": "", "e-6": "", "1e-06": "", "-1e-6": "", "1.2345678901e-5": "", "1e-999": "", "100e-1": "",
	} {
		d, err := ParseDelta(text)
		if err != nil && want != "" || err == nil && d.String() != want {
			t.Errorf("%q: %v, %v", text, d, err)
		}
	}
	for text, want := range map[string]bool{
		"9": true, "81/4": true, "1/3": true, "1267650600228229401496703205376": true,
		"": false, "0": false, "2/4": false, "4/2": false, "9/1": false, "1/0": false, "09": false, "1/": false, "/1": false, "-1": false, "1/2/3": false, "1.5": false, "0x9": false, "1e3": false,
	} {
		if v, err := ParseVariance(text); (err == nil) != want || want && v.String() != text {
			t.Errorf("%q: %v, %v", text, v, err)
		}
	}
	if _, err := ParseEpsilon("10000000.1"); !errors.Is(err, ErrRange) {
		t.Error(err)
	}
}

func FuzzParseVariance(f *testing.F) {
	for _, s := range []string{"9", "81/4", "1/1048576", "1267650600228229401496703205376", "18446744073709551615/18446744073709551557", "0/0", "1/0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := ParseVariance(text)
		if err != nil {
			if v != (Variance{}) {
				t.Fatalf("%q: %v with an error", text, v)
			}
			return
		}
		if v.String() != text {
			t.Fatalf("%q reads as %v", text, v)
		}
		// Whatever is accepted can be sampled, and is what the oracle draws.
		g, err := NewGaussian(v)
		if err != nil {
			t.Fatal(err)
		}
		fast, slow := seeded(uint64(len(text))), oracle{seeded(uint64(len(text)))}
		for range 3 {
			if got, want := g.one(fast), slow.gaussian(v.Rat(), 1<<g.j); big.NewInt(got).Cmp(want) != 0 {
				t.Fatalf("%q: %d, oracle %v", text, got, want)
			}
		}
	})
}

func FuzzParseNumbers(f *testing.F) {
	for _, s := range []string{"0.0244", "1e-6", "2.5e-7", "1000000", "0.000000001", "1.", "e-", "00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := ParseRho(text); err == nil && (r > MaxRho || must(ParseRho(r.String())) != r) {
			t.Fatalf("%q reads as ρ = %v", text, r)
		}
		if e, err := ParseEpsilon(text); err == nil && (e > MaxEpsilon || must(ParseEpsilon(e.String())) != e) {
			t.Fatalf("%q reads as ε = %v", text, e)
		}
		if d, err := ParseDelta(text); err == nil && must(ParseDelta(d.String())) != d {
			t.Fatalf("%q reads as δ = %v", text, d)
		}
	})
}
