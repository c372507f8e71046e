package analyst

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/result"
	"github.com/tacit-space/tacit/engine/statistic"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// DefaultLifetime is how long a job may take, if the charter allows as much.
const DefaultLifetime = 24 * time.Hour

// Options of a question. The zero value is fine where the charter asks for no
// purpose.
type Options struct {
	Purpose  string        // one of the charter's, if it lists any
	Lifetime time.Duration // until the job expires; 0: the smaller of DefaultLifetime and the charter's
	// OnJob, if set, is told the job's id once the question is stored.
	OnJob func(store.JobID)
	// OnRound, if set, is told which round of a study begins, and how many the charter allows.
	OnRound func(round, most int)
	// OnProgress, if set, is told how the job goes.
	OnProgress func(transport.Progress)
	// Deliver, if set, is given the answer before the secret that opens the
	// result is erased. If it fails, the question can be resumed.
	Deliver func(*Answer) error
}

// Answer is what was asked for.
type Answer struct {
	Table  *result.Table
	Report *statistic.Report // of a statistic, else nil; Table is its first
	// Fault says why a statistic could not be computed from what was released, which is Table then.
	Fault      *fault.Fault
	Statement  *plan.Statement // what the answer gave away, as it was signed
	Provenance Provenance
	// Manifest and Receipt let others check who took part, with
	// [cryptojob.ParseManifest] and [secagg.VerifyReceipt] or [guard.VerifyReceipt], and show nothing of the
	// answer.
	Manifest, Receipt []byte
}

// Draft is a question that was compiled and not asked.
type Draft struct {
	SQL       string          // of the analyst, or of the template
	Template  string          // of the charter; "": none
	Arguments []plan.Argument // of the template
	Query     *query.Query    // of a statistic: the inner question
	Statement *plan.Statement

	Statistic *statistic.Computation // nil: an ordinary question
}

// Compile compiles a text against the charter and explains what its answer gives
// away. Nothing is sent. Errors: those of [query.Compile], with the position.
func (c *Client) Compile(sql string) (*Draft, error) {
	q, s, err := statistic.Question(sql, c.space)
	if err != nil {
		return nil, err
	}
	return &Draft{SQL: sql, Query: q, Statistic: s, Statement: plan.Explain(&q.Plan, c.space)}, nil
}

// CompileTemplate is [Client.Compile] for a template of the charter, with the texts that
// were given for its parameters. Errors: those of [query.Arguments] and [query.Instantiate].
func (c *Client) CompileTemplate(name string, given map[string]string) (*Draft, error) {
	args, err := query.Arguments(c.space, name, given)
	if err != nil {
		return nil, err
	}
	return c.instantiate(name, args)
}

func (c *Client) instantiate(name string, args []plan.Argument) (*Draft, error) {
	q, computed, err := statistic.Instantiate(c.space, name, args)
	if err != nil {
		return nil, err
	}
	s := plan.Explain(&q.Plan, c.space).As(name, args)
	return &Draft{SQL: c.space.Template(name).SQL, Template: name, Arguments: args, Query: q, Statistic: computed, Statement: s}, nil
}

// again compiles the question of a signed job: its template, or the text that it was asked by.
func (c *Client) again(job *plan.Job, sql string) (*Draft, error) {
	if job.Template != "" {
		return c.instantiate(job.Template, job.Arguments)
	}
	return c.Compile(sql)
}

// Ask asks and waits for the answer. If it fails on the way, or ctx ends, after
// the question was stored, [Client.Resume] goes on.
func (c *Client) Ask(ctx context.Context, sql string, opts Options) (*Answer, error) {
	draft, err := c.Compile(sql)
	if err != nil {
		return nil, err
	}
	return c.AskDraft(ctx, draft, opts)
}

// AskDraft is [Client.Ask] for a question that was compiled.
func (c *Client) AskDraft(ctx context.Context, draft *Draft, opts Options) (*Answer, error) {
	record, about, err := c.sign(draft, opts)
	if err != nil {
		return nil, err
	}
	crashpoint.Here(crashpoint.AnalystQuestionBefore)
	if err := c.store.Add(record.row(about)); err != nil {
		return nil, err
	}
	crashpoint.Here(crashpoint.AnalystQuestionAfter)
	if opts.OnJob != nil {
		opts.OnJob(record.Job)
	}
	if err := c.submit(ctx, record); err != nil {
		return nil, err
	}
	return c.await(ctx, record, opts)
}

