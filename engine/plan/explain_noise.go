package plan

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
)

// confidence is that of the intervals that are shown.
const confidence = 0.95

// noised says what noise changes.
func (s *Statement) noised(n *Noise, p *Plan, ch *charter.Charter, owners int) {
	t := ch.Table(p.Table)
	s.Noise = n.lines(p, t, owners)
	all := !slices.Contains(n.Sums, nil)
	if all {
		s.Released = []string{
			fmt.Sprintf("%d numbers for %s, %d in all, each a sum over all owners that took part, and noise", len(p.Sums), eachOf(p.Cells()), p.Length()),
			"every declared cell is shown; with noise on its number of rows too, it does not tell whether it has any",
			"no cell is suppressed: noise hides each unit, in small cells as in large ones",
		}
	} else {
		s.Released = n.mixed(s.Released, p)
	}
	s.Exactness = nil
	for i := range p.Sums {
		line := p.Sums[i].SQL() + ": " + exactness(&p.Sums[i], t)
		if n.Sums[i] != nil {
			line = p.Sums[i].SQL() + ": noised"
		}
		s.Exactness = append(s.Exactness, line)
	}
	for i := range s.Leakage {
		s.Leakage[i].Learns = strings.Replace(s.Leakage[i].Learns, "the released numbers", "the released numbers, noise in them", 1)
	}
	s.Assumptions = append(s.Assumptions,
		"noise protects a person at each owner by itself; one whose rows are at w owners is protected over all of them as a group of w, with w² times the loss in zCDP",
		"losses of several questions add up; an owner's budget bounds them",
	)
}

// mixed replaces what is said of open sums.
func (n *Noise) mixed(lines []string, p *Plan) []string {
	lines = slices.DeleteFunc(slices.Clone(lines), func(l string) bool {
		return strings.HasPrefix(l, "not guarded") || strings.HasPrefix(l, "no cell is suppressed")
	})
	var noised, exact []string
	for i := range p.Sums {
		if n.Sums[i] != nil {
			noised = append(noised, p.Sums[i].SQL())
		} else {
			exact = append(exact, p.Sums[i].SQL())
		}
	}
	return append(lines,
		"with noise, for every cell, whatever stands behind it: "+strings.Join(noised, ", "),
		"without noise: "+strings.Join(exact, ", "))
}

// lines say the loss, the price, what is bounded, and how much noise each sum gets.
func (n *Noise) lines(p *Plan, t *charter.Table, owners int) []string {
	unit, bound := "row", "each row is in one cell"
	if n.Unit != "" {
		unit = "value of " + QuoteName(n.Unit)
		bound = fmt.Sprintf("each %s counts in at most %d cell%s, chosen by the owner by a secret hash, and in each as at most %d row%s with the mean of its values; rows without one do not count",
			unit, n.Groups, plural(n.Groups), n.Rows, plural(n.Rows))
	}
	lines := []string{
		fmt.Sprintf("epsilon %s, delta %s for each %s at each owner, over all numbers with noise together", n.Epsilon, n.Delta, unit),
		fmt.Sprintf("price at each owner: rho %s (zCDP)", n.Rho),
		bound,
		fmt.Sprintf("every owner adds noise; that of %d (min_contributors - tolerated_corruption) is enough for the promise", n.Honest),
	}
	if slices.ContainsFunc(n.Sums, func(s *Noisy) bool { return s != nil && s.Honest != n.Honest }) {
		lines = append(lines, "a guarded release opens large sums in parts; of these the noise of each owner alone is enough")
	}
	for i, s := range n.Sums {
		if s != nil {
			lines = append(lines, s.line(&p.Sums[i], t, s.Honest, owners))
		}
	}
	return lines
}

// line says how much noise a sum gets, in the unit of its columns.
func (s *Noisy) line(sum *Sum, t *charter.Table, honest, owners int) string {
	unit := new(big.Rat).SetInt64(1)
	for _, name := range sum.Factors {
		unit.Mul(unit, t.Column(name).ResolutionRat())
	}
	u, _ := unit.Float64()
	half := "unknown"
	if h, err := s.HalfWidth(owners, confidence); err == nil {
		half = "± " + Approximate(new(big.Rat).Mul(new(big.Rat).SetInt(h), unit))
	}
	return fmt.Sprintf("%s: one unit adds at most %s; sigma %.4g of %d owner%s, %.4g of all %d; expected %s (95 %%)",
		sum.SQL(), Approximate(new(big.Rat).Mul(new(big.Rat).SetInt(new(big.Int).SetUint64(s.Largest)), unit)),
		u*s.Sigma(honest), honest, plural(honest), u*s.Sigma(owners), owners, half)
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
