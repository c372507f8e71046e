package charter

import (
	"slices"
	"time"
)

// Member returns the member with this id, or nil.
func (c *Charter) Member(id string) *Member {
	for i := range c.Members {
		if c.Members[i].ID == id {
			return &c.Members[i]
		}
	}
	return nil
}

// Table returns the table with this name, or nil.
func (c *Charter) Table(name string) *Table {
	for i := range c.Tables {
		if c.Tables[i].Name == name {
			return &c.Tables[i]
		}
	}
	return nil
}

// Column returns the column with this name, or nil.
func (t *Table) Column(name string) *Column {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}

// HasRole reports whether the member has a role.
func (m *Member) HasRole(r Role) bool { return slices.Contains(m.Roles, r) }

// HasRole reports whether id is a member with a role.
func (c *Charter) HasRole(id string, r Role) bool {
	m := c.Member(id)
	return m != nil && m.HasRole(r)
}

// WithRole returns the members with a role, in the order of the charter.
func (c *Charter) WithRole(r Role) []Member {
	var out []Member
	for _, m := range c.Members {
		if m.HasRole(r) {
			out = append(out, m)
		}
	}
	return out
}

// TheCoordinator returns the one coordinator of a valid charter; nil if there is none.
func (c *Charter) TheCoordinator() *Member {
	for i := range c.Members {
		if c.Members[i].HasRole(Coordinator) {
			return &c.Members[i]
		}
	}
	return nil
}

// OwnersOf returns the owners of a table in roster order, which is the order of
// the charter's members. A table that names no owners belongs to all of them; an
// unknown table has none.
func (c *Charter) OwnersOf(table string) []Member {
	t := c.Table(table)
	if t == nil {
		return nil
	}
	owners := c.WithRole(Owner)
	if len(t.Owners) == 0 {
		return owners
	}
	return slices.DeleteFunc(owners, func(m Member) bool { return !slices.Contains(t.Owners, m.ID) })
}

// K is the table's minimum cohort, in privacy units: the smallest count of units
// that a released number may rest on. 1 means that every number is released. A table
// without a unit protects rows: each is a unit. Columns may ask for more, see
// [Column.K].
func (t *Table) K() int {
	if t.MinCohort == nil {
		return DefaultMinCohort
	}
	return *t.MinCohort
}

// Clamps reports whether values outside the declared range are moved to its ends;
// otherwise a worker refuses the job.
func (t *Table) Clamps() bool { return t.OutOfRange == Clamp }

// Cells is the largest number of cells that one result may have.
func (r *Rules) Cells() int {
	if r.MaxCells == 0 {
		return DefaultMaxCells
	}
	return r.MaxCells
}

// Verify is which workers repeat the evaluation of a guarded release.
func (r *Rules) Verify() string {
	if r.Verification == "" {
		return VerifyAll
	}
	return r.Verification
}

// Rule is the mode.
func (d *Differencing) Rule() string {
	if d.Mode == "" {
		return DifferencingNote
	}
	return d.Mode
}

// Span is the window.
func (d *Differencing) Span() time.Duration {
	if d.Window == 0 {
		return DefaultWindow
	}
	return d.Window.Std()
}

// Lifetime is the longest time between the making of a job and its expiry.
func (r *Rules) Lifetime() time.Duration {
	if r.JobLifetime == 0 {
		return DefaultJobLifetime
	}
	return r.JobLifetime.Std()
}

// Threshold is the smallest t with 2t > n + T: the shares that open a job of n
// owners, T of whom may be corrupt.
func Threshold(n, corrupt int) int { return (n+corrupt)/2 + 1 }
