package charter

// Charter is the text that members sign. Field order is the order of the file. The
// tags are those of package schema: what they say is in docs/reference.md.
type Charter struct {
	Format   string   `yaml:"tacit" required:"true" oneof:"charter/v1" help:"Format of the file."`
	Space    string   `yaml:"space" required:"true" help:"Id of the space: lower-case letters, digits, _ and -, at most 64."`
	Version  int      `yaml:"version" required:"true" range:"1,1000000" help:"From 1; each amendment adds 1."`
	Previous string   `yaml:"previous,omitempty" help:"Hash of the version that this one amends, as tacit space verify prints it; left out in a first version. tacit space amend writes it."`
	Amend    Amend    `yaml:"amend" required:"true" help:"Who must sign this charter, and every amendment, before it is active."`
	Rules    Rules    `yaml:"rules" required:"true" help:"Rules that bind every question."`
	Members  []Member `yaml:"members" required:"true" help:"Organisations of the space, at most 500. The order of owners is that of every roster."`
	Tables   []Table  `yaml:"tables" required:"true" help:"What is shared, at most 64 tables."`

	Templates []Template `yaml:"templates,omitempty" help:"Questions that members have read, which may be asked with other values of their parameters, at most 100."`
}

// Amend is the rule by which this charter, and every amendment, becomes active.
type Amend struct {
	Rule   string `yaml:"rule" required:"true" oneof:"unanimous,quorum" help:"unanimous: every member; quorum: so many as quorum says."`
	Quorum int    `yaml:"quorum,omitempty" help:"Members that must sign, for the rule quorum: more than half."`
}

// Rules bind every job.
type Rules struct {
	MinContributors     int      `yaml:"min_contributors" required:"true" range:"3,500" help:"Owners whose data must be in every answer."`
	ToleratedCorruption int      `yaml:"tolerated_corruption" required:"true" range:"1,500" help:"Owners that may collude with the coordinator and the analyst without seeing more than the sum over the others."`
	Purposes            []string `yaml:"purposes,omitempty" help:"Purposes that a question may state, at most 100; left out: any text."`
	MaxCells            int      `yaml:"max_cells,omitempty" range:"1,1048576" help:"Cells (combinations of GROUP BY values) of one answer, at most."`
	JobLifetime         Duration `yaml:"job_lifetime,omitempty" range:"1m,744h" help:"A question that is not answered by then is dead."`
	Verification        string   `yaml:"verification,omitempty" oneof:"all,some,none" help:"Owners that evaluate again whether small groups stay hidden: all of them, some (one more than tolerated_corruption), or none."`

	Differencing Differencing `yaml:"differencing,omitempty" help:"What owners do about questions that differ in a few units from another."`
	Privacy      Privacy      `yaml:"privacy,omitempty" help:"What questions with noise (differential privacy) may cost; left out: there are none."`
	Questions    string       `yaml:"questions,omitempty" oneof:"any,templates" help:"any: every question that the rules allow; templates: the templates of the charter only."`
	Quotas       []Quota      `yaml:"quotas,omitempty" help:"How many questions an owner takes part in, at most 100 quotas; left out: any number."`
}

// Differencing is what an owner does about a question one of whose numbers can be
// subtracted from another, of the same or of an earlier question, so that only a few units are
// left. It is about numbers that need more than one unit behind them.
type Differencing struct {
	Mode   string   `yaml:"mode,omitempty" oneof:"refuse,ask,note,off" help:"refuse the question; ask a person at the owner; note it in the owner's log; off: compare nothing."`
	Window Duration `yaml:"window,omitempty" range:"1h,8760h" help:"How long a question counts as an earlier one."`
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
	ID           string `yaml:"id" required:"true" help:"Lower-case letters, digits, _ and -, at most 64."`
	Organisation string `yaml:"organisation" required:"true" help:"Name of the organisation, for people."`
	Key          string `yaml:"key" required:"true" help:"Fingerprint of the member's key, as tacit key show prints it."`
	Roles        []Role `yaml:"roles" required:"true" oneof:"owner,analyst,coordinator,auditor" help:"What the member may do: owner has data, analyst asks, coordinator relays and adds (exactly one member, with no other role), auditor signs and reads what is public."`
}

