package plan

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/charter"
)

// Statement says, before anything runs, what a job gives away and to whom. Its hash
// is part of the signed job, and the text is attached to the result.
type Statement struct {
	Template    string   // of the charter, with its arguments; "": a question in the analyst's own words
	Question    string   // readable SQL, see [Plan.SQL]
	Released    []string // what the analyst gets
	Noise       []string // what is added to it; none: exact numbers
	Protocol    []string // how it is computed
	Exactness   []string // one line per sum, in the order of the plan
	Leakage     []Leak   // who learns what, alone and together
	Compared    []string // what owners compare the question with; none: nothing is guarded
	TooLong     string   // that a message is longer than is taken by default; "": none is
	Rounds      int      // message rounds of the protocol
	Upload      int64    // bytes that one worker sends, estimated
	Download    int64    // bytes that one worker receives, estimated
	Assumptions []string
}

// Leak is what a party or coalition learns.
type Leak struct{ Party, Learns string }

// Rounds of a masked sum: advertise, share, input, agree, open; of a guarded release: hello,
// reveal, and twice commit, share, claim, the second time followed by open.
const (
	rounds        = 5
	guardedRounds = 9
	keyRounds     = 5 // of them, for a key set; they can be ahead of the question
)

// Explain states what a plan gives away. It depends on the plan and the charter
// alone. The plan must have passed [Check].
func Explain(p *Plan, ch *charter.Charter) *Statement {
	t := ch.Table(p.Table)
	n := len(ch.OwnersOf(p.Table))
	s := &Statement{
		Question:    p.statement(),
		Released:    released(p),
		Protocol:    []string{"masked sum: the coordinator adds up what it cannot read"},
		Leakage:     leakage(ch, n),
		Rounds:      rounds,
		Assumptions: assumptions(ch, n),
	}
	for i := range p.Sums {
		s.Exactness = append(s.Exactness, p.Sums[i].SQL()+": "+exactness(&p.Sums[i], t))
	}
	s.Upload, s.Download = traffic(p, n)
	l, f := NewLayout(p, ch)
	if f == nil && l != nil {
		s.guarded(l, p, ch, n)
	}
	s.Released = append(s.Released, p.modelLines(ch)...)
	s.Compared, s.TooLong = compared(p, ch), tooLong(p, l)
	if noise, f := NewNoise(p, ch); f == nil && noise != nil {
		s.noised(noise, p, ch, n)
	}
	return s
}

func released(p *Plan) []string {
	return []string{
		fmt.Sprintf("%d numbers for %s, %d in all, each a sum over all owners that took part", len(p.Sums), eachOf(p.Cells()), p.Length()),
		"the number of rows of each cell, always, also if the query does not show it",
		"no cell is suppressed: the numbers of a cell of one row are that row's values",
	}
}

func eachOf(cells int) string {
	if cells == 1 {
		return "the one cell"
	}
	return fmt.Sprintf("each of %d cells", cells)
}

func leakage(ch *charter.Charter, n int) []Leak {
	corrupt := ch.Rules.ToleratedCorruption
	few, those := "owner", "that owner"
	if corrupt != 1 {
		few, those = "owners", "those owners"
	}
	return []Leak{
		{"coordinator", "who asks whom, who takes part, the question, sizes and times; nothing of data or result"},
		{"each owner", "the question, and who takes part; nothing of other owners' data or of the result"},
		{"analyst", fmt.Sprintf("the released numbers, over all owners that took part (at least %d of %d)", ch.Rules.MinContributors, n)},
		{"analyst + coordinator", "the same as the analyst"},
		{
			fmt.Sprintf("analyst + coordinator + %d %s", corrupt, few),
			fmt.Sprintf("the same, less the data of %s: the sums over at least %d others", those, ch.Rules.MinContributors-corrupt),
		},
		{"recorded traffic + quantum computer", "nothing of data or result"},
	}
}

func assumptions(ch *charter.Charter, n int) []string {
	return []string{
		fmt.Sprintf("at most %d of %d owners work together with coordinator and analyst", ch.Rules.ToleratedCorruption, n),
		"X-Wing (X25519 and ML-KEM-768), AES, SHA-256 and the members' signature keys hold",
		"each owner states its own data honestly: a false value is not detected, it is only kept within the declared range",
		"answers to several questions can be combined; this statement is about one",
	}
}

