package dp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tacit-space/tacit/crypto/ring"
)

// CKS, Algorithm 3, "with t = ⌊σ⌋+1" in the paper and a power of two here, where the same words
// give the same numbers as the rational oracle: small and large, whole and rational, on the
// grid, at both ends of the range.
func TestSameAsTheOracle(t *testing.T) {
	for i, text := range []string{
		"9", "10", "8", "16", "1/4", "1/1048576", "3/1000000", "1/3", "2/3", "20/3", "1000/7", "81/4", "1024", "1000003",
		"16777215/1048576", "16777217", "1099511627776", "1099511627777", "1125899906842623", "281474976710655/16",
		"1267650600228229401496703205376", "1208925747557035136778240", "316912650057057350374175801344",
	} {
		t.Run(text, func(t *testing.T) {
			v := mustVariance(text)
			g, err := NewGaussian(v)
			if err != nil {
				t.Fatal(err)
			}
			fast, slow := seeded(uint64(i)), oracle{seeded(uint64(i))}
			for n := range 400 {
				got, want := g.one(fast), slow.gaussian(v.Rat(), 1<<g.j)
				if big.NewInt(got).Cmp(want) != 0 {
					t.Fatalf("seed %d, draw %d: %d, oracle %d", i, n, got, want)
				}
			}
		})
	}
}

func TestLaplaceSameAsTheOracle(t *testing.T) {
	for i, scale := range [][2]uint64{{1, 1}, {3, 1}, {1, 3}, {7, 5}, {1000, 1}, {1 << 48, 1}, {1<<48 - 1, 1 << 20}, {1, 1 << 48}} {
		l, err := NewLaplace(scale[0], scale[1])
		if err != nil {
			t.Fatal(err)
		}
		fast, slow := seeded(uint64(i)), oracle{seeded(uint64(i))}
		for n := range 300 {
			if got, want := l.one(fast), slow.laplace(int64(scale[0]), int64(scale[1])); big.NewInt(got).Cmp(want) != 0 {
				t.Fatalf("scale %v, seed %d, draw %d: %d, oracle %d", scale, i, n, got, want)
			}
		}
	}
}

// script is a stream of given words, and then of a keystream.
type script struct {
	words []uint64
	rest  io.Reader
}

func (s *script) Read(p []byte) (int, error) {
	n := 0
	for ; n+8 <= len(p) && len(s.words) > 0; n += 8 {
		binary.LittleEndian.PutUint64(p[n:], s.words[0])
		s.words = s.words[1:]
	}
	if n > 0 {
		return n, nil
	}
	return s.rest.Read(p)
}

// A word that equals the first word of the probability is decided by the words after it.
func TestTies(t *testing.T) {
	third := uint64(1 << 64 / 3) // every digit of 1/3 in base 2^64
	for _, c := range []struct {
		name  string
		p     fraction
		words []uint64
		want  bool
		took  int
	}{
		// γ = 1/3. U = 0.aaa…: below 1/3 in the second word; then U >= 1/6, so K = 2 and exp fails.
		{"second word below", fraction{word: third, lo: 1, m: 3}, []uint64{third, third - 1, 1 << 62}, false, 3},
		{"second word above", fraction{word: third, lo: 1, m: 3}, []uint64{third, third + 1}, true, 2},
		{"third word below", fraction{word: third, lo: 1, m: 3}, []uint64{third, third, third - 1, 1 << 62}, false, 4},
		{"third word above", fraction{word: third, lo: 1, m: 3}, []uint64{third, third, third + 1}, true, 3},
		{"whole part left out", fraction{word: third, lo: 7, m: 3}, []uint64{third, third - 1, 1 << 62}, false, 3},
		// γ = 1/2 ends after one word: an equal word is not below.
		{"dyadic", fraction{word: 1 << 63, lo: 1, m: 1, q: 1}, []uint64{1 << 63}, true, 1},
		{"zero", fraction{m: 1}, []uint64{0}, true, 1},
	} {
		words := append(slices.Clone(c.words), make([]uint64, sourceWords-len(c.words))...)
		s := over(&script{words: words, rest: stream(0)})
		if got := s.expFraction(&c.p); got != c.want || s.next != c.took {
			t.Errorf("%s: %v after %d words, want %v after %d", c.name, got, s.next, c.want, c.took)
		}
	}
	// exp(−1): 1/2 against a word of 1/2 is not below; 1/3 against aaa… looks on.
	for _, c := range []struct {
		words []uint64
		want  bool
		took  int
	}{
		{[]uint64{1 << 63}, false, 1},
		{[]uint64{0, third, third + 1}, true, 3},
		{[]uint64{0, third, third - 1, 1 << 63}, false, 4},
	} {
		words := append(slices.Clone(c.words), make([]uint64, sourceWords-len(c.words))...)
		s := over(&script{words: words, rest: stream(0)})
		if got := s.expOne(); got != c.want || s.next != c.took {
			t.Errorf("exp(−1) of %x: %v after %d words", c.words, got, s.next)
		}
	}
}

