package plan

import "slices"

// Uses reports whether anything of the plan is made with a column.
func (p *Plan) Uses(column string) bool {
	used := false
	visit := func(name string) { used = used || name == column }
	p.Where.Columns(visit)
	for i := range p.Keys {
		if k := &p.Keys[i]; k.Kind != KeyCase {
			visit(k.Column)
		}
		for _, arm := range p.Keys[i].Arms {
			arm.When.Columns(visit)
		}
	}
	for i := range p.Sums {
		p.Sums[i].Filter.Columns(visit)
		used = used || slices.Contains(p.Sums[i].Factors, column) || slices.Contains(p.Sums[i].Present, column)
	}
	return used
}
