package config

import (
	"time"
)

// Defaults.
const (
	DefaultListen       = Address(":7443")
	DefaultRoundTimeout = Duration(2 * time.Minute)
	DefaultInputTimeout = Duration(30 * time.Minute)
	DefaultAttempts     = 3
	DefaultMaxJobs      = 1000
	DefaultRunning      = 8
	DefaultKeysAhead    = 2 // key sets
	DefaultMaxMessage   = 256 * MiB
	DefaultRetention    = Duration(30 * 24 * time.Hour)
	DefaultMemory       = 2 * GiB
	DefaultLogLevel     = "info"
	DefaultLogFormat    = "text"
)

// Log says how a role logs. Logs hold job ids and codes, never data.
type Log struct {
	Level  string `yaml:"level" oneof:"debug,info,warn,error" help:"Least severe level that is written."`
	Format string `yaml:"format" oneof:"text,json" help:"text for people, json for collectors."`
}

// Coordinator is the configuration of the coordinator.
type Coordinator struct {
	Space          Path              `yaml:"space" required:"true" help:"Bundle of the space (space.json)."`
	Key            Path              `yaml:"key" required:"true" help:"Key file of the coordinator."`
	PassphraseFile Path              `yaml:"passphrase_file" help:"File with the passphrase of the key file; mode 0600."`
	Listen         Address           `yaml:"listen" help:"Address that workers and analysts connect to."`
	OpsListen      Address           `yaml:"ops_listen" help:"Address of /metrics, /healthz and /readyz; none if left out. Not for the public."`
	Store          Path              `yaml:"store" required:"true" help:"Folder of the durable state."`
	RoundTimeout   Duration          `yaml:"round_timeout" range:"1s,1h" help:"Time for one round of the protocol before it goes on without the silent workers."`
	InputTimeout   Duration          `yaml:"input_timeout" range:"1s,24h" help:"Time for the round in which workers compute their input."`
	MaxAttempts    int               `yaml:"max_attempts" range:"1,20" help:"Attempts of one job before it fails."`
	Limits         CoordinatorLimits `yaml:"limits" help:"What the coordinator accepts."`
	Log            Log               `yaml:"log" help:"Logging."`

	Dir string `yaml:"-"` // folder of the configuration file
}

// CoordinatorLimits bound what a coordinator accepts.
type CoordinatorLimits struct {
	MaxJobs    int      `yaml:"max_jobs" range:"1,1000000" help:"Jobs that have not ended; more are refused."`
	MaxRunning int      `yaml:"max_running" range:"1,1000" help:"Jobs that run at the same time; others wait."`
	MaxMessage Bytes    `yaml:"max_message" range:"1MiB,1GiB" help:"Largest message of one worker in one round."`
	KeysAhead  int      `yaml:"keys_ahead" range:"0,16" help:"Key sets for guarded questions that are made ahead, while nothing else is to do, for each group of owners; 0: none."`
	Retention  Duration `yaml:"retention" range:"1h,8760h" help:"How long ended jobs and their masked results are kept."`
}

// DefaultCoordinator returns the configuration that an empty file stands for; what
// is required is missing.
func DefaultCoordinator() *Coordinator {
	return &Coordinator{
		Listen:       DefaultListen,
		RoundTimeout: DefaultRoundTimeout,
		InputTimeout: DefaultInputTimeout,
		MaxAttempts:  DefaultAttempts,
		Limits: CoordinatorLimits{
			MaxJobs: DefaultMaxJobs, MaxRunning: DefaultRunning,
			MaxMessage: DefaultMaxMessage, KeysAhead: DefaultKeysAhead, Retention: DefaultRetention,
		},
		Log: Log{Level: DefaultLogLevel, Format: DefaultLogFormat},
	}
}

// Worker is the configuration of a worker.
type Worker struct {
	Space          Path             `yaml:"space" required:"true" help:"Bundle of the space (space.json)."`
	Key            Path             `yaml:"key" required:"true" help:"Key file of this owner."`
	PassphraseFile Path             `yaml:"passphrase_file" help:"File with the passphrase of the key file; mode 0600."`
	Coordinator    Address          `yaml:"coordinator" required:"true" help:"Address of the coordinator."`
	Proxy          string           `yaml:"proxy" help:"HTTPS proxy (http://host:port), \"none\", or left out: HTTPS_PROXY of the environment."`
	OpsListen      Address          `yaml:"ops_listen" help:"Address of /metrics, /healthz and /readyz; none if left out. Not for the public."`
	Store          Path             `yaml:"store" required:"true" help:"Folder of the durable state."`
	Tables         map[string]Table `yaml:"tables" required:"true" help:"Where the shared tables of the charter are, by name."`
	Engine         Engine           `yaml:"engine" help:"The embedded engine that reads the tables."`
	Limits         WorkerLimits     `yaml:"limits" help:"What this worker accepts."`
	Accept         Accept           `yaml:"accept" help:"Own rules, on top of those of the charter; they can only be stricter."`
	Approval       Approval         `yaml:"approval" help:"Which questions a person decides about."`
	Log            Log              `yaml:"log" help:"Logging."`

	Dir string `yaml:"-"` // folder of the configuration file
}

