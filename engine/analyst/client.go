package analyst

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// Ways in which asking fails, beside those of the query, the job and the network.
var (
	NotVerified = fault.Declare("TACIT-J030", "result not verified",
		"The result does not pass its check: it was changed on its way, or somebody did not follow the protocol. Nothing of it is shown.",
		"Ask again. If it stays, compare the logs of the owners and of the coordinator.")
	Unknown = fault.Declare("TACIT-J031", "question not stored here",
		"This store has no question of that job: it was asked from another machine, or is long over.",
		"List the open questions with `tacit jobs`; use the store folder that the question was asked with.")
	Answered = fault.Declare("TACIT-J032", "question is over",
		"The answer was delivered, or the job failed, and the secret that opens its result is erased.",
		"Ask again.")
	Cancelled = fault.Declare("TACIT-J034", "job cancelled",
		"The analyst cancelled the job before it was released.",
		"Ask again.")
	NotAnalyst = fault.Declare("TACIT-J033", "not an analyst",
		"The charter does not give this member the role analyst.",
		"Use the identity of an analyst, or amend the charter.")
)

// StoreLabel derives the key of an analyst's store from its identity.
const StoreLabel = "analyst store"

// keepRecords is how long the record of an expired question stays.
const keepRecords = 30 * 24 * time.Hour

// Config of a client.
type Config struct {
	Bundle   *charter.Bundle    // verified by the caller
	Self     string             // member id of the analyst
	Identity *identity.Identity // of the analyst
	Store    string             // folder of the open questions
	// Client is how to reach the coordinator. Identity, Directory and Log are
	// set by [Open].
	Client   transport.ClientConfig
	Software string           // version of this program, for the provenance
	Log      *slog.Logger     // nil: nothing is logged
	Now      func() time.Time // nil: time.Now
}

// Client asks. Its methods may be called by many goroutines, and several clients
// may use one store.
type Client struct {
	Config
	space *charter.Charter
	store *store.Analyst
	net   *transport.Client
}

// Open opens the store and prepares the connection, which is made at the first
// call. Errors: [NotAnalyst], those of [charter.Bundle.Active], of the store and of
// [transport.NewClient].
func Open(cfg Config) (*Client, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if err := cfg.Bundle.Active(); err != nil {
		return nil, err
	}
	space := cfg.Bundle.Charter()
	if !space.HasRole(cfg.Self, charter.Analyst) {
		return nil, NotAnalyst.New("member %q has no role analyst", cfg.Self)
	}
	if err := space.Serves(cfg.Self, cfg.Bundle.Revoked()); err != nil {
		return nil, err
	}
	cfg.Client.Identity = cfg.Identity
	cfg.Client.Directory = transport.FromBundle(cfg.Bundle)
	cfg.Client.Log = cfg.Log
	net, err := transport.NewClient(cfg.Client)
	if err != nil {
		return nil, err
	}
	state, err := store.OpenAnalyst(cfg.Store, cfg.Identity.StoreKey(StoreLabel), ledger.KeeperOf(cfg.Bundle, cfg.Identity))
	if err != nil {
		return nil, errors.Join(err, net.Close())
	}
	if _, err := state.Prune(keepRecords); err != nil {
		return nil, errors.Join(err, state.Close(), net.Close())
	}
	return &Client{Config: cfg, space: space, store: state, net: net}, nil
}

// Close ends the connection and closes the store.
func (c *Client) Close() error { return errors.Join(c.net.Close(), c.store.Close()) }

// Jobs lists the analyst's jobs at the coordinator, newest first.
func (c *Client) Jobs(ctx context.Context) ([]transport.JobStatus, error) { return c.net.Jobs(ctx) }

// Rounds returns which of the questions that were asked from here are rounds of studies.
func (c *Client) Rounds() (map[store.JobID]store.StudyRound, error) { return c.store.Rounds() }

// Show returns one of [Client.Jobs]; [Unknown] if the coordinator does not list
// it.
func (c *Client) Show(ctx context.Context, job store.JobID) (transport.JobStatus, error) {
	all, err := c.net.Jobs(ctx)
	if err != nil {
		return transport.JobStatus{}, err
	}
	for _, status := range all {
		if status.Job == job {
			return status, nil
		}
	}
	return transport.JobStatus{}, Unknown.New("the coordinator lists no job %s", job)
}

// Watch calls on with where a job stands and with each change, until it is over.
func (c *Client) Watch(ctx context.Context, job store.JobID, on func(transport.Progress)) error {
	return c.net.Watch(ctx, job, func(p transport.Progress) error { on(p); return nil })
}

// Cancel ends a job that is not released yet, and its question.
func (c *Client) Cancel(ctx context.Context, job store.JobID) error {
	if err := c.net.Cancel(ctx, job); err != nil {
		return err
	}
	status, err := c.Show(ctx, job)
	if err != nil || status.State != transport.Cancelled {
		return err // released before: the question can still be answered
	}
	return c.store.Erase(job, store.Unanswerable, "")
}

// Forget erases a question, so that its result can no longer be opened. The job
// is not cancelled.
func (c *Client) Forget(job store.JobID) error { return c.store.Erase(job, store.Unanswerable, "") }

// Pending returns the jobs whose answer was not delivered yet, oldest first;
// [Client.Resume] goes on with each.
func (c *Client) Pending() ([]store.JobID, error) { return c.store.Pending() }

// Ask asks one question with a client of its own; see [Client.Ask].
func Ask(ctx context.Context, cfg Config, sql string, opts Options) (*Answer, error) {
	c, err := Open(cfg)
	if err != nil {
		return nil, err
	}
	answer, err := c.Ask(ctx, sql, opts)
	return answer, errors.Join(err, c.Close())
}
