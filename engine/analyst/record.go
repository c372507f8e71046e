package analyst

import (
	"encoding/json"
	"time"

	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/store"
)

// record is what is stored of a question, sealed.
type record struct {
	Job      store.JobID `json:"job"`
	SQL      string      `json:"sql"`
	Expiry   int64       `json:"expiry"`           // unix seconds
	Question []byte      `json:"question"`         // with the keys that open its result
	Rounds   []round     `json:"rounds,omitempty"` // of a study: those that were answered
}

// asked is what the ledger says of a question.
type asked struct {
	manifest [32]byte // hash
	about    ledger.Subject
	beside   []ledger.Entry
}

func (r *record) row(a asked) store.Question {
	body, err := json.Marshal(r)
	if err != nil {
		panic("analyst: a record of plain fields does not encode: " + err.Error())
	}
	return store.Question{
		Job: r.Job, Record: body, Expires: time.Unix(r.Expiry, 0), Manifest: a.manifest, About: a.about, Beside: a.beside,
	}
}

func parseRecord(body []byte) (*record, error) {
	var r record
	err := json.Unmarshal(body, &r)
	return &r, err
}

func (r *record) question() (*cryptojob.Question, error) {
	q, err := cryptojob.ParseQuestion(r.Question)
	if err != nil {
		return nil, store.Corrupt.New("the question of job %s: %w", r.Job, err)
	}
	return q, nil
}
