package policy

import (
	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/engine/plan"
)

// NewRequest reads the job in a manifest's context. The manifest must have been
// decoded by cryptojob.ParseManifest. The fault is that of [plan.ParseJob].
func NewRequest(m *cryptojob.Manifest) (*Request, error) {
	job, err := plan.ParseJob(m.Context)
	if err != nil {
		return nil, err
	}
	r := &Request{
		Job:             *job,
		Analyst:         member(m.Analyst),
		MinContributors: m.MinContributors,
		Threshold:       m.Threshold,
		Corruptions:     m.Corruptions,
		Length:          m.Length,
		Width:           int(m.Width),
		Guard:           m.Guard,
		Expiry:          m.Expiry,
	}
	for _, owner := range m.Roster {
		r.Roster = append(r.Roster, member(owner))
	}
	return r, nil
}

func member(m cryptojob.Member) Member { return Member{ID: m.ID, Key: m.Key.Fingerprint()} }
