package draft

import (
	"math/big"
	"regexp"
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// DefaultModels is how many rounds of a model a draft allows, if nothing else is said: what logistic
// and Cox regression need at most.
const DefaultModels = 25

// timeName are names of columns that hold the time until something happens.
var timeName = regexp.MustCompile(`time|duration|^(days|weeks|months|tstart|tstop)$`)

// curves declares columns for curves: those of the options, and integers that are called a time, as
// survival curves are asked along them.
func (d *Draft) curves() error {
	wanted := map[string]string{}
	for name, step := range d.opts.Curves {
		c, err := d.source.Find(name)
		if err != nil {
			return err
		}
		wanted[c.Name] = step
	}
	for i := range d.Choices {
		c := &d.Choices[i].Column
		step, ok := wanted[c.Name]
		switch {
		case ok && step != "none":
			c.Curve = step
		case !ok && c.Role == charter.Measure && c.Type == "integer" && timeName.MatchString(c.Name) && short(c):
			c.Curve = "1"
		}
	}
	return nil
}

// short reports whether a curve over every value of the column has few enough points.
func short(c *charter.Column) bool {
	if len(c.Range) != 2 {
		return false
	}
	lo, ok1 := new(big.Int).SetString(c.Range[0], 10)
	hi, ok2 := new(big.Int).SetString(c.Range[1], 10)
	return ok1 && ok2 && new(big.Int).Sub(hi, lo).Cmp(big.NewInt(plan.MaxCells/16)) < 0
}

// Curves lists the columns that are declared for curves.
func (d *Draft) Curves() []string {
	var names []string
	for i := range d.Choices {
		if c := &d.Choices[i].Column; c.Curve != "" {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return names
}
