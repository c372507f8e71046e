package approval

import (
	"slices"

	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// Grounds are why a question waits for a person. An answer names their hash, so nobody approves what
// was not shown.
type Grounds struct {
	Rule     string    // of the owner that asks for a person; "" if only the findings do
	Findings []Finding // sorted: earlier questions from which this one differs in a few units
}

// Finding is that a question differs from another one, or within itself, in a few units.
type Finding struct {
	Job [16]byte // the earlier question; zero: two numbers of the question itself
	How string   // as engine/differencing says it
}

const groundsLabel = "tacit/approval/v1/grounds"

// Limits of grounds.
const (
	maxRule     = 64
	maxHow      = 100
	maxFindings = 1 << 16
	MaxGrounds  = 4 << 20 // bytes of the encoding
)

// Marshal returns the one encoding.
func (g *Grounds) Marshal() []byte {
	w := wire.NewWriter()
	w.String(g.Rule)
	w.Count(len(g.Findings))
	for _, f := range g.Findings {
		w.Fixed(f.Job[:])
		w.String(f.How)
	}
	return w.Data()
}

// ParseGrounds reads what [Grounds.Marshal] returns.
func ParseGrounds(b []byte) (*Grounds, error) {
	if len(b) > MaxGrounds {
		return nil, Malformed.New("grounds of %d bytes", len(b))
	}
	r := wire.NewReader(b)
	g := &Grounds{Rule: r.String(maxRule)}
	for range r.Count(maxFindings) {
		g.Findings = append(g.Findings, Finding{[16]byte(r.Fixed(16)), r.String(maxHow)})
	}
	if err := r.Close(); err != nil {
		return nil, Malformed.New("%w", err)
	}
	return g, nil
}

// Hash of the grounds, for [Case.Shown].
func (g *Grounds) Hash() [32]byte { return session.Hash(groundsLabel, g.Marshal()) }

// Covers reports whether somebody who was shown g was shown the findings too.
func (g *Grounds) Covers(findings []Finding) bool {
	return !slices.ContainsFunc(findings, func(f Finding) bool { return !slices.Contains(g.Findings, f) })
}