// Table says where a shared table is: in Files, or in what Query returns, which reads no other files than Files.
type Table struct {
	Query string `yaml:"query" help:"SELECT in the embedded engine's SQL (DuckDB's) whose columns are those of the charter's table, such as a join. It reads files by absolute paths, and only those that files lists."`
	Files []Path `yaml:"files" help:"Parquet, CSV or JSON files, or patterns, with the columns of the charter's table; with a query: what it reads."`
}

// Engine bounds the embedded engine.
type Engine struct {
	Threads int   `yaml:"threads" range:"0,1024" help:"Threads; 0: as many as there are processors."`
	Memory  Bytes `yaml:"memory" range:"64MiB,16TiB" help:"Memory of the engine."`
}

// WorkerLimits bound what a worker accepts.
type WorkerLimits struct {
	MaxJobs    int   `yaml:"max_jobs" range:"1,1000" help:"Jobs that run at the same time; others wait."`
	MaxMessage Bytes `yaml:"max_message" range:"1MiB,1GiB" help:"Largest message of the coordinator."`
}

// Accept is an owner's own rules. Each can only narrow what the charter allows;
// left out, the charter's rule holds.
type Accept struct {
	MinContributors int                          `yaml:"min_contributors" range:"0,500" help:"Least number of contributing owners; 0: the charter's."`
	Corruptions     int                          `yaml:"tolerated_corruption" range:"0,500" help:"Least number of corrupt owners that a job must tolerate; 0: the charter's."`
	MinCohort       int                          `yaml:"min_cohort" range:"0,20" help:"Least number of privacy units behind every released number; 0: the charter's."`
	MaxCells        int                          `yaml:"max_cells" range:"0,1048576" help:"Most cells of a result; 0: the charter's."`
	Differencing    string                       `yaml:"differencing" oneof:"charter,note,ask,refuse" help:"What is done about questions that differ in a few units from another; charter: what the charter says, and otherwise the stricter of both."`
	Privacy         string                       `yaml:"privacy" oneof:"charter,required" help:"required: only noised numbers leave, of whatever table; charter: what the charter says."`
	MaxEpsilon      string                       `yaml:"max_epsilon" help:"Largest epsilon of one question with noise; left out: the charter's."`
	Budget          string                       `yaml:"budget" help:"Epsilon of all questions with noise of one account in a period, at the charter's delta; left out: the charter's, and never more than that."`
	DiscloseBudget  string                       `yaml:"disclose_budget" oneof:"yes,no" help:"Whether refusals and answers to inquiries say what is left of a privacy budget. It follows from the questions that were asked, and from no data."`
	Deny            Deny                         `yaml:"deny" help:"Whose questions are refused, and for what."`
	Hours           Hours                        `yaml:"hours" help:"When questions are accepted; left out: always."`
	Columns         map[string]map[string]Column `yaml:"columns" help:"By table and column: what questions may not use here."`
	Quotas          []Quota                      `yaml:"quotas" help:"Quotas of this owner, beside those of the charter."`
	Inquiries       string                       `yaml:"inquiries" oneof:"answer,refuse" help:"Whether analysts are told beforehand, by tacit explain --owners, what this owner would say to a question."`
	Purposes        []string                     `yaml:"purposes" help:"Purposes that are served; left out: the charter's."`
	Analysts        []string                     `yaml:"analysts" help:"Ids of the analysts who are served; left out: all of the charter."`
	Tables          []string                     `yaml:"tables" help:"Tables that are served; left out: all that are mapped."`
}

// DefaultWorker returns the configuration that an empty file stands for; what is
// required is missing.
func DefaultWorker() *Worker {
	return &Worker{
		Engine: Engine{Memory: DefaultMemory},
		Limits: WorkerLimits{MaxJobs: DefaultRunning, MaxMessage: DefaultMaxMessage},
		Accept: Accept{Differencing: "charter", Privacy: "charter", Inquiries: "answer", DiscloseBudget: "yes", Hours: Hours{Outside: ThenRefuse}}, Approval: DefaultApproval(),
		Log: Log{Level: DefaultLogLevel, Format: DefaultLogFormat},
	}
}

// Analyst is the configuration of an analyst's client.
type Analyst struct {
	Space          Path    `yaml:"space" required:"true" help:"Bundle of the space (space.json)."`
	Key            Path    `yaml:"key" required:"true" help:"Key file of the analyst."`
	PassphraseFile Path    `yaml:"passphrase_file" help:"File with the passphrase of the key file; mode 0600."`
	Coordinator    Address `yaml:"coordinator" required:"true" help:"Address of the coordinator."`
	Proxy          string  `yaml:"proxy" help:"HTTPS proxy (http://host:port), \"none\", or left out: HTTPS_PROXY of the environment."`
	Store          Path    `yaml:"store" required:"true" help:"Folder of open questions, which hold what opens their results."`
	Log            Log     `yaml:"log" help:"Logging."`

	Dir string `yaml:"-"` // folder of the configuration file
}

// DefaultAnalyst returns the configuration that an empty file stands for; what is
// required is missing.
func DefaultAnalyst() *Analyst {
	return &Analyst{Log: Log{Level: "warn", Format: DefaultLogFormat}}
}
