package charter

// Charter is the text that members sign. Field order is the order of the file.
type Charter struct {
	Format  string   `yaml:"tacit"` // always [Format]
	Space   string   `yaml:"space"`
	Version int      `yaml:"version"` // from 1, each amendment adds 1
	Amend   Amend    `yaml:"amend"`
	Rules   Rules    `yaml:"rules"`
	Members []Member `yaml:"members"`
	Tables  []Table  `yaml:"tables"`
}

// Amend is the rule by which this charter, and every amendment, becomes active.
type Amend struct {
	Rule   string `yaml:"rule"`             // "unanimous" or "quorum"
	Quorum int    `yaml:"quorum,omitempty"` // members needed, for rule "quorum"
}

// Rules bind every job.
type Rules struct {
	MinContributors     int      `yaml:"min_contributors"`     // n_min, workers that must stay to the end
	ToleratedCorruption int      `yaml:"tolerated_corruption"` // T, workers that may collude with the coordinator and the analyst
	Purposes            []string `yaml:"purposes,omitempty"`   // empty: any purpose text
	MaxCells            int      `yaml:"max_cells,omitempty"`  // cells of one result; 0: DefaultMaxCells
	JobLifetime         Duration `yaml:"job_lifetime,omitempty"`
	Verification        string   `yaml:"verification,omitempty"` // which workers evaluate guarded releases again: VerifyAll (default), VerifySome, VerifyNone

	Differencing Differencing `yaml:"differencing,omitempty"`
}

// Differencing is what an owner does about a question one of whose numbers can be
// subtracted from another, of the same or of an earlier question, so that only a few units are
// left. It is about numbers that need more than one unit behind them.
type Differencing struct {
	Mode   string   `yaml:"mode,omitempty"`   // DifferencingRefuse, DifferencingNote (default), DifferencingOff
	Window Duration `yaml:"window,omitempty"` // how long a question counts as an earlier one; 0: DefaultWindow
}

// Role is what a member may do in the space.
type Role string

// Roles of a member.
const (
	Owner       Role = "owner"
	Analyst     Role = "analyst"
	Coordinator Role = "coordinator"
	Auditor     Role = "auditor"
)

// Member is an organisation of the space.
type Member struct {
	ID           string `yaml:"id"` // [a-z0-9][a-z0-9_-]*, at most 64 bytes
	Organisation string `yaml:"organisation"`
	Key          string `yaml:"key"` // fingerprint of the member's public identity
	Roles        []Role `yaml:"roles"`
}

// Table is shared, horizontally split over its owners.
type Table struct {
	Name       string   `yaml:"name"`
	Title      string   `yaml:"title,omitempty"`
	Unit       string   `yaml:"unit,omitempty"`         // column of the privacy unit; empty: every row is a unit
	MinCohort  *int     `yaml:"min_cohort,omitempty"`   // k; nil: DefaultMinCohort (10)
	MaxRows    int64    `yaml:"max_rows"`               // at most, per owner; the overflow proof rests on it
	OutOfRange string   `yaml:"out_of_range,omitempty"` // "refuse" (default) or "clamp"
	Owners     []string `yaml:"owners,omitempty"`       // member ids; empty: every owner of the space
	Columns    []Column `yaml:"columns"`
}

// ColumnRole says what analysts may do with a column (see docs/charter.md). A
// column that the charter does not list does not exist for them.
type ColumnRole string

// Roles of a column.
const (
	Identifier ColumnRole = "identifier" // privacy unit; never in a filter, never in a result
	Category   ColumnRole = "category"   // GROUP BY, equality and IN filters; declared domain
	Measure    ColumnRole = "measure"    // aggregates; range filters and bins on the declared grid; declared range
	Time       ColumnRole = "time"       // GROUP BY date_trunc and range filters, no finer than the grain
	Hidden     ColumnRole = "hidden"     // nothing
)

// Column of a shared table.
//
// Type is one of "integer" (64 bits), "decimal(p,s)" with p <= 38, "double",
// "text", "boolean", "date", "timestamp".
type Column struct {
	Name       string     `yaml:"name"`
	Title      string     `yaml:"title,omitempty"`
	Type       string     `yaml:"type"`
	Role       ColumnRole `yaml:"role"`
	Nullable   *bool      `yaml:"nullable,omitempty"`   // nil: true
	Unit       string     `yaml:"unit,omitempty"`       // of measurement, for people
	Range      []string   `yaml:"range,omitempty"`      // [lo, hi] inclusive; measure: numbers in the column's unit; time: instants
	Resolution string     `yaml:"resolution,omitempty"` // double measures: values are rounded to this multiple, decimal text such as "0.01"
	Domain     []string   `yaml:"domain,omitempty"`     // category: every value that may occur, in display order
	Grain      string     `yaml:"grain,omitempty"`      // time: finest date_trunc unit: year, quarter, month, week, day, hour, minute
	Aggregates []string   `yaml:"aggregates,omitempty"` // measure: narrower than all; of count, sum, avg, variance, covariance
	MinCohort  *int       `yaml:"min_cohort,omitempty"` // measure, category: k of its own; nil: the table's alone
}