// The same with the oracle, on streams made of the words that matter: the thresholds of 1/K and of γ.
func TestSameAsTheOracleOnTies(t *testing.T) {
	v := mustVariance("10")
	g, _ := NewGaussian(v)
	for seed := range uint64(100) {
		pick := seeded(seed)
		words := make([]uint64, 2*sourceWords)
		for i := range words {
			words[i] = pick.word()
			switch k := words[i]>>8%8 + 1; words[i] % 8 {
			case 0, 1, 2:
				words[i] = new(big.Int).Quo(new(big.Int).Lsh(big.NewInt(1), 64), big.NewInt(int64(k+1))).Uint64()
			case 3:
				words[i] = 1 << 62 / k
			case 4:
				words[i] = 1 << 62
			}
		}
		fast := over(&script{words: slices.Clone(words), rest: stream(seed)})
		slow := oracle{over(&script{words: words, rest: stream(seed)})}
		for n := range 40 {
			if got, want := g.one(fast), slow.gaussian(v.Rat(), 1<<g.j); big.NewInt(got).Cmp(want) != 0 {
				t.Fatalf("seed %d, draw %d: %d, oracle %d", seed, n, got, want)
			}
		}
	}
}

// χ² of 5·10^5 draws against the exact table of probabilities; false reject 1e-5 for each.
func TestGaussianTable(t *testing.T) {
	const n = 500_000
	for i, text := range []string{"1/16", "1/2", "1", "2", "8", "9", "10", "20/3", "81", "1000/7", "1024", "99999/10"} {
		v := mustVariance(text)
		g, _ := NewGaussian(v)
		seed := uint64(100 + i)
		s, counts := seeded(seed), map[int64]int{}
		for range n {
			counts[g.one(s)]++
		}
		p := chiSquare(gaussianTable(v.Sigma()*v.Sigma(), int(40*v.Sigma())+10), counts, n)
		if p < falseReject {
			t.Errorf("variance %s, seed %d: p = %.2g", text, seed, p)
		}
	}
}

func TestLaplaceTable(t *testing.T) {
	const n = 500_000
	for i, scale := range [][2]uint64{{1, 1}, {1, 3}, {7, 5}, {20, 1}, {64, 1}} {
		l, _ := NewLaplace(scale[0], scale[1])
		seed := uint64(200 + i)
		s, counts := seeded(seed), map[int64]int{}
		for range n {
			counts[l.one(s)]++
		}
		p := chiSquare(laplaceTable(int(scale[0]), int(scale[1]), int(45*scale[0]/scale[1])+10), counts, n)
		if p < falseReject {
			t.Errorf("scale %v, seed %d: p = %.2g", scale, seed, p)
		}
	}
}

// The paper's own choice t = ⌊σ⌋+1, in rational arithmetic, has the distribution of the same
// tables. 6000 draws, false reject 1e-5.
func TestPaperOracleTable(t *testing.T) {
	const n = 6_000
	for seed, c := range []struct {
		text string
		t    int64
	}{{"9", 4}, {"10", 4}, {"20/3", 3}} {
		o, counts := oracle{seeded(uint64(300 + seed))}, map[int64]int{}
		v := mustVariance(c.text)
		for range n {
			counts[o.gaussian(v.Rat(), c.t).Int64()]++
		}
		if p := chiSquare(gaussianTable(v.Sigma()*v.Sigma(), 100), counts, n); p < falseReject {
			t.Errorf("variance %s, seed %d: p = %.2g", c.text, 300+seed, p)
		}
	}
}

