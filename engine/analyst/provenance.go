package analyst

import (
	"encoding/hex"
	"time"

	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/engine/plan"
)

// Provenance says where an answer comes from, so that others can trace it. It is
// written beside results, as the "job" of their JSON.
type Provenance struct {
	Job          string        `json:"job"`                   // id
	Manifest     string        `json:"manifest"`              // hash of what was signed
	Space        string        `json:"space"`                 //
	Charter      string        `json:"charter"`               // hash
	Version      int           `json:"version"`               // of the charter
	Analyst      string        `json:"analyst"`               // member id
	Purpose      string        `json:"purpose"`               //
	SQL          string        `json:"sql"`                   // as it was asked
	Template     string        `json:"template,omitempty"`    // of the charter, with its arguments
	Plan         string        `json:"plan"`                  // the query that the owners read, rebuilt from the plan
	Leakage      string        `json:"leakage"`               // the statement of what the answer gives away
	LeakageHash  string        `json:"leakage_hash"`          // as it was signed
	Owners       int           `json:"owners"`                // of the table
	Participants []Participant `json:"participants"`          // whose data is in the answer, in the charter's order
	Missing      []Participant `json:"missing"`               // owners of the table whose data is not
	Signatures   int           `json:"signatures"`            // of participants over who took part
	Attempt      uint32        `json:"attempt"`               //
	Protocol     string        `json:"protocol"`              //
	MarginBits   int           `json:"margin_bits,omitempty"` // of a guarded release: by which flooding exceeds the noise that it hides
	Rounds       int           `json:"rounds"`                // of messages
	Upload       int64         `json:"upload"`                // bytes that one owner sent, estimated
	Download     int64         `json:"download"`              // bytes that one owner received, estimated
	Exactness    []string      `json:"exactness"`             // of every sum, in the order of the plan
	Privacy      *Privacy      `json:"privacy,omitempty"`     // of a question with noise
	Study        *Study        `json:"study,omitempty"`       // of an answer that took several rounds
	Asked        time.Time     `json:"asked"`                 // by the analyst's clock, whole seconds
	Opened       time.Time     `json:"opened"`                //
	Software     string        `json:"software"`              // that opened the result
}

// Participant is an owner.
type Participant struct {
	Member       string `json:"member"`
	Organisation string `json:"organisation"`
}

func (c *Client) provenance(r *record, job *plan.Job, q *cryptojob.Question, opened *opened, d *Draft) Provenance {
	m := q.Manifest()
	hash, charterHash := m.Hash(), c.Bundle.Hash()
	p := Provenance{
		Job: r.Job.String(), Manifest: hex.EncodeToString(hash[:]),
		Space: job.Space, Charter: hex.EncodeToString(charterHash[:]), Version: c.space.Version,
		Analyst: job.Analyst, Purpose: job.Purpose, SQL: r.SQL, Template: d.Statement.Template, Plan: job.Plan.SQL(),
		Leakage: d.Statement.Text(), LeakageHash: hex.EncodeToString(job.Leakage[:]),
		Owners: len(m.Roster), Participants: []Participant{}, Missing: []Participant{},
		Signatures: opened.signatures, Attempt: opened.attempt,
		Protocol: opened.protocol, MarginBits: int(opened.margin),
		Rounds: d.Statement.Rounds, Upload: d.Statement.Upload, Download: d.Statement.Download,
		Exactness: d.Statement.Exactness,
		Asked:     time.Unix(job.Created, 0).UTC(), Opened: c.Now().UTC(), Software: c.Software,
	}
	p.Privacy = privacyOf(d.Query, len(opened.participants))
	in := map[int]bool{}
	for _, party := range opened.participants {
		in[int(party)-1] = true
	}
	for i, member := range m.Roster {
		who := Participant{Member: member.ID, Organisation: c.space.Member(member.ID).Organisation}
		if in[i] {
			p.Participants = append(p.Participants, who)
		} else {
			p.Missing = append(p.Missing, who)
		}
	}
	return p
}
