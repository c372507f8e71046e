package he

import (
	"errors"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tuneinsight/lattigo/v5/core/rlwe"
	"github.com/tuneinsight/lattigo/v5/examples"
	"github.com/tuneinsight/lattigo/v5/he/heint"
	"github.com/tuneinsight/lattigo/v5/schemes/bfv"
	"github.com/tuneinsight/lattigo/v5/schemes/bgv"
)

// TestSets checks what the documents say of the sets, with arithmetic of its own.
func TestSets(t *testing.T) {
	want := map[string]struct{ logN, k, logT, logQP, flood int }{
		"F7": {13, 7, 23, 214, 51}, "G7": {14, 7, 30, 370, 68}, "G15": {14, 15, 30, 417, 68},
		"G31": {14, 31, 30, 422, 68}, "H15": {14, 15, 40, 425, 67}, "H31": {14, 31, 40, 430, 67},
	}
	if names := Sets(); len(names) != len(want) || names[0] != "F7" {
		t.Errorf("sets %v", names)
	}
	for _, name := range Sets() {
		p, err := Set(name)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := Set(name); again != p {
			t.Errorf("%s is made twice", name)
		}
		w, product := want[name], big.NewInt(1)
		for _, q := range slices.Concat(p.lit.Q, p.lit.P) {
			prime := new(big.Int).SetUint64(q)
			if !prime.ProbablyPrime(40) || q%(2<<w.logN) != 1 || q < 2*uint64(p.Slots()) {
				t.Errorf("%s: modulus %d", name, q)
			}
			product.Mul(product, prime)
		}
		limit := map[int]int{13: 214, 14: 430}[w.logN]
		// The product is below 2^limit, exactly.
		if product.BitLen() != w.logQP || w.logQP > limit {
			t.Errorf("%s: QP has %d bits, wants %d of at most %d", name, product.BitLen(), w.logQP, limit)
		}
		have, most := p.SecurityBits()
		if math.Abs(have-float64(w.logQP)) > 1 || most != float64(limit) {
			t.Errorf("%s: SecurityBits %.1f of %.1f", name, have, most)
		}
		if p.Slots() != 1<<w.logN || 1<<p.Depth()-1 != w.k || bits.Len64(p.T()) != w.logT || p.FloodBits() != w.flood || p.Name() != name {
			t.Errorf("%s: %d slots, depth %d, t = %d, flooding of %d bits", name, p.Slots(), p.Depth(), p.T(), p.FloodBits())
		}
		if p.KeyPolys() != 3*p.Rows() || p.Rows() != int(math.Ceil(float64(len(p.lit.Q))/float64(len(p.lit.P)))) {
			t.Errorf("%s: %d rows", name, p.Rows())
		}
		xs, xe := p.inner.Xs(), p.inner.Xe()
		if xs != p.lit.lattigo().Xs || xe != p.lit.lattigo().Xe {
			t.Errorf("%s: the library samples %v and %v", name, xs, xe)
		}
	}
}