// Resume goes on with a question that was stored: it is submitted if it was not
// yet, and its answer is waited for. A job that was a round of a study stands for the round that the
// study has come to. Purpose and Lifetime of opts are not used.
// Errors: [Unknown], [Answered], and those of [Client.Ask].
func (c *Client) Resume(ctx context.Context, job store.JobID, opts Options) (*Answer, error) {
	later, ok, err := c.store.LaterRound(job)
	if err != nil {
		return nil, err
	}
	if ok {
		job = later
	}
	row, err := c.store.Question(job)
	switch {
	case errors.Is(err, store.ErrMissing):
		return nil, Unknown.New("no question of job %s", job)
	case err != nil:
		return nil, err
	case row.Record == nil:
		return nil, Answered.New("the question of job %s is over (%s%s)", job, row.State, because(row.Code))
	}
	record, err := parseRecord(row.Record)
	if err != nil {
		return nil, store.Corrupt.New("the question of job %s: %w", job, err)
	}
	if row.State == store.Stored {
		if err := c.current(record); err != nil {
			return nil, err
		}
		if err := c.submit(ctx, record); err != nil {
			return nil, err
		}
	}
	return c.await(ctx, record, opts)
}

func because(code string) string {
	if code == "" {
		return ""
	}
	return ": " + code
}

// sign makes the question with its keys, and says what it is about.
func (c *Client) sign(d *Draft, opts Options) (*record, asked, error) {
	if err := c.agreed(opts.Purpose); err != nil {
		return nil, asked{}, err
	}
	job := c.job(d, opts)
	if d.Query.Plan.Model != nil {
		job.Study = &plan.Study{Round: 1}
		if _, err := rand.Read(job.Study.ID[:]); err != nil {
			return nil, asked{}, err
		}
	}
	return c.signed(job, d.SQL)
}

// signed makes the question of a job with its keys.
func (c *Client) signed(job *plan.Job, sql string) (*record, asked, error) {
	body, err := job.Marshal()
	if err != nil {
		return nil, asked{}, err
	}
	manifest, err := c.manifest(job, body)
	if err != nil {
		return nil, asked{}, err
	}
	question, err := cryptojob.NewQuestion(manifest, c.Identity, rand.Reader)
	if err != nil {
		return nil, asked{}, fault.From(err)
	}
	about := asked{question.Manifest().Hash(), ledger.About(job, c.space), ledger.RoundOf(job)}
	return &record{Job: manifest.Job, SQL: sql, Expiry: job.Expiry, Question: question.Marshal()}, about, nil
}

// agreed refuses a purpose that every owner would refuse: an attempt to ask counts.
func (c *Client) agreed(purpose string) error {
	all := c.space.Rules.Purposes
	if len(all) == 0 || slices.Contains(all, purpose) {
		return nil
	}
	f := policy.WrongPurpose.New("the charter lists the purposes of questions, and %q is none of them", purpose)
	if purpose == "" {
		f = policy.WrongPurpose.New("the charter lists the purposes of questions, and none was stated")
	}
	if near := fault.Nearest(purpose, all); near != "" {
		return f.With("Did you mean --purpose %q?", near)
	}
	return f.With("State one with --purpose: %s.", strings.Join(all, "; "))
}

// job is what the analyst signs of a question, made now.
func (c *Client) job(d *Draft, opts Options) *plan.Job {
	created := c.Now().Unix()
	return &plan.Job{
		Charter: c.Bundle.Hash(), Space: c.space.Space, Analyst: c.Self, Purpose: opts.Purpose,
		Template: d.Template, Arguments: d.Arguments,
		Plan: d.Query.Plan, Leakage: d.Statement.Hash(),
		Created: created, Expiry: created + int64(c.lifetime(opts)/time.Second),
	}
}

func (c *Client) lifetime(opts Options) time.Duration {
	if opts.Lifetime > 0 {
		return opts.Lifetime
	}
	return min(DefaultLifetime, c.space.Rules.Lifetime())
}

// manifest fills in everything that follows from the charter.
func (c *Client) manifest(job *plan.Job, body []byte) (cryptojob.Manifest, error) {
	rules, owners := c.space.Rules, c.space.OwnersOf(job.Plan.Table)
	shape, err := plan.GuardShape(&job.Plan, c.space)
	if err != nil {
		return cryptojob.Manifest{}, err
	}
	threshold := cryptojob.ThresholdFor(len(owners), rules.ToleratedCorruption)
	m := cryptojob.Manifest{
		Context: body, Length: job.Plan.Length(), Width: ring.Width(job.Plan.Width),
		Analyst:         cryptojob.Member{ID: c.Self, Key: c.Identity.Public()},
		Guard:           shape,
		MinContributors: max(rules.MinContributors, threshold, rules.ToleratedCorruption+2),
		Threshold:       threshold, Corruptions: rules.ToleratedCorruption, Expiry: job.Expiry,
	}
	for _, owner := range owners {
		m.Roster = append(m.Roster, cryptojob.Member{ID: owner.ID, Key: c.Bundle.Identity(owner.ID)})
	}
	_, err = rand.Read(m.Job[:])
	return m, err
}

