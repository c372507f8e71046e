package plan

// Uses reports whether anything of the plan is made with a column.
func (p *Plan) Uses(column string) bool {
	used := false
	p.columns(func(name string) { used = used || name == column })
	return used
}
