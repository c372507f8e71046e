package enginetest_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/big"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/column"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/statistic"
)

// wireForms adds every form in which a number may stand in bytes: decimal, words and doubles of either byte order, limbs of 24 bits in
// words of 4 and of 8 bytes, a varint. Numbers that are small or round occur by chance, and are left out.
func wireForms(out map[string][]byte, what string, x *big.Int) {
	if x.Sign() < 0 || x.BitLen()-int(x.TrailingZeroBits()) < 28 || !x.IsUint64() {
		if x.BitLen() > 64 { // a square, whose lower words tell as much
			out[what+" in decimal"] = []byte(x.String())
			wireForms(out, what+", lower word,", new(big.Int).And(x, new(big.Int).SetUint64(math.MaxUint64)))
		}
		return
	}
	n := x.Uint64()
	out[what+" in decimal"] = strconv.AppendUint(nil, n, 10)
	for name, order := range map[string]binary.AppendByteOrder{"little": binary.LittleEndian, "big": binary.BigEndian} {
		out[what+" in a word, "+name+"-endian"] = order.AppendUint64(nil, n)
		out[what+" in a double, "+name+"-endian"] = order.AppendUint64(nil, math.Float64bits(float64(n)))
		for _, word := range []int{4, 8} {
			out[fmt.Sprintf("%s in limbs of %d bytes, %s-endian", what, word, name)] = enginetest.Limbs(n, word, order)
		}
	}
	if v := binary.AppendUvarint(nil, n); len(v) >= 7 {
		out[what+" in a varint"] = v
	}
}

// sumsOf are the sums of a question, of one owner.
func sumsOf(t *testing.T, s *enginetest.Space, owner string, q *query.Query) (out []*big.Int) {
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
	for i := range q.Plan.Length() {
		out = append(out, sums.Big(i))
	}
	return out
}

// forbidden are the forms of what may not pass: texts and numbers of every owner's rows, and the sums of each cell
// of a question, by owner and of all together.
func forbidden(t *testing.T, s *enginetest.Space, p *planting, questions map[string]*query.Query) map[string][]byte {
	t.Helper()
	forms := map[string][]byte{}
	for _, owner := range s.Owners {
		for _, text := range p.texts[owner] {
			forms[owner+"'s text "+text] = []byte(text)
		}
		for _, x := range p.values[owner] {
			wireForms(forms, fmt.Sprintf("%s's value %d", owner, x), big.NewInt(x))
		}
	}
	for name, q := range questions {
		all := make([]*big.Int, q.Plan.Length())
		for _, owner := range s.Owners {
			for i, x := range sumsOf(t, s, owner, q) {
				if all[i] == nil {
					all[i] = new(big.Int)
				}
				all[i].Add(all[i], x)
				wireForms(forms, fmt.Sprintf("%s's sum %d of %s", owner, i, name), x)
			}
		}
		for i, x := range all {
			wireForms(forms, fmt.Sprintf("sum %d of %s", i, name), x)
		}
	}
	return forms
}

// TestStatisticsSendNothing keeps every byte that passes inside TLS while every statistic is asked, of masked sums and of guarded ones with
// cells of too few, and looks for rows, for sums of owners and of all, in every form. The numbers that are opened are the analyst's alone. A purpose
// that has some of it, which all are told, is found.
func TestStatisticsSendNothing(t *testing.T) {
	for name, guarded := range map[string]int{"masked": 0, "guarded": 20} {
		t.Run(name, func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			p, wire := plant(seed), &enginetest.Wire{}
			o := p.options()
			o.Cohort = guarded
			o.Coordinator = func(c *coordinator.Config) { c.Server.Inside = wire.Inside }
			s := enginetest.New(t, o).Start()
			c := s.Client()
			questions, hidden, open := map[string]*query.Query{}, 0, 0
			for _, st := range statistic.All() {
				if guarded > 0 && st.Name != "describe" && st.Name != "standardised_rate" {
					continue // each is another question of the same protocol, and the keys are large
				}
				draft, err := c.Compile("SELECT * FROM " + st.Name + plantedCalls[st.Name])
				if err != nil {
					t.Errorf("%s: %v", st.Name, err)
					continue
				}
				questions[st.Name] = draft.Query
				a, err := c.AskDraft(t.Context(), draft, analyst.Options{})
				switch {
				case err != nil:
					t.Errorf("%s: %v", st.Name, err)
				case a.Report == nil:
					t.Errorf("%s: %v", st.Name, a.Fault)
				default:
					var text strings.Builder
					if err := a.Report.WriteJSON(&text, nil); err != nil {
						t.Error(err)
					}
					if open++; strings.Contains(text.String(), `"below"`) {
						hidden++ // sums of few
					}
				}
			}
			if open < 2 || (hidden > 0) != (guarded > 0) {
				t.Errorf("%d statistics are answered, in %d numbers are suppressed", open, hidden)
			}
			forms := forbidden(t, s, p, questions)
			if found := wire.Find(forms); len(found) > 0 {
				t.Errorf("%d of %d forms passed:\n%s", len(found), len(forms), strings.Join(found[:min(20, len(found))], "\n"))
			}
			sent := 0
			for _, member := range append([]string{enginetest.AnalystID}, s.Owners...) {
				if from, to := wire.Len(member, false), wire.Len(member, true); from < 10_000 || to < 10_000 {
					t.Errorf("%s sent %d bytes and got %d: not all was kept", member, from, to)
				} else {
					sent += from + to
				}
			}
			t.Logf("%d forms in %d bytes", len(forms), sent)
			if guarded > 0 {
				return
			}
			secret := p.texts["owner1"][0] + strconv.FormatInt(p.values["owner1"][0], 10)
			if _, err := c.Ask(t.Context(), "SELECT * FROM describe(visits, 'amount')", analyst.Options{Purpose: secret}); err != nil {
				t.Fatal(err)
			}
			found := strings.Join(wire.Find(forms), "\n")
			for _, want := range []string{"to owner2: owner1's text " + p.texts["owner1"][0], fmt.Sprintf("from ada: owner1's value %d in decimal", p.values["owner1"][0])} {
				if !strings.Contains(found, want) {
					t.Errorf("not found: %s, but\n%s", want, found)
				}
			}
		})
	}
}

// TestWireFindsEveryForm puts every form of a number between random bytes, in pieces, and finds it.
func TestWireFindsEveryForm(t *testing.T) {
	forms := map[string][]byte{"text": []byte("person-42")}
	wireForms(forms, "number", big.NewInt(7_123_456_789_012))
	square, _ := new(big.Int).SetString("50743636025763297024256144", 10)
	wireForms(forms, "square", square)
	if len(forms) < 20 {
		t.Errorf("%d forms", len(forms))
	}
	for what, form := range forms {
		wire := &enginetest.Wire{}
		near, far := net.Pipe()
		inside := wire.Inside("owner1", near)
		go func() { _, _ = io.Copy(io.Discard, far) }()
		for _, piece := range [][]byte{[]byte("some bytes before"), form[:3], form[3:], []byte("and after")} {
			if _, err := inside.Write(piece); err != nil {
				t.Fatal(err)
			}
		}
		inside.Close()
		if found := wire.Find(forms); !slices.Contains(found, "to owner1: "+what) {
			t.Errorf("%s is not found, but %v", what, found)
		}
	}
}
