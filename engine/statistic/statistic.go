package statistic

import (
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
)

// Faults of statistics as a whole.
var (
	UnknownStatistic = fault.Declare("TACIT-P161", "unknown statistic",
		"There is no statistic of this name.",
		"Use one of those that \"tacit stats\" lists.")
	BadParameter = fault.Declare("TACIT-P162", "parameter of a statistic",
		"A statistic was given a parameter that it does not have, one twice, none where it needs one, or a value that the parameter does not take.",
		"See the parameters with \"tacit stats NAME --help\".")
	Suppressed = fault.Declare("TACIT-T001", "a needed number is suppressed",
		"The statistic needs a number that fewer privacy units stand behind than the charter wants.",
		"Ask about larger groups: merge levels, widen the condition, or ask more owners.")
)

// Statistic is one statistic that can be asked for.
type Statistic struct {
	Name       string   // lower case, as in SQL
	Aliases    []string // other names
	Synopsis   string   // one line: what it answers
	Parameters []Parameter
	// Example is what follows the name of the command, on a table that documents use.
	Example string
	// Prepare checks a call against the charter and writes its inner question.
	Prepare func(*Call) (*Prepared, *fault.Fault)
}

// Prepared is a statistic ready to be asked.
type Prepared struct {
	SQL string // the inner question
	// Finish computes the result. A fault leaves the inner result to the analyst.
	Finish func(*Released) (*Report, *fault.Fault)

	// Fit is set for a statistic that is computed by rounds, and Finish is not.
	Fit *Fit
}

// Fit is the part of a statistic that is computed by rounds: a model whose coefficients change from round to
// round, and sums that are weighted with it.
type Fit struct {
	Model *plan.Model // with the coefficients of the first round
	// Weighted are the weighted sums, given the compiled inner question; of sum i the result is the column
	// that [query.ModelColumn] names.
	Weighted func(*plan.Plan) []plan.Sum
	// Begin begins a run.
	Begin func() Run
}

// Run takes in the rounds of a fit, each once, in order. It is deterministic: the same rounds give
// the same coefficients.
type Run interface {
	// Take takes in a round. It returns the report, or the coefficients of the next round.
	Take(*Released) (next []plan.Value, done *Report, f *fault.Fault)
}

// Kind is what a parameter takes.
type Kind uint8

// Kinds of parameters.
const (
	Text      Kind = iota + 1
	Formula        // R's notation
	Column         // the name of a column
	Columns        // names, separated by commas
	Condition      // a condition in SQL
	Number         //
	Integer        //
	Flag           // true or false
	Choice         // one of Choices
)

// Parameter of a statistic.
type Parameter struct {
	Name     string // lower case with _, as in SQL; in the command line with -
	Kind     Kind
	Required bool
	Place    int      // from 1: also by its place after the table; 0: by name only
	Default  string   // of a parameter that is left out
	Choices  []string // of a Choice
	Help     string
}

// where is the condition that every statistic can have.
var where = Parameter{Name: "where", Kind: Condition, Help: "only rows of this condition, as in SQL's WHERE"}

// level is the confidence level of intervals.
var level = Parameter{Name: "level", Kind: Number, Default: "0.95", Help: "confidence level of intervals"}

// Computation is a statistic whose question is compiled.
type Computation struct {
	Statistic *Statistic
	Call      *Call
	Query     *query.Query // the inner question
	Inner     string       // its text

	prepared *Prepared
}

// Rounds reports whether the statistic is computed by rounds.
func (c *Computation) Rounds() bool { return c.prepared.Fit != nil }

// Compile compiles the text of a statistic against the charter. It returns nil if
// the text asks for none: it is then for [query.Compile]. The inner plan has passed the charter's rules.
func Compile(sql string, ch *charter.Charter) (*Computation, error) {
	parsed, err := query.ParseCall(sql)
	if err != nil || parsed == nil {
		return nil, err
	}
	return compute(sql, parsed, ch)
}

// Instantiate compiles a template of the charter with arguments, whether it asks for a statistic or an ordinary
// question: see [query.Instantiate] and [Question].
func Instantiate(ch *charter.Charter, name string, args []plan.Argument) (*query.Query, *Computation, error) {
	parsed, err := query.TemplateCall(ch, name, args)
	if err != nil {
		return nil, nil, err
	}
	if parsed == nil {
		q, err := query.Instantiate(ch, name, args)
		return q, nil, err
	}
	c, err := compute(ch.Template(name).SQL, parsed, ch)
	if err != nil {
		return nil, nil, err
	}
	return c.Query, c, nil
}

// CheckTemplates is [query.CheckTemplates] of templates that may ask for statistics.
func CheckTemplates(ch *charter.Charter) error {
	return query.CheckTemplates(ch, func(ch *charter.Charter, name string, args []plan.Argument) error {
		_, _, err := Instantiate(ch, name, args)
		return err
	})
}

func compute(sql string, parsed *query.Call, ch *charter.Charter) (*Computation, error) {
	call, f := bind(sql, parsed, ch)
	if f != nil {
		return nil, f
	}
	p, f := call.Statistic.Prepare(call)
	if f != nil {
		return nil, f
	}
	q, err := query.Compile(p.SQL, ch)
	if err != nil {
		return nil, outer(fault.From(err), p.SQL, sql)
	}
	if p.Fit != nil {
		if q, err = q.WithModel(p.Fit.Model, p.Fit.Weighted(&q.Plan), ch); err != nil {
			return nil, outer(fault.From(err), p.SQL, sql)
		}
	}
	return &Computation{Statistic: call.Statistic, Call: call, Query: q, Inner: p.SQL, prepared: p}, nil
}

// Question compiles a text, whichever it asks for: the question, of a statistic the inner one, and the
// statistic, nil if there is none.
func Question(sql string, ch *charter.Charter) (*query.Query, *Computation, error) {
	c, err := Compile(sql, ch)
	if err != nil {
		return nil, nil, err
	}
	if c != nil {
		return c.Query, c, nil
	}
	q, err := query.Compile(sql, ch)
	return q, nil, err
}

// Finish computes the result from the released sums.
func (c *Computation) Finish(sums query.Sums) (*Report, *fault.Fault) {
	r, f := c.prepared.Finish(c.released(sums))
	if f != nil {
		return nil, f
	}
	return c.named(r)
}

// Next computes what follows from the rounds so far: the coefficients of the next round, or the result.
func (c *Computation) Next(rounds []query.Sums) (next []plan.Value, r *Report, f *fault.Fault) {
	run := c.prepared.Fit.Begin()
	for _, sums := range rounds {
		if next, r, f = run.Take(c.released(sums)); f != nil {
			return nil, nil, f
		}
	}
	if r == nil {
		return next, nil, nil
	}
	r, f = c.named(r)
	return nil, r, f
}

func (c *Computation) released(sums query.Sums) *Released {
	return &Released{names: c.Query.Names(), rows: c.Query.Exact(sums), guards: plan.Guards(&c.Query.Plan, c.Call.Charter)}
}

func (c *Computation) named(r *Report) (*Report, *fault.Fault) {
	r.Statistic, r.Call = c.Statistic.Name, c.Call.SQL()
	return r, r.check()
}
