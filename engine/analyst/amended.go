package analyst

import (
	"errors"

	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/store"
)

// under returns the client as it was under the charter that a question was asked under: what was
// released then is opened by the rules of then.
func (c *Client) under(charter [32]byte) (*Client, error) {
	if charter == c.Bundle.Hash() {
		return c, nil
	}
	old := c.Bundle.At(charter)
	if old == nil {
		return nil, NotVerified.New("the question was asked under %s of the charter", c.Bundle.NameOf(charter)).
			With("Open the result with the space.json that the question was asked with, or with one that amends it.")
	}
	then := *c
	then.Bundle, then.space = old, old.Charter()
	return &then, nil
}

// current ends a question that was not submitted before the charter was amended.
func (c *Client) current(r *record) error {
	q, err := r.question()
	if err != nil {
		return err
	}
	job, err := jobOf(q)
	if err != nil {
		return err
	}
	why := c.Bundle.Superseded(job.Charter)
	if why == nil {
		return nil
	}
	return errors.Join(why, c.store.Erase(r.Job, store.Unanswerable, why.Code))
}

func jobOf(q *cryptojob.Question) (*plan.Job, error) { return plan.ParseJob(q.Manifest().Context) }