// For a large σ the table is that of the normal distribution, cut into 40 parts of equal probability,
// from which the discrete Gaussian differs by less than 1/σ. 10^6 draws, false reject 1e-5.
func TestLargeSigma(t *testing.T) {
	const n, parts = 1_000_000, 40
	table := map[int64]float64{}
	for i := range int64(parts) {
		table[i] = 1.0 / parts
	}
	for i, text := range []string{"1099511627776", "2199023255553", "1180591620717411303424", "1267650600228229401496703205376"} {
		v := mustVariance(text)
		g, _ := NewGaussian(v)
		seed := uint64(400 + i)
		s, counts := seeded(seed), map[int64]int{}
		for range n {
			u := math.Erfc(-float64(g.one(s))/v.Sigma()/math.Sqrt2) / 2
			counts[min(int64(u*parts), parts-1)]++
		}
		if p := chiSquare(table, counts, n); p < falseReject {
			t.Errorf("variance %s, seed %d: p = %.2g", text, seed, p)
		}
	}
}

// Mean, variance, fourth moment and frequency of the tail beyond 4σ of 10^6 draws, each
// within 4.5 standard deviations of the exact value: false reject 7e-6.
func TestMomentsAndTails(t *testing.T) {
	const n, most = 1_000_000, 4.5
	for i, text := range []string{"9", "10", "1024", "1099511627777"} {
		v := mustVariance(text)
		g, _ := NewGaussian(v)
		seed := uint64(500 + i)
		s := seeded(seed)
		var m1, m2, m4, beyond float64
		for range n {
			x := float64(g.one(s)) / v.Sigma()
			m1, m2, m4 = m1+x, m2+x*x, m4+x*x*x*x
			if math.Abs(x) > 4 {
				beyond++
			}
		}
		tail := tailBeyond(v, 4*v.Sigma())
		for _, c := range []struct {
			name                   string
			got, want, oneVariance float64
		}{
			{"mean", m1 / n, 0, 1}, {"variance", m2 / n, 1, 2}, {"fourth moment", m4 / n, 3, 96}, {"tail", beyond / n, tail, tail},
		} {
			if d := math.Abs(c.got-c.want) / math.Sqrt(c.oneVariance/n); d > most {
				t.Errorf("variance %s, seed %d: %s %v, want %v: %.1f standard deviations", text, seed, c.name, c.got, c.want, d)
			}
		}
	}
}

// tailBeyond is P[|X| > x].
func tailBeyond(v Variance, x float64) float64 {
	if v.Sigma() > 1000 {
		return math.Erfc(x / v.Sigma() / math.Sqrt2)
	}
	sum := 0.0
	for k, p := range gaussianTable(v.Sigma()*v.Sigma(), int(40*v.Sigma())) {
		if math.Abs(float64(k)) > x {
			sum += p
		}
	}
	return sum
}

// Consecutive draws of a stream, and draws of consecutive seeds, do not go together: correlation of
// 10^6 pairs below 4.5/1000. False reject 7e-6.
func TestIndependence(t *testing.T) {
	const n = 1_000_000
	g, _ := NewGaussian(mustVariance("10"))
	s, u := seeded(600), seeded(601)
	var lag, across, last float64
	for range n {
		x, y := float64(g.one(s)), float64(g.one(u))
		lag, across, last = lag+x*last, across+x*y, x
	}
	for name, c := range map[string]float64{"lag": lag, "across": across} {
		if math.Abs(c/10/n) > 4.5/1000 {
			t.Errorf("%s: correlation %v", name, c/10/n)
		}
	}
}

// No variance at either end of the range makes a sampler panic, loop or leave its bound.
func TestExtremes(t *testing.T) {
	texts := []string{"1/1048576", "1048577/1099511627776", "1267650600228229401496703205376", "1125899906842623", "1/3", "1/2", "2", "4503599627370495/4"}
	for e := range 100 {
		texts = append(texts, new(big.Int).Lsh(big.NewInt(1), uint(e)).String(), new(big.Int).Lsh(big.NewInt(16777215), uint(e)%76).String())
	}
	for i, text := range texts {
		v := mustVariance(text)
		x, err := must(NewGaussian(v)).Draw(2000, seedReader(uint64(i)))
		if err != nil {
			t.Fatal(err)
		}
		for _, z := range x.left() {
			if uint64(max(z, -z)) >= v.Bound() || math.Abs(float64(z)) > 40*v.Sigma()+2 {
				t.Fatalf("variance %s, seed %d: %d", text, i, z)
			}
		}
		if b := float64(v.Bound()); b < 181*v.Sigma() {
			t.Errorf("variance %s: bound %v", text, b)
		}
	}
}

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

