package docgen

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/tacit-space/tacit/crypto/he"
)

// representative numbers of owners, and the k for which margins are shown if the set
// is deep enough.
var (
	representative = []int{3, 30, 100}
	shownK         = 10
)

// maxCohort is the largest k of a charter.
const maxCohort = 20

// Parameters returns the table of homomorphic parameter sets in SECURITY.md.
func Parameters() (string, error) {
	var b strings.Builder
	b.WriteString("| set | k at most | N | t | log2(QP), limit | flooding | margin in bits, 3 / 30 / 100 owners | distance of an output, 30 owners |\n")
	b.WriteString("| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, name := range he.Sets() {
		p, err := he.Set(name)
		if err != nil {
			return "", err
		}
		k := min(1<<p.Depth()-1, maxCohort)
		have, limit := p.SecurityBits()
		margins, distance, err := margins(p, min(k, shownK))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "| %s | %d | 2^%.0f | %.0f bits | %.1f, %.0f | ±2^%d | %s | %s |\n", name, k, math.Log2(float64(p.Slots())),
			math.Log2(float64(p.T())), have, limit, p.FloodBits(), margins, distance)
	}
	return b.String(), nil
}

// margins shows, per number of owners, by how many bits flooding is above the bound of the
// noise, rounded down, and the distance of an output, rounded up.
func margins(p *he.Params, k int) (shown, distance string, err error) {
	c, err := he.NewCircuit(k)
	if err != nil {
		return "", "", err
	}
	var parts []string
	for _, n := range representative {
		b, err := p.Budget(c, n)
		if err != nil {
			parts = append(parts, "–")
			continue
		}
		parts = append(parts, strconv.Itoa(int(b.Margin)))
		if n == 30 {
			distance = fmt.Sprintf("2^%.0f", math.Ceil(distanceOf(p, b)))
		}
	}
	return strings.Join(parts, " / "), distance, nil
}

// distanceOf is log2 of the statistical distance of one opened output from one
// whose noise is drawn without the secrets: a uniform number in [−2^b, 2^b) moved by e is at
// a distance of |e|/2^(b+1), and there are N of them. The noise bound is 8 standard
// deviations, and a Gaussian's mean absolute value sqrt(2/π) of one.
func distanceOf(p *he.Params, b he.Budget) float64 {
	const deviations = 8
	mean := b.Noise - math.Log2(deviations) + math.Log2(2/math.Pi)/2
	return math.Log2(float64(p.Slots())) + mean - float64(p.FloodBits()+1)
}
