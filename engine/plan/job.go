package plan

import (
	"errors"

	"github.com/tacit-space/tacit/crypto/wire"
)

// Job is what the analyst signs as the context of a manifest: who asks what, for
// which purpose, under which charter, and what it gives away.
type Job struct {
	Charter [32]byte // hash of the charter
	Space   string
	Analyst string // member id
	Purpose string
	// Template of the charter that the plan is the compilation of, with these arguments;
	// "": a question in the analyst's own words.
	Template  string
	Arguments []Argument // one for each parameter, in the order of names
	Plan      Plan
	Leakage   [32]byte // hash of the statement, see [Statement.Hash]
	Created   int64    // unix seconds
	Expiry    int64    // unix seconds, after Created; of a study that of all its rounds

	Study *Study // nil: the job is a question of its own
}

const (
	maxID      = 64  // bytes of a space or member id
	maxPurpose = 200 // bytes
)

// Marshal returns the one encoding of the job.
func (j *Job) Marshal() ([]byte, error) {
	if err := errors.Join(j.shape(), j.studied()); err != nil {
		return nil, Malformed.New("%w", err)
	}
	body, err := j.Plan.Marshal()
	if err != nil {
		return nil, err
	}
	w := wire.NewWriter()
	w.U8(version)
	w.Fixed(j.Charter[:])
	w.String(j.Space)
	w.String(j.Analyst)
	w.String(j.Purpose)
	w.String(j.Template)
	putArguments(w, j.Arguments)
	w.Bytes(body)
	w.Fixed(j.Leakage[:])
	w.U64(uint64(j.Created))
	w.U64(uint64(j.Expiry))
	putStudy(w, j.Study)
	if len(w.Data()) > MaxJob {
		return nil, Malformed.New("job of %d bytes, at most %d", len(w.Data()), MaxJob)
	}
	return w.Data(), nil
}

// ParseJob decodes a job. It accepts exactly what [Job.Marshal] returns.
func ParseJob(b []byte) (*Job, error) {
	if len(b) > MaxJob {
		return nil, Malformed.New("job of %d bytes, at most %d", len(b), MaxJob)
	}
	d := decoder{Reader: wire.NewReader(b)}
	d.version()
	j := &Job{
		Charter: [32]byte(d.Fixed(32)),
		Space:   d.String(maxID), Analyst: d.String(maxID), Purpose: d.String(maxPurpose),
		Template: d.String(maxID), Arguments: d.arguments(),
	}
	body := d.Bytes(MaxPlan)
	j.Leakage = [32]byte(d.Fixed(32))
	j.Created, j.Expiry = int64(d.U64()), int64(d.U64())
	j.Study = d.study()
	if err := errors.Join(d.Close(), j.shape()); err != nil {
		return nil, Malformed.New("%w", err)
	}
	p, err := Parse(body)
	if err != nil {
		return nil, err
	}
	j.Plan = *p
	if err := j.studied(); err != nil {
		return nil, Malformed.New("%w", err)
	}
	return j, nil
}

func (j *Job) shape() error {
	if j.Space == "" || j.Analyst == "" || len(j.Space) > maxID || len(j.Analyst) > maxID {
		return errors.New("space or analyst is empty or too long")
	}
	if len(j.Purpose) > maxPurpose {
		return errors.New("purpose is too long")
	}
	if j.Created < 0 || j.Expiry <= j.Created {
		return errors.New("expiry is not after creation")
	}
	return j.asked()
}