// From words that are all small or all large no panic comes either: streams of a bad seed do not
// exist, but arithmetic must hold on every word.
func TestArithmeticOnEveryWord(t *testing.T) {
	for _, text := range []string{"9", "1/1048576", "1267650600228229401496703205376", "1125899906842623", "281474976710655/16"} {
		v := mustVariance(text)
		g, _ := NewGaussian(v)
		for _, y := range []uint64{0, 1, 2, 1 << g.j, v.Bound() - 1} {
			gamma := new(big.Rat).SetInt(new(big.Int).SetUint64(y))
			gamma.Sub(gamma, new(big.Rat).Quo(v.Rat(), new(big.Rat).SetInt64(1<<g.j)))
			gamma.Mul(gamma, gamma)
			gamma.Quo(gamma, new(big.Rat).Mul(v.Rat(), big.NewRat(2, 1)))
			x := y*g.d<<g.up - g.b
			if int64(x) < 0 {
				x = -x
			}
			hi, lo := mul(x)
			whole, first := g.divide(hi, lo)
			scaled := scale2(gamma, 64)
			want := new(big.Int).Quo(scaled.Num(), scaled.Denom())
			got := new(big.Int).SetUint64(whole)
			got.Lsh(got, 64).Or(got, new(big.Int).SetUint64(first))
			if got.Cmp(want) != 0 {
				t.Errorf("variance %s, y = %d: γ·2^64 = %v, want %v", text, y, got, want)
			}
		}
	}
}

func mul(x uint64) (hi, lo uint64) {
	p := new(big.Int).SetUint64(x)
	p.Mul(p, p)
	return new(big.Int).Rsh(p, 64).Uint64(), new(big.Int).And(p, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
}

// A reader that fails, or ends too early, gives an error and no noise; a call reads SeedSize
// bytes and no more.
func TestReader(t *testing.T) {
	v := mustVariance("9")
	broken := errors.New("broken")
	for _, width := range []ring.Width{ring.Width64, ring.Width128} {
		x := ring.NewVector(width, 100)
		for name, c := range map[string]struct {
			rand io.Reader
			want error
		}{
			"fails": {iotest.ErrReader(broken), broken},
			"short": {io.LimitReader(stream(1), SeedSize-1), io.ErrUnexpectedEOF},
			"empty": {strings.NewReader(""), io.EOF},
		} {
			if err := AddGaussian(x, v, c.rand); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
			if !x.Equal(ring.NewVector(width, 100)) {
				t.Errorf("%s: the vector has changed", name)
			}
		}
		if err := AddGaussian(x, v, iotest.OneByteReader(seedReader(1))); err != nil || x.Equal(ring.NewVector(width, 100)) {
			t.Errorf("a slow reader: %v", err)
		}
	}
	if _, err := must(NewLaplace(3, 1)).Draw(1, iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Error(err)
	}
	r := strings.NewReader(strings.Repeat("x", 3*SeedSize))
	if _, err := must(NewGaussian(v)).Draw(1<<16, r); err != nil || r.Len() != 2*SeedSize {
		t.Errorf("%d bytes are left, %v", r.Len(), err)
	}
}

// Both widths get the same integers, and the sum of a vector and noise wraps as the ring does.
func TestAddGaussian(t *testing.T) {
	const n = 3*sourceWords + 7
	v := mustVariance("1099511627777")
	narrow, wide := ring.NewVector(ring.Width64, n), ring.NewVector(ring.Width128, n)
	start := big.NewInt(-5)
	for i := range n {
		_, _ = narrow.SetBig(i, start), wide.SetBig(i, start)
	}
	if err := errors.Join(AddGaussian(narrow, v, seedReader(4)), AddGaussian(wide, v, seedReader(4))); err != nil {
		t.Fatal(err)
	}
	noise := must(must(NewGaussian(v)).Draw(n, seedReader(4)))
	ints := make([]int64, n)
	if err := noise.AddToInts(ints); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if x := narrow.Big(i); x.Cmp(wide.Big(i)) != 0 || x.Int64() != ints[i]-5 {
			t.Fatalf("element %d: %v, %v, %v", i, x, wide.Big(i), ints[i]-5)
		}
	}
	for _, bad := range []error{
		AddGaussian(ring.Vector{Width: 7, Words: []uint64{1}}, v, seedReader(1)),
		noise.AddTo(ring.Vector{Width: ring.Width128, Words: []uint64{1}}),
	} {
		if !errors.Is(bad, ring.ErrShape) {
			t.Error(bad)
		}
	}
	if err := AddGaussian(narrow, Variance{}, seedReader(1)); !errors.Is(err, ErrRange) {
		t.Error(err)
	}
}

