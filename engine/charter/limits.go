package charter

import "time"

// Defaults that a charter may leave out.
const (
	DefaultMinCohort   = 10
	DefaultMaxCells    = 100_000
	DefaultJobLifetime = 24 * time.Hour
	DefaultWindow      = 30 * 24 * time.Hour // of earlier questions
)

// What a charter says about values outside a declared range.
const (
	Refuse = "refuse" // the worker refuses the job
	Clamp  = "clamp"  // the worker moves the value to the nearer end
)

// Which workers repeat the homomorphic evaluation of a guarded release before they open
// anything.
const (
	VerifyAll  = "all"  // every one
	VerifySome = "some" // tolerated_corruption + 1 of them
	VerifyNone = "none" // nobody: the coordinator is trusted for suppression
)

// What an owner does about differences of a few units.
const (
	DifferencingRefuse = "refuse" // the question
	DifferencingAsk    = "ask"    // a person
	DifferencingNote   = "note"   // in its log
	DifferencingOff    = "off"    // nothing
)

// Rules of amendment.
const (
	Unanimous = "unanimous"
	Quorum    = "quorum"
)

// Format of the charters that this version reads.
const Format = "charter/v1"

// Aggregates that a measure may be narrowed to. A sum of a product of two
// measures needs "covariance" of both; a sum of squares needs "variance".
var Aggregates = []string{"count", "sum", "avg", "variance", "covariance"}

// Grains of time columns, from fine to coarse.
var Grains = []string{"minute", "hour", "day", "week", "month", "quarter", "year"}

// Limits of a charter.
const (
	MaxText        = 1 << 20 // bytes of the file
	MaxVersions    = 256     // in one bundle
	MaxRevocations = 1000    // in one bundle
	MaxMembers     = 500
	MaxTables      = 64
	MaxColumns     = 256
	MaxDomain      = 10_000
	MaxPurposes    = 100
	MaxID          = 64  // bytes of a member or space id
	MaxName        = 63  // bytes of a table or column name
	MaxTitle       = 200 // bytes of a title, an organisation, a purpose, a unit of measurement
	MaxDomainValue = 256 // bytes of one value of a domain
	MaxCellsLimit  = 1 << 20
	MaxRowsLimit   = 1_000_000_000_000
	MaxCohort      = 20
	MinOwners      = 3
	MinJobLifetime = time.Minute
	MaxJobLifetime = 31 * 24 * time.Hour
	MinWindow      = time.Hour
	MaxWindow      = 365 * 24 * time.Hour

	MaxTemplates    = 100
	MaxParameters   = 16
	MaxChoices      = 100      // values of one parameter
	MaxTemplateText = 16 << 10 // bytes of SQL
	MaxQuotas       = 100
	MaxQuota        = 1_000_000 // questions
	MinQuotaPeriod  = time.Minute
	MaxQuotaPeriod  = 365 * 24 * time.Hour
)
