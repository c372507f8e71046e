package ledger

import (
	"errors"
	"math"

	"github.com/tacit-space/tacit/crypto/wire"
)

const entryVersion = 1

var errEntry = errors.New("ledger: malformed entry")

// Marshal returns the one encoding: version, sequence number, time, kind, and the fields of
// the kind in the order of [Entry]. Texts that are too long are cut.
func (e Entry) Marshal() []byte {
	e = e.clean()
	w := wire.NewWriter()
	w.U8(entryVersion)
	w.U64(e.Seq)
	w.U64(uint64(e.Time))
	w.U8(uint8(e.Kind))
	has := kinds[e.Kind].has
	if has&ofJob != 0 {
		w.Fixed(e.Job[:])
		w.Fixed(e.Manifest[:])
	}
	if has&ofAbout != 0 {
		e.About.encode(w)
	}
	if has&ofMember != 0 {
		w.String(e.Member)
	}
	if has&ofCode != 0 {
		w.String(e.Code)
	}
	if has&ofState != 0 {
		w.String(e.State)
	}
	if has&ofAttempt != 0 {
		w.U32(e.Attempt)
	}
	if has&ofDigest != 0 {
		w.Fixed(e.Digest[:])
	}
	if has&ofVersion != 0 {
		w.U32(e.Version)
	}
	if has&ofUsage != 0 {
		w.U64(e.Usage.Sent)
		w.U64(e.Usage.Compute)
	}
	if has&ofAmount != 0 {
		w.U64(e.Amount)
	}
	if has&ofUntil != 0 {
		w.U64(uint64(e.Until))
	}
	return w.Data()
}

func (s Subject) encode(w *wire.Writer) {
	w.String(s.Analyst)
	w.String(s.Purpose)
	w.String(s.Table)
	w.Fixed(s.Plan[:])
	w.U64(s.Cells)
	w.U32(s.Sums)
	w.U32(s.Cohort)
}

// ParseEntry reads what [Entry.Marshal] returns, and nothing else.
func ParseEntry(b []byte) (Entry, error) {
	if len(b) > MaxEntry {
		return Entry{}, errEntry
	}
	r := wire.NewReader(b)
	if r.U8() != entryVersion {
		r.Fail(errEntry)
	}
	var e Entry
	e.Seq = r.U64()
	when := r.U64()
	e.Kind = Kind(r.U8())
	if !e.Kind.known() || when > math.MaxInt64 {
		return Entry{}, errEntry
	}
	e.Time = int64(when)
	e.fields(r, kinds[e.Kind].has)
	if err := r.Close(); err != nil {
		return Entry{}, err
	}
	if e.clean() != e {
		return Entry{}, errEntry
	}
	return e, nil
}

func (e *Entry) fields(r *wire.Reader, has field) {
	if has&ofJob != 0 {
		e.Job, e.Manifest = [16]byte(r.Fixed(16)), [32]byte(r.Fixed(32))
	}
	if has&ofAbout != 0 {
		e.About = Subject{
			Analyst: r.String(maxMember), Purpose: r.String(maxPurpose), Table: r.String(maxTable),
			Plan: [32]byte(r.Fixed(32)), Cells: r.U64(), Sums: r.U32(), Cohort: r.U32(),
		}
	}
	if has&ofMember != 0 {
		e.Member = r.String(maxMember)
	}
	if has&ofCode != 0 {
		e.Code = r.String(codeLength)
	}
	if has&ofState != 0 {
		e.State = r.String(maxState)
	}
	if has&ofAttempt != 0 {
		e.Attempt = r.U32()
	}
	if has&ofDigest != 0 {
		e.Digest = [32]byte(r.Fixed(32))
	}
	if has&ofVersion != 0 {
		e.Version = r.U32()
	}
	if has&ofUsage != 0 {
		e.Usage = Usage{Sent: r.U64(), Compute: r.U64()}
	}
	if has&ofAmount != 0 {
		e.Amount = r.U64()
	}
	if has&ofUntil != 0 {
		e.Until = int64(r.U64()) // a negative one is not clean
	}
}