// Noise is used once.
func TestNoiseIsUsedOnce(t *testing.T) {
	x := must(must(NewGaussian(mustVariance("9"))).Draw(10, seedReader(1)))
	held := x.left()
	a, b := ring.NewVector(ring.Width64, 6), ring.NewVector(ring.Width64, 4)
	if err := x.AddTo(a); err != nil || x.Len() != 4 {
		t.Fatal(err, x.Len())
	}
	if err := x.AddTo(ring.NewVector(ring.Width64, 5)); !errors.Is(err, ErrUsed) || x.Len() != 4 {
		t.Error(err)
	}
	if err := x.AddTo(b); err != nil || x.Len() != 0 {
		t.Error(err)
	}
	if err := x.AddToInts(make([]int64, 1)); !errors.Is(err, ErrUsed) {
		t.Error(err)
	}
	if err := x.AddToInts(nil); err != nil {
		t.Error(err)
	}
	if slices.ContainsFunc(held, func(z int64) bool { return z != 0 }) {
		t.Error("used noise is still there")
	}
	if (&Noise{}).Len() != 0 {
		t.Error("noise out of nothing")
	}
	y := must(must(NewGaussian(mustVariance("9"))).Draw(10, seedReader(1)))
	type outer struct{ inner Noise }
	for _, s := range []string{fmt.Sprintf("%v %+v %#v %d", y, y, y, y), fmt.Sprintf("%v %+v", outer{*y}, &outer{*y})} {
		for _, z := range y.left() {
			if z > 3 && strings.Contains(s, fmt.Sprintf(" %d ", z)) {
				t.Errorf("noise prints: %s", s)
			}
		}
	}
	if fmt.Sprint(y) != "[secret]" {
		t.Error(fmt.Sprint(y))
	}
	y.Wipe()
	if y.Len() != 0 {
		t.Error("wiped noise is left")
	}
}

func TestRefusedParameters(t *testing.T) {
	for _, c := range [][2]uint64{{0, 1}, {1, 0}, {1, 1<<20 + 1}, {math.MaxUint64, 3}, {math.MaxUint64, math.MaxUint64 - 2}, {1<<63 + 1, 1}} {
		if v, err := NewVariance(c[0], c[1]); !errors.Is(err, ErrRange) {
			t.Errorf("%v: %v, %v", c, v, err)
		}
	}
	for _, c := range [][2]uint64{{1<<50 - 1, 1}, {1<<40 - 1, 1<<24 - 1}, {1 << 63, 1}, {1, 1 << 20}, {1<<33 - 1, 1 << 50}} {
		if _, err := NewVariance(c[0], c[1]); err != nil {
			t.Errorf("%v: %v", c, err)
		}
	}
	for _, c := range [][2]uint64{{0, 1}, {1, 0}, {MaxScale + 1, 1}, {1, MaxScale + 1}} {
		if _, err := NewLaplace(c[0], c[1]); !errors.Is(err, ErrRange) {
			t.Error(c, err)
		}
	}
	if _, err := NewGaussian(Variance{}); !errors.Is(err, ErrRange) {
		t.Error(err)
	}
	for _, n := range []int{-1, MaxDraws + 1} {
		if _, err := must(NewGaussian(mustVariance("9"))).Draw(n, seedReader(1)); !errors.Is(err, ErrRange) {
			t.Error(err)
		}
	}
	_, err1 := (Gaussian{}).Draw(1, seedReader(1))
	_, err2 := (Laplace{}).Draw(1, seedReader(1))
	if !errors.Is(err1, ErrRange) || !errors.Is(err2, ErrRange) {
		t.Error(err1, err2)
	}
}

// The stream of a seed is part of nothing that parties agree on, yet it must not change
// unnoticed between processors.
func TestKnownAnswer(t *testing.T) {
	x := must(must(NewGaussian(mustVariance("1000/7"))).Draw(12, seedReader(1)))
	got := fmt.Sprint(x.left())
	if want := "[5 4 -20 3 24 -16 5 -3 -2 18 13 -9]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// The digits that NewVariance says it takes.
func TestDigitsThatAreFine(t *testing.T) {
	s := seeded(900)
	for range 20_000 {
		num, den := s.word()>>(32+s.word()%32)|1, s.word()>>(32+s.word()%32)|1
		if _, err := NewVariance(num, den); err != nil && num >= den>>20+1 {
			t.Fatalf("%d/%d: %v", num, den, err)
		}
		whole := new(big.Int).SetUint64(s.word()>>(14+s.word()%50) | 1)
		whole.Lsh(whole, uint(s.word()%50))
		if _, err := ParseVariance(whole.String()); err != nil {
			t.Fatal(err)
		}
	}
}
