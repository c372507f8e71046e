package differencing

// pair is two series, and the units of every combination of their cells.
type pair struct {
	s, t  *Series
	i, j  int // their places
	k     int
	m, n  int            // their cells
	table []*few         // [(a+1)*(n+1)+b+1] if it is small
	far   map[cells]*few // otherwise
}

func newPair(all []Series, i, j int) *pair {
	s, t := &all[i], &all[j]
	p := &pair{s: s, t: t, i: i, j: j, k: max(s.K, t.K), m: s.Plan.Cells(), n: t.Plan.Cells()}
	if p.m < dense && p.n < dense && (p.m+1)*(p.n+1) <= dense {
		p.table = make([]*few, (p.m+1)*(p.n+1))
	} else {
		p.far = map[cells]*few{}
	}
	return p
}

// at returns the count of a combination, to add to it.
func (p *pair) at(a, b int) *few {
	if p.far == nil {
		at := &p.table[(a+1)*(p.n+1)+b+1]
		if *at == nil {
			*at = &few{}
		}
		return *at
	}
	u := p.far[cells{a, b}]
	if u == nil {
		u = &few{}
		p.far[cells{a, b}] = u
	}
	return u
}

// shared is the rows that a cell of one series has in common with one of the other, or with none
// of them (-1).
type shared struct {
	other int
	units *few
}

// judge returns how the pair differs in a few units, "" if it does not.
func (c *Comparison) judge(p *pair) How {
	if p.k < 2 {
		return ""
	}
	rows, columns := p.margins()
	for a, list := range rows {
		for _, x := range list {
			if x.other < 0 {
				continue
			}
			left := without(list, x.other, p.k)
			right := without(columns[x.other], a, p.k)
			if l, r := left.size(), right.size(); l < p.k && r < p.k && l+r > 0 {
				return ByRows
			}
			if c.found(p, a, x.other) {
				return ByUnits
			}
		}
	}
	for _, side := range []side{{p.s, p.t, rows, columns, p.k}, {p.t, p.s, columns, rows, p.k}} {
		if how := side.judge(); how != "" {
			return how
		}
	}
	return ""
}

// margins lists what each cell of one series shares with the other.
func (p *pair) margins() (rows, columns map[int][]shared) {
	rows, columns = map[int][]shared{}, map[int][]shared{}
	put := func(a, b int, u *few) {
		if a >= 0 {
			rows[a] = append(rows[a], shared{b, u})
		}
		if b >= 0 {
			columns[b] = append(columns[b], shared{a, u})
		}
	}
	for at, u := range p.table {
		if u != nil {
			put(at/(p.n+1)-1, at%(p.n+1)-1, u)
		}
	}
	for at, u := range p.far {
		put(at.a, at.b, u)
	}
	return rows, columns
}

// without counts the units of all rows that are not shared with cell other, up to k.
func without(list []shared, other, k int) *few {
	left := &few{}
	for _, x := range list {
		if x.other != other {
			left.union(x.units)
		}
		if left.size() >= k {
			break
		}
	}
	return left
}

// side looks at the cells of one series as totals, and at those of the other as parts.
type side struct {
	total, part   *Series
	totals, parts map[int][]shared // what each cell shares with the other series
	k             int
}

func (s *side) judge() How {
	for a, list := range s.totals {
		if how := s.cell(a, list); how != "" {
			return how
		}
	}
	return ""
}

// cell looks at one total: rest is what lies in no part that lies in it.
func (s *side) cell(a int, list []shared) How {
	rest := &few{}
	var inside []shared
	for _, x := range list {
		if x.other >= 0 && len(s.parts[x.other]) == 1 {
			inside = append(inside, x)
		} else if rest.union(x.units); rest.size() >= s.k {
			return ""
		}
	}
	if rest.size() > 0 && len(inside) > 0 {
		return ByParts
	}
	fewest := s.fewest(rest, inside)
	switch {
	case fewest && len(inside) > 1:
		return ByParts
	case (fewest || rest.size() > 0) && s.emptyPart(a):
		return ByName
	}
	return ""
}

// fewest reports whether the rest with one of the parts is less than k units.
func (s *side) fewest(rest *few, inside []shared) bool {
	for _, x := range inside {
		sum := &few{}
		sum.union(rest)
		if sum.union(x.units); sum.size() < s.k {
			return true
		}
	}
	return false
}
