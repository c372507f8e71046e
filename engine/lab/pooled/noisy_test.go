package pooled

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/engine/lab"
	"github.com/tacit-space/tacit/engine/noise"
	"github.com/tacit-space/tacit/engine/query"
)

// noisyClinic has three owners whose rows need every bound: costs beyond the range, and a patient of many rows.
func noisyClinic(t *testing.T, groups int) *Space {
	t.Helper()
	dir := t.TempDir()
	for i := range 3 {
		var b strings.Builder
		b.WriteString("patient,ward,age,cost,bmi\n")
		for p := range 300 {
			fmt.Fprintf(&b, "p%d,%s,%d,%d.5,20\n", p, "abc"[p%3:p%3+1], p%100, p*5)
		}
		for range 500 {
			b.WriteString("p0,a,99,998,30\n")
		}
		b.WriteString("p1,c,50,100,25\n") // in two wards
		file := filepath.Join(dir, "owners", fmt.Sprintf("o%d", i+1), "visit.csv")
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := strings.NewReplacer("max_rows: 10\n", fmt.Sprintf("max_rows: 2000\n    out_of_range: clamp\n    contribution: {groups: %d, rows: 2}\n", groups),
		"tolerated_corruption: 1}", `tolerated_corruption: 1, privacy: {max_epsilon: 10, max_delta: 1e-6, budget: {epsilon: 50, delta: 1e-6, period: 24h}}}`).Replace(clinic)
	if err := os.WriteFile(filepath.Join(dir, "charter.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := lab.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	ch, err := l.Charter()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), ch, l.File)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// noised is what is released of sums if each owner adds its noise, as workers do.
type noised struct {
	ring.Vector
}

func (n noised) At(i int) *big.Int { return n.Big(i) }

// noisyAnswer is what an analyst gets; bound says whether the owners bound their rows.
func noisyAnswer(t *testing.T, s *Space, sql string, owners []string, bound bool) *Answer {
	t.Helper()
	q, err := query.Compile(sql, s.charter)
	if err != nil {
		t.Fatal(err)
	}
	sums, _, err := s.bounded(t.Context(), q, q.Noise(), owners)
	if err == nil && !bound {
		sums, err = s.sums(t.Context(), q, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	total := ring.NewVector(ring.Width128, q.Plan.Length())
	for k := range owners {
		share := ring.NewVector(ring.Width128, q.Plan.Length())
		if k == 0 {
			for i := range sums.sums {
				share.Words[2*i] = sums.sums[i].Uint64() // sums here are small and not negative
			}
		}
		d, err := noise.Draw(q.Noise(), q.Plan.Cells(), rand.Reader)
		if err == nil {
			err = d.Add(share)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := total.Add(share); err != nil {
			t.Fatal(err)
		}
	}
	table, err := q.FinishNoisy(query.Open(noised{total}), len(owners))
	if err != nil {
		t.Fatal(err)
	}
	a, err := answerOf(table)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const (
	ofWards = "SELECT ward, COUNT(*) AS n, SUM(cost) AS cost, AVG(age) AS age, STDDEV(age) AS s, CORR(age, bmi) AS r, SQRT(COUNT(*)) AS root FROM visit GROUP BY ward ORDER BY n WITH PRIVACY (epsilon 10)"
	alarm   = 1e-6 // of each comparison here
)

// TestNoisyBesidePooled: an honest answer is what noise makes of the pooled one, and one that was not bounded, or is
// farther off than noise takes it, is told apart.
func TestNoisyBesidePooled(t *testing.T) {
	s := noisyClinic(t, 2)
	owners := []string{"o1", "o2", "o3"}
	compare := func(got *Answer, by []string) *Comparison {
		t.Helper()
		c, err := s.Noisy(t.Context(), ofWards, got, by, alarm)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	honest := noisyAnswer(t, s, ofWards, owners, true)
	c := compare(honest, owners)
	if c.Differs != "" || c.Cut || c.Compared < 12 || len(c.Want.Rows) != 4 {
		t.Errorf("an honest answer: %+v", c)
	}
	// p0 counts as two rows at each owner, and costs are at most 999.
	if n := fmt.Sprint(c.Want.Rows[0][:2]); n != "[a 303]" {
		t.Errorf("pooled and bounded, ward a has %s, want 3 times 99 patients with one row and one of two", n)
	}
	if c := compare(noisyAnswer(t, s, ofWards, owners, false), owners); c.Differs == "" {
		t.Error("rows that nobody bounded are taken for bounded ones")
	}
	if c := compare(honest, owners[:2]); c.Differs == "" {
		t.Error("an answer of three owners is taken for one of two")
	}
	for column, by := range map[int]string{1: "400", 2: "200000"} {
		off, err := Decode(must(honest.JSON()))
		if err != nil {
			t.Fatal(err)
		}
		was, ok1 := new(big.Rat).SetString(fmt.Sprint(off.Rows[1][column]))
		more, ok2 := new(big.Rat).SetString(by)
		if !ok1 || !ok2 {
			t.Fatal(off.Rows[1])
		}
		off.Rows[1][column] = json.Number(was.Add(was, more).FloatString(1))
		if c := compare(off, owners); !strings.Contains(c.Differs, honest.Columns[column].Name) {
			t.Errorf("column %d is %s off: %q", column, by, c.Differs)
		}
	}
	honest.Rows = append(honest.Rows, honest.Rows[0])
	if c := compare(honest, owners); c.Differs == "" {
		t.Error("a row that is twice in the answer")
	}
}

// TestNoisyCut: where units are in more groups than count, nobody knows which of them an owner kept, and nothing is said.
func TestNoisyCut(t *testing.T) {
	s := noisyClinic(t, 1)
	owners := []string{"o1", "o2", "o3"}
	c, err := s.Noisy(t.Context(), ofWards, noisyAnswer(t, s, ofWards, owners, true), owners, alarm)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Cut || c.Compared != 0 || c.Open == 0 || c.Differs != "" {
		t.Errorf("%+v", c)
	}
	if _, err := s.Noisy(t.Context(), "SELECT COUNT(*) FROM visit", &Answer{}, owners, alarm); err == nil {
		t.Error("a question without noise was compared")
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}
