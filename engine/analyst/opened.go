package analyst

import (
	"math/big"

	"github.com/tacit-space/tacit/crypto/guard"
	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/secagg"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/protocol"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/runner"
)

// opened is a result that passed every check, whatever the protocol.
type opened struct {
	sums         query.Sums
	participants []session.Party
	attempt      uint32
	signatures   int
	receipt      []byte
	protocol     string
	margin       float64 // bits, of a guarded release
}

// open verifies a result and reads the sums of the plan off it.
func (c *Client) openResult(q *cryptojob.Question, p *plan.Plan, body []byte) (*opened, error) {
	if protocol.Guarded(q.Manifest()) {
		return c.openGuarded(q, p, body)
	}
	o, err := secagg.Open(q, body, runner.Parallel)
	if err != nil {
		return nil, NotVerified.New("%w", err)
	}
	return &opened{
		sums: query.Open(sums{o.Sum}), participants: o.Participants, attempt: o.Attempt,
		signatures: o.Signatures, receipt: o.Receipt, protocol: "masked sum (tacit/secagg/v1)",
	}, nil
}

func (c *Client) openGuarded(q *cryptojob.Question, p *plan.Plan, body []byte) (*opened, error) {
	o, err := guard.Open(q, body, runner.Parallel)
	if err != nil {
		return nil, NotVerified.New("%w", err)
	}
	layout, f := plan.NewLayout(p, c.space)
	if f != nil {
		return nil, f
	}
	released, err := layout.Read(o.Groups)
	if err != nil {
		return nil, err
	}
	return &opened{
		sums: released, participants: o.Participants, attempt: o.Attempt,
		signatures: len(o.Participants), receipt: o.Receipt,
		protocol: "guarded release (tacit/guard/v1, parameters " + layout.Shape.Set + ")", margin: layout.Budget.Margin,
	}, nil
}

// sums is the opened vector as the query reads it.
type sums struct{ vector ring.Vector }

// At returns element i.
func (s sums) At(i int) *big.Int { return s.vector.Big(i) }