func TestUnknownSet(t *testing.T) {
	for _, name := range []string{"", "f7", "G16", "G15 ", "W15"} {
		if p, err := Set(name); p != nil || !errors.Is(err, ErrUnknownSet) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestSetFromManyGoroutines is for the race detector.
func TestSetFromManyGoroutines(t *testing.T) {
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := Set("G7"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// of makes a literal of a set that the library gives as an example.
func of(t *testing.T, l heint.ParametersLiteral) Literal {
	t.Helper()
	p, err := heint.NewParametersFromLiteral(l)
	if err != nil {
		t.Fatal(err)
	}
	return Literal{
		Name: "library", LogN: p.LogN(), Q: p.Q(), P: p.P(), Kept: 1, T: p.PlaintextModulus(),
		Flood: 51, Round: 34,
	}
}

// TestLibraryParametersAreRefused: the example and test sets of the library are above the
// limit of 2024 for their degree (they are made for that of 2018), or have more primes
// than is foreseen, or a degree that no limit is known for.
func TestLibraryParametersAreRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		l    Literal
		why  string
	}{
		{"bgv example", of(t, heint.ParametersLiteral(bgv.ExampleParameters128BitLogN14LogQP438)), "log2(QP) is 438.0"},
		{"bfv example", of(t, heint.ParametersLiteral(bfv.ExampleParameters128BitLogN14LogQP438)), "log2(QP) is 438.0"},
		{"N12", of(t, examples.HEIntParamsN12QP109), "log2(QP) is 109.0"},
		{"N13", of(t, examples.HEIntParamsN13QP218), "log2(QP) is 218.0"},
		{"N14", of(t, examples.HEIntParamsN14QP438), "log2(QP) is 438.0"},
		{"N15", of(t, examples.HEIntParamsN15QP880), "20 primes"},
		{"N14 of BFV", of(t, examples.HEIntScaleInvariantParamsN14QP438), "log2(QP) is 438"},
		{"N15 of BFV", of(t, examples.HEIntScaleInvariantParamsN15QP880), "log2(QP) is 881"},
		// schemes/bgv, testInsecure and testPlaintextModulus
		{"bgv test", Literal{
			Name: "test", LogN: 10, Kept: 1, T: 0xffc001, Flood: 51, Round: 34,
			Q: []uint64{0x3fffffa8001, 0x1000090001, 0x10000c8001, 0x10000f0001, 0xffff00001}, P: []uint64{0x7fffffd8001},
		}, "no security limit"},
	} {
		p, err := NewParams(c.l)
		if !errors.Is(err, ErrParameters) || p != nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestLibraryExampleWithinTheLimit: one example has 286 of the 438 bits of its name. It is
// safe, but used down to its last prime, as the library does, no flooding fits.
func TestLibraryExampleWithinTheLimit(t *testing.T) {
	example := rlwe.ExampleParametersLogN14LogQP438
	p, err := NewParams(Literal{Name: "rlwe", LogN: 14, Q: example.Q, P: example.P, Kept: 1, T: 0x10001, Flood: 1, Round: 34})
	if err != nil {
		t.Fatal(err)
	}
	c, _ := NewCircuit(2)
	for p.lit.Flood = 1; p.lit.Flood <= 120; p.lit.Flood++ {
		if b, err := p.Budget(c, 2); !errors.Is(err, ErrParameters) {
			t.Errorf("flooding of %d bits: %+v", p.lit.Flood, b)
		}
	}
}

// weakened returns the literal of a set after a change.
func weakened(t *testing.T, name string, change func(l *Literal)) Literal {
	t.Helper()
	p, err := Set(name)
	if err != nil {
		t.Fatal(err)
	}
	l := p.lit
	change(&l)
	return l
}

// TestParametersAreRefused changes one number of a good literal at a time.
func TestParametersAreRefused(t *testing.T) {
	if _, err := NewParams(weakened(t, "G15", func(*Literal) {})); err != nil {
		t.Fatal(err)
	}
	set := func(at int, q uint64) func(l *Literal) {
		return func(l *Literal) { l.Q = slices.Clone(l.Q); l.Q[at] = q }
	}
	for _, c := range []struct {
		name, why string
		change    func(l *Literal)
	}{
		{"no name", "name of 0", func(l *Literal) { l.Name = "" }},
		{"a long name", "name of 9", func(l *Literal) { l.Name = "123456789" }},
		{"a degree of 2^11", "no security limit", func(l *Literal) { l.LogN = 11 }},
		{"a degree of 2^16", "no security limit", func(l *Literal) { l.LogN = 16 }},
		{"a degree of 2^-1", "no security limit", func(l *Literal) { l.LogN = -1 }},
		{"half the degree, for which QP is too large", "log2(QP) is 417.0", func(l *Literal) { l.LogN = 13 }},
		{"twice the degree, for which the moduli are of the wrong form", "not 1 mod 2N", func(l *Literal) { l.LogN = 15 }},
		{"no primes", "0 primes", func(l *Literal) { l.Q = nil }},
		{"no special primes", "0 special", func(l *Literal) { l.P = nil }},
		{"nothing kept", "0 of them kept", func(l *Literal) { l.Kept = 0 }},
		{"less than nothing kept", "-1 of them", func(l *Literal) { l.Kept = -1 }},
		{"all kept", "6 of them kept", func(l *Literal) { l.Kept = len(l.Q) }},
		{"many primes", "18 primes", func(l *Literal) { l.Q = slices.Repeat(l.Q, 3) }},
		{"many special primes", "9 special", func(l *Literal) { l.P = slices.Repeat(l.P, 3) }},
		{"an even modulus", "not 1 mod 2N", set(0, 0x1ffffffff38000)},
		{"a product of two primes", "no prime", set(2, 0x18001*0x28001)},
		{"a prime that is not 1 mod 2N", "not 1 mod 2N", set(2, 0x7fffffffffe7)},
		{"a prime that is 1 mod N only", "not 1 mod 2N", set(2, 0x7ffffffd4001)},
		{"the modulus 0", "outside", set(2, 0)},
		{"the modulus 1", "outside", set(2, 1)},
		{"a small modulus", "outside", set(5, 0x8001)},
		{"a prime of 62 bits", "outside", set(2, 0x2000000000000001)},
		{"a prime below t", "below that of the slots", set(5, 0x10001)},
		{"a prime twice", "twice", set(1, 0x1ffffffff38001)},
		{"a prime of Q in P", "twice", func(l *Literal) { l.P = []uint64{l.Q[2]} }},
		{"t in Q", "twice", func(l *Literal) { l.T = l.Q[5] }},
		{"an even t", "not 1 mod 2N", func(l *Literal) { l.T-- }},
		{"t = 0", "outside", func(l *Literal) { l.T = 0 }},
		{"t that is no prime", "no prime", func(l *Literal) { l.T = 0x3ffe8001 + 0x8000 }},
		{"t of 62 bits", "outside", func(l *Literal) { l.T = 0x3fffffffffff0001 }},
		{"t of 57 bits", "below that of the slots", func(l *Literal) { l.T, l.Round = 0x1fffffffffc0001, 60 }},
		{"t above a prime of Q", "below that of the slots", func(l *Literal) { l.T, l.Round = 0x1ffffff18001, 50 }},
		{"no flooding", "flooding of 0", func(l *Literal) { l.Flood = 0 }},
		{"negative flooding", "flooding of -1", func(l *Literal) { l.Flood = -1 }},
		{"endless flooding", "flooding of 121", func(l *Literal) { l.Flood = 121 }},
		{"rounding to less than t", "rounding to 30", func(l *Literal) { l.Round = 30 }},
		{"rounding to a whole word", "rounding to 64", func(l *Literal) { l.Round = 64 }},
		{"QP above the limit", "log2(QP)", func(l *Literal) { l.P = append(slices.Clone(l.P), 0x1ffffffffb88001) }},
		{"QP just above the limit", "log2(QP) is 431.0", func(l *Literal) {
			l.P = []uint64{0xfffffdf8001, 0x7fffffd8001, 0x1ffffffffb88001}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := NewParams(weakened(t, "G15", c.change))
			if !errors.Is(err, ErrParameters) || p != nil || !strings.Contains(err.Error(), c.why) {
				t.Fatalf("%v, wants %s", err, c.why)
			}
		})
	}
}

// TestParamsDoNotFollowTheLiteral: whoever holds the literal cannot change what was
// checked.
func TestParamsDoNotFollowTheLiteral(t *testing.T) {
	l := weakened(t, "F7", func(l *Literal) { l.Q, l.P = slices.Clone(l.Q), slices.Clone(l.P) })
	p, err := NewParams(l)
	if err != nil {
		t.Fatal(err)
	}
	l.Q[0], l.P[0] = 15, 15
	c, _ := NewCircuit(2)
	for _, b := range []*Basis{p.Q, p.QP, p.Out, p.Inputs(c), newBasis(p.Slots(), p.lit.Q), newBasis(p.Slots(), p.lit.P)} {
		if slices.Contains(b.primes, 15) {
			t.Error("a literal is changed after it was checked")
		}
	}
}
