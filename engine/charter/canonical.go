package charter

import (
	"encoding/hex"
	"slices"

	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// hashLabel separates charter hashes from all other hashes of the project.
const hashLabel = "tacit/charter/v1"

// Hash identifies what the charter says; two texts that mean the same have the
// same hash. Members sign it, jobs name it.
func (c *Charter) Hash() [32]byte { return session.Hash(hashLabel, c.Canonical()) }

// HashText is the hash in hexadecimal, as it is shown to people.
func (c *Charter) HashText() string {
	h := c.Hash()
	return hex.EncodeToString(h[:])
}

// Canonical returns the one encoding of what the charter says, independent of how
// its YAML is written. Fields come in the order of the types, after [Charter.Normalise].
func (c *Charter) Canonical() []byte {
	n := c.clone()
	n.Normalise()
	w := wire.NewWriter()
	w.String(n.Format)
	w.String(n.Space)
	w.U32(uint32(n.Version))
	w.String(n.Amend.Rule)
	w.U32(uint32(n.Amend.Quorum))
	n.Rules.write(w)
	w.Count(len(n.Members))
	for i := range n.Members {
		n.Members[i].write(w)
	}
	w.Count(len(n.Tables))
	for i := range n.Tables {
		n.Tables[i].write(w)
	}
	w.Count(len(n.Templates))
	for i := range n.Templates {
		n.Templates[i].write(w)
	}
	n.writeCurves(w)
	n.writeModels(w)
	n.writePrevious(w)
	return w.Data()
}

// clone copies what [Charter.Normalise] writes to.
func (c *Charter) clone() *Charter {
	n := *c
	n.Members = slices.Clone(c.Members)
	n.Tables = slices.Clone(c.Tables)
	n.Templates = slices.Clone(c.Templates)
	n.Rules.Quotas = slices.Clone(c.Rules.Quotas)
	return &n
}

func (r *Rules) write(w *wire.Writer) {
	w.U32(uint32(r.MinContributors))
	w.U32(uint32(r.ToleratedCorruption))
	writeStrings(w, r.Purposes)
	w.U32(uint32(r.MaxCells))
	w.U64(uint64(r.JobLifetime))
	w.String(r.Verification)
	w.String(r.Differencing.Mode)
	w.U64(uint64(r.Differencing.Window))
	w.Count(len(r.Quotas))
	for i := range r.Quotas {
		r.Quotas[i].write(w)
	}
	r.Privacy.write(w)
	w.String(r.Questions)
}

func (p *Privacy) write(w *wire.Writer) {
	w.String(p.MaxEpsilon)
	w.String(p.MaxDelta)
	w.String(p.Budget.Epsilon)
	w.String(p.Budget.Delta)
	w.U64(uint64(p.Budget.Period))
	w.String(p.Budget.Per)
}

func (m *Member) write(w *wire.Writer) {
	w.String(m.ID)
	w.String(m.Organisation)
	w.String(m.Key)
	writeStrings(w, m.Roles)
}

func (t *Table) write(w *wire.Writer) {
	w.String(t.Name)
	w.String(t.Title)
	w.String(t.Unit)
	w.U32(uint32(*t.MinCohort))
	w.U64(uint64(t.MaxRows))
	w.String(t.OutOfRange)
	writeStrings(w, t.Owners)
	writeStrings(w, t.Analysts)
	writeStrings(w, t.Purposes)
	w.U32(uint32(t.Contribution.Groups))
	w.U32(uint32(t.Contribution.Rows))
	w.String(t.Privacy)
	w.String(t.Questions)
	w.Count(len(t.Columns))
	for i := range t.Columns {
		t.Columns[i].write(w)
	}
}

func (c *Column) write(w *wire.Writer) {
	w.String(c.Name)
	w.String(c.Title)
	w.String(c.Type)
	w.String(string(c.Role))
	w.Bool(*c.Nullable)
	w.String(c.Unit)
	writeStrings(w, c.Range)
	w.String(c.Resolution)
	writeStrings(w, c.Domain)
	w.String(c.Grain)
	writeStrings(w, c.Aggregates)
	w.U32(uint32(c.K()))
	w.String(c.Privacy)
}

func writeStrings[S ~[]E, E ~string](w *wire.Writer, list S) {
	w.Count(len(list))
	for _, s := range list {
		w.String(string(s))
	}
}