// submit hands the question over. A refusal by the coordinator ends the
// question; after a failure of the network it can be resumed.
func (c *Client) submit(ctx context.Context, r *record) error {
	question, err := r.question()
	if err != nil {
		return err
	}
	err = c.patiently(ctx, passing, func() error {
		_, err := c.net.Submit(ctx, question.Submission())
		return err
	})
	if err != nil {
		if code := fault.Code(err); strings.HasPrefix(code, "TACIT-J") {
			return errors.Join(err, c.store.Erase(r.Job, store.Unanswerable, code))
		}
		return err
	}
	crashpoint.Here(crashpoint.AnalystSubmitAfter)
	return c.store.Submitted(r.Job)
}

// await watches the job to its end and opens the result.
func (c *Client) await(ctx context.Context, r *record, opts Options) (*Answer, error) {
	var last transport.Progress
	err := c.patiently(ctx, restarting, func() error {
		return c.net.Watch(ctx, r.Job, func(p transport.Progress) error {
			last = p
			if opts.OnProgress != nil {
				opts.OnProgress(p)
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	if last.State != transport.Released {
		return nil, c.unanswerable(r, last)
	}
	var body []byte
	err = c.patiently(ctx, restarting, func() (err error) {
		body, err = c.net.Result(ctx, r.Job)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.open(ctx, r, body, opts)
}

// unanswerable ends the question of a job that is over without a result.
func (c *Client) unanswerable(r *record, last transport.Progress) error {
	why := last.Fault
	if why == nil {
		why = Cancelled.New("the job is %s", last.State)
	}
	return errors.Join(why, c.store.Erase(r.Job, store.Unanswerable, why.Code))
}

// open verifies the result, makes the answer, delivers it, and erases the
// secret, in this order.
func (c *Client) open(ctx context.Context, r *record, body []byte, opts Options) (*Answer, error) {
	crashpoint.Here(crashpoint.AnalystOpenBefore)
	question, err := r.question()
	if err != nil {
		return nil, err
	}
	answer, next, err := c.answer(r, question, body)
	if err != nil {
		return nil, err
	}
	if next != nil {
		return c.advance(ctx, r, next, opts)
	}
	if opts.Deliver != nil {
		if err := opts.Deliver(answer); err != nil {
			return nil, err
		}
	}
	crashpoint.Here(crashpoint.AnalystEraseBefore)
	if err := c.store.Erase(r.Job, store.Answered, ""); err != nil {
		return nil, err
	}
	crashpoint.Here(crashpoint.AnalystEraseAfter)
	return answer, nil
}

// answer verifies the result and finishes the opened sums. The text is compiled again, so
// that a question needs nothing in memory; it must give the signed plan.
func (c *Client) answer(r *record, q *cryptojob.Question, body []byte) (*Answer, *nextRound, error) {
	job, err := jobOf(q)
	if err != nil {
		return nil, nil, err
	}
	if c, err = c.under(job.Charter); err != nil {
		return nil, nil, err
	}
	draft, err := c.again(job, r.SQL)
	if err != nil {
		return nil, nil, err
	}
	if job.Leakage != draft.Statement.Hash() {
		return nil, nil, NotVerified.New("the text no longer compiles to the plan that was signed").
			With("Open the result with the version of tacit and the charter that the question was asked with.")
	}
	opened, err := c.openResult(q, &job.Plan, body)
	if err != nil {
		return nil, nil, err
	}
	a := &Answer{
		Statement: draft.Statement, Provenance: c.provenance(r, job, q, opened, draft),
		Manifest: q.Manifest().Marshal(), Receipt: opened.receipt,
	}
	if job.Study != nil {
		return draft.study(a, job, r, opened)
	}
	return a, nil, draft.finish(a, opened)
}

// finish computes what the analyst asked for from the opened sums.
func (d *Draft) finish(a *Answer, o *opened) (err error) {
	if d.Statistic != nil && !d.Statistic.Rounds() {
		if a.Report, a.Fault = d.Statistic.Finish(o.sums); a.Fault == nil {
			a.Table = a.Report.Main()
			return nil
		}
	}
	a.Table, err = d.Query.FinishNoisy(o.sums, len(o.participants))
	return err
}