// Table is shared, horizontally split over its owners.
type Table struct {
	Name       string   `yaml:"name" required:"true" help:"Lower-case letters, digits and _, at most 63."`
	Title      string   `yaml:"title,omitempty" help:"For people."`
	Unit       string   `yaml:"unit,omitempty" help:"Column of the privacy unit: the person or meter that is protected; left out: every row is a unit."`
	MinCohort  *int     `yaml:"min_cohort,omitempty" range:"1,20" help:"k: privacy units that must stand behind a number before anybody sees it."`
	MaxRows    int64    `yaml:"max_rows" required:"true" range:"1,1000000000000" help:"Rows of one owner, at most; the proof that no sum overflows rests on it."`
	OutOfRange string   `yaml:"out_of_range,omitempty" oneof:"refuse,clamp" help:"What is done with a value outside a declared range: refuse every question until it is mended, or clamp it to the nearer end."`
	Owners     []string `yaml:"owners,omitempty" help:"Ids of the owners that have the table; left out: every owner of the space."`
	Analysts   []string `yaml:"analysts,omitempty" help:"Ids of those who may ask about it; left out: every analyst."`
	Purposes   []string `yaml:"purposes,omitempty" help:"Purposes for which it may be asked about; left out: those of the space."`
	Columns    []Column `yaml:"columns" required:"true" help:"At most 256. A column that is not listed does not exist for analysts."`

	Contribution Contribution `yaml:"contribution,omitempty" help:"What one privacy unit adds to noised numbers, at most. Only of tables with a unit."`
	ModelRounds  *int         `yaml:"model_rounds,omitempty" range:"1,50" help:"Models that are fitted by rounds (logistic, Poisson, Cox) may be asked for, of so many rounds at most. In each the analyst sees weighted sums with coefficients of its choice; left out: none."`
	Privacy      string       `yaml:"privacy,omitempty" oneof:"required" help:"required: only noised numbers about the table may leave."`
	Questions    string       `yaml:"questions,omitempty" oneof:"any,templates" help:"As in rules, for questions about this table; left out: as there."`
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
	Name       string     `yaml:"name" required:"true" help:"Name of the column in the owners' data, at most 63 bytes."`
	Title      string     `yaml:"title,omitempty" help:"For people."`
	Type       string     `yaml:"type" required:"true" help:"integer, decimal(p,s), double, text, boolean, date or timestamp."`
	Role       ColumnRole `yaml:"role" required:"true" oneof:"identifier,category,measure,time,hidden" help:"identifier: the privacy unit, never in a filter or a result; category: GROUP BY, = and IN; measure: aggregates, range filters and bins; time: date_trunc and range filters; hidden: nothing."`
	Nullable   *bool      `yaml:"nullable,omitempty" help:"Whether the column may hold NULL."`
	Unit       string     `yaml:"unit,omitempty" help:"Unit of measurement, for people."`
	Range      []string   `yaml:"range,omitempty" form:"value" help:"[lowest, highest], both inclusive: numbers of a measure in its unit, or instants of a time."`
	Resolution string     `yaml:"resolution,omitempty" form:"value" help:"For double measures: values are rounded to this multiple, such as \"0.01\"."`
	Domain     []string   `yaml:"domain,omitempty" form:"value" help:"For categories: every value that may occur, in the order of display, at most 10000."`
	Curve      string     `yaml:"curve,omitempty" form:"value" help:"For measures and times: curves along the column may be asked for, whose points may show single persons. The finest step: of a measure a multiple of its resolution, of a time a unit of date_trunc. In every question the column is then cut at multiples of the step only; left out: no curves."`
	Grain      string     `yaml:"grain,omitempty" oneof:"minute,hour,day,week,month,quarter,year" help:"For times: the finest unit of date_trunc."`
	Aggregates []string   `yaml:"aggregates,omitempty" oneof:"count,sum,avg,variance,covariance" help:"For measures: what may be computed."`
	MinCohort  *int       `yaml:"min_cohort,omitempty" range:"1,20" help:"For measures and categories: a k of its own, for every number that is made with the column; the larger one of table and columns counts."`
	Privacy    string     `yaml:"privacy,omitempty" oneof:"required" help:"For measures, categories and times; required: only noised numbers may leave that are made with the column."`
}