// exactness says how far the sum can be from the same sum over unrounded values.
func exactness(s *Sum, t *charter.Table) string {
	if s.Weight != Unweighted {
		return fmt.Sprintf("each row rounded to a multiple of 2^-%d", s.Fraction)
	}
	err := ErrorPerRow(s.Factors, t)
	if err.Sign() == 0 {
		return "exact"
	}
	return "within rows × " + Approximate(err)
}

// ErrorPerRow returns by how much one row can change a sum of a product of measures,
// because doubles are rounded to multiples of their resolution: with x̃ = x + e,
// |e| <= r/2, the difference of x̃ỹ and xy is at most |x|·f + |y|·e + e·f. It is 0
// if no factor is a double.
func ErrorPerRow(factors []string, t *charter.Table) *big.Rat {
	worst, largest := new(big.Rat), big.NewRat(1, 1)
	for _, name := range factors {
		c := t.Column(name)
		size := new(big.Rat).SetInt(unitBound(c))
		size.Mul(size, c.ResolutionRat())
		half := new(big.Rat)
		if c.Kind() == charter.KindDouble {
			half.Quo(c.ResolutionRat(), big.NewRat(2, 1))
		}
		next := new(big.Rat).Mul(worst, size)
		next.Add(next, new(big.Rat).Mul(largest, half))
		next.Add(next, new(big.Rat).Mul(worst, half))
		worst, largest = next, largest.Mul(largest, size)
	}
	return worst
}

// Approximate returns a number >= 0 for people with 4 significant digits, rounded up.
func Approximate(r *big.Rat) string {
	f := new(big.Float).SetPrec(128).SetRat(r)
	text := f.Text('g', 4)
	if shown, ok := new(big.Rat).SetString(text); ok && shown.Cmp(r) >= 0 {
		return text
	}
	return f.Mul(f, big.NewFloat(1.0005)).Text('g', 4)
}

// traffic estimates the bytes that one of n workers sends and receives. Sizes:
// masked-sum packets with X-Wing keys of 1216 bytes and ciphertexts of 1120, sealed
// shares of 1350, signatures of 64, identities of 3200.
func traffic(p *Plan, n int) (up, down int64) {
	const (
		advertisement = 2*1216 + 2*32 + 64
		share         = 1120 + 1350
		identity      = 3200 + 64
		fixed         = 8192 // headers, manifest, hybrid signature
	)
	vector := int64(p.Length()) * int64(p.Width/8)
	others := int64(n - 1)
	up = vector + advertisement + others*(share+2*32) + fixed
	down = int64(n)*(advertisement+identity+64) + others*share + fixed
	return up, down
}

// Text returns the statement for people; it is the same for the same plan and charter.
func (s *Statement) Text() string {
	var b strings.Builder
	if s.Template != "" {
		section(&b, "Template of the charter", []string{s.Template})
	}
	section(&b, "Question", strings.Split(s.Question, "\n"))
	section(&b, "Released to the analyst", s.Released)
	if len(s.Noise) > 0 {
		section(&b, "Noise", s.Noise)
	}
	section(&b, "Protocol", s.Protocol)
	section(&b, "Exactness", s.Exactness)
	section(&b, "Who learns what", s.table())
	if len(s.Compared) > 0 {
		section(&b, "Compared", s.Compared)
	}
	section(&b, "Cost", s.cost())
	section(&b, "Assumptions", s.Assumptions)
	return b.String()
}

func (s *Statement) cost() []string {
	lines := []string{fmt.Sprintf("%d rounds; each worker sends about %s and receives about %s", s.Rounds, size(s.Upload), size(s.Download))}
	if s.TooLong != "" {
		lines = append(lines, s.TooLong)
	}
	return lines
}

func (s *Statement) table() []string {
	width := 0
	for _, l := range s.Leakage {
		width = max(width, len(l.Party))
	}
	lines := make([]string, len(s.Leakage))
	for i, l := range s.Leakage {
		lines[i] = fmt.Sprintf("%-*s  %s", width, l.Party, l.Learns)
	}
	return lines
}

func section(b *strings.Builder, title string, lines []string) {
	b.WriteString(title + "\n")
	for _, l := range lines {
		b.WriteString("  " + l + "\n")
	}
}

func size(n int64) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	default:
		return fmt.Sprintf("%d bytes", n)
	}
}

// Hash binds the statement as people read it.
func (s *Statement) Hash() [32]byte {
	return session.Hash("plan statement", []byte(s.Text()))
}
