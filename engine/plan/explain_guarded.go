package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/crypto/guard"
	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/engine/charter"
)

// guarded says what is different if small cells are suppressed.
func (s *Statement) guarded(l *Layout, p *Plan, ch *charter.Charter, n int) {
	unit := "rows"
	if u := ch.Table(p.Table).Unit; u != "" {
		unit = "different values of " + QuoteName(u)
	}
	s.Released = []string{
		fmt.Sprintf("up to %d numbers for %s, each a sum over all owners that took part", len(p.Sums), eachOf(p.Cells())),
		fmt.Sprintf("privacy units are %s; one that several owners have counts once at each", unit),
	}
	for _, g := range l.Guards {
		if len(g.Sums) > 0 {
			s.Released = append(s.Released, l.guardLine(g, p))
		}
	}
	s.Released = append(s.Released, l.lockLines(p)...)
	if open := l.open(p); len(open) > 0 {
		s.Released = append(s.Released, "not guarded, released whatever stands behind them: "+strings.Join(open, ", "))
	}
	if p.Along() == nil {
		s.Released = append(s.Released, "of every released cell also its number of privacy units")
	} else {
		s.Released = append(s.Released, p.curveLines()...)
	}
	s.Protocol = l.protocol(ch, n)
	s.Leakage = guardedLeakage(l, ch, n)
	s.Assumptions = guardedAssumptions(ch, n)
	s.Rounds = guardedRounds
	s.Upload, s.Download = l.traffic(n)
}

func (l *Layout) guardLine(g Guard, p *Plan) string {
	sums := make([]string, len(g.Sums))
	for i, at := range g.Sums {
		sums[i] = p.Sums[at].SQL()
	}
	if p.Along() != nil {
		return fmt.Sprintf("only whole curves to which at least %d privacy units contribute, else nothing but \"fewer than %d\": %s", g.K, g.K, strings.Join(sums, ", "))
	}
	return fmt.Sprintf("only where at least %d privacy units contribute, else nothing but \"fewer than %d\": %s", g.K, g.K, strings.Join(sums, ", "))
}

// lockLines say what no sum of values is released without.
func (l *Layout) lockLines(p *Plan) []string {
	var lines []string
	for _, lock := range l.locks {
		g := l.Guards[lock.guard]
		lines = append(lines, fmt.Sprintf("no sum of values %s unless at least %d privacy units have %s", map[bool]string{true: "of a curve", false: "of a cell"}[p.Along() != nil], g.K, g.Filter.SQL()))
	}
	return lines
}

// open lists the sums that no guard stands before.
func (l *Layout) open(p *Plan) []string {
	var open []string
	for i := range p.Sums {
		if !slices.ContainsFunc(l.Guards, func(g Guard) bool { return slices.Contains(g.Sums, i) }) {
			open = append(open, p.Sums[i].SQL())
		}
	}
	return open
}

func (l *Layout) protocol(ch *charter.Charter, n int) []string {
	who := map[guard.Verify]string{
		guard.VerifyAll:  "every owner evaluates again before it opens",
		guard.VerifySome: fmt.Sprintf("%d owners evaluate again before anybody opens", ch.Rules.ToleratedCorruption+1),
		guard.VerifyNone: "the coordinator is trusted to evaluate as it should",
	}
	lines := []string{
		"guarded release: encrypted counts of privacy units decide, under encryption, what can be opened",
		who[l.Shape.Verify],
		"all owners that begin have to stay; if one leaves, the rest begin again with fresh keys",
	}
	if p, err := he.Set(l.Shape.Set); err == nil {
		have, limit := p.SecurityBits()
		lines = append(lines, fmt.Sprintf("parameters %s: degree %d, modulus of %.1f bits (128-bit security: at most %.0f), slots modulo %d",
			l.Shape.Set, p.Slots(), have, limit, p.T()))
	}
	return append(lines, fmt.Sprintf("%d ciphertexts in, %d out; security margin of the opening: %d bits", l.Shape.Inputs(), l.Shape.Outputs(), int(l.Budget.Margin)))
}

func guardedLeakage(l *Layout, ch *charter.Charter, n int) []Leak {
	all := leakage(ch, n)
	for i := range all {
		switch {
		case all[i].Party == "analyst":
			all[i].Learns = fmt.Sprintf("the released numbers, over all owners that took part (at least %d of %d); which cells are suppressed", ch.Rules.MinContributors, n)
		case strings.HasPrefix(all[i].Party, "analyst + coordinator +"):
			all[i].Learns += "; of suppressed cells that the others have fewer than k units less their own; and all of them if these owners lie about their own units"
		}
	}
	suppression := "nothing of suppressed cells"
	if l.Shape.Verify == guard.VerifyNone {
		suppression = "all cells, if the coordinator does not evaluate as it should"
	}
	all = slices.Insert(all, 4, Leak{"analyst + dishonest coordinator", suppression})
	return all
}

func guardedAssumptions(ch *charter.Charter, n int) []string {
	lines := assumptions(ch, n)
	lines[1] = "X-Wing (X25519 and ML-KEM-768), AES, SHA-256, the members' signature keys and ring LWE with 128 bits hold"
	return slices.Insert(lines, 3, "no owner that works with the analyst adds units that it does not have: they would open small cells")
}

// traffic is what one of n workers sends and receives, key set included.
func (l *Layout) traffic(n int) (up, down int64) {
	p, err := he.Set(l.Shape.Set)
	if err != nil {
		return 0, 0
	}
	deepest := 0
	var inputs *he.Basis
	for _, g := range l.Shape.Groups {
		if c, err := he.NewCircuit(g.K); err == nil && c.Depth() > deepest {
			deepest, inputs = c.Depth(), p.Inputs(c)
		}
	}
	const signed, ciphertext = 96, 1120 + 64
	key := int64(p.KeyPolys()) * int64(p.QP.Size())
	input := int64(l.Shape.Inputs()) * int64(inputs.Size())
	opening := int64(l.Shape.Outputs()) * int64(p.Slots()) * 8
	claims := int64(p.QP.FingerprintSize()+inputs.FingerprintSize()) + 3*signed
	others := int64(n - 1)
	up = key + input + opening + claims + others*ciphertext
	down = 2*(key+input) + int64(n)*(claims+3*ciphertext+signed)
	if l.Shape.Verify != guard.VerifyAll {
		down += 2 * int64(l.Shape.Outputs()) * int64(p.Out.Size()) // of others' evaluation
	}
	return up, down
}
