package ledger

import (
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tacit-space/tacit/crypto/wire"
)

// Limits of an export.
const (
	MaxExport  = 1 << 30 // bytes
	MaxEntries = 1 << 22
	maxProof   = 64     // hashes in the proof of one entry
	maxTree    = 2 * 64 // hashes in a proof of continuation
	maxEarlier = 16     // earlier checkpoints
	magic      = "tacit ledger export v1\n"
)

// Record is a ledger as a store has it.
type Record struct {
	Checkpoint []byte   // the signed note
	Entries    [][]byte // encoded, all, in order
}

// Export is a ledger, or a part of one, for others to check.
type Export struct {
	Checkpoint []byte   // the signed note
	Complete   bool     // all entries are there
	Entries    [][]byte // encoded, in order
	Proofs     []tlog.RecordProof
	Earlier    []Earlier
}

// Earlier shows that the ledger continues an earlier checkpoint of its own.
type Earlier struct {
	Checkpoint []byte // the signed note
	Proof      tlog.TreeProof
}

// Export returns the whole ledger.
func (r *Record) Export() *Export {
	return &Export{Checkpoint: r.Checkpoint, Complete: true, Entries: r.Entries}
}

// Select returns the entries that are wanted, each with the proof that it is in the
// ledger, and the proof that the ledger continues the earlier checkpoints. The
// record is one that [Export.Verify] has accepted as a whole.
func (r *Record) Select(want func(Entry) bool, earlier []Checkpoint) (*Export, error) {
	all, err := hashesOf(r.Entries)
	if err != nil {
		return nil, Rewritten.New("%w", err)
	}
	size := int64(len(r.Entries))
	x := &Export{Checkpoint: r.Checkpoint}
	for i, body := range r.Entries {
		e, err := ParseEntry(body)
		if err != nil {
			return nil, Rewritten.New("entry %d: %w", i, err)
		}
		if !want(e) {
			continue
		}
		proof, err := tlog.ProveRecord(size, int64(i), &all)
		if err != nil {
			return nil, Rewritten.New("entry %d: %w", i, err)
		}
		x.Entries, x.Proofs = append(x.Entries, body), append(x.Proofs, proof)
	}
	return x, x.prove(size, &all, earlier)
}

func (x *Export) prove(size int64, all tlog.HashReader, earlier []Checkpoint) error {
	if len(earlier) > maxEarlier {
		return Malformed.New("%d earlier checkpoints, at most %d", len(earlier), maxEarlier)
	}
	for _, c := range earlier {
		if c.Size > uint64(size) {
			return Truncated.New("the ledger has %d entries, an earlier checkpoint has %d", size, c.Size)
		}
		proof, err := tlog.ProveTree(size, int64(c.Size), all)
		if err != nil {
			return Malformed.New("%w", err)
		}
		x.Earlier = append(x.Earlier, Earlier{c.Note, proof})
	}
	return nil
}

// Marshal returns the one encoding.
func (x *Export) Marshal() []byte {
	w := wire.NewWriter()
	w.Fixed([]byte(magic))
	w.Bytes(x.Checkpoint)
	w.Bool(x.Complete)
	w.Count(len(x.Entries))
	for i, body := range x.Entries {
		w.Bytes(body)
		if !x.Complete {
			writeHashes(w, x.Proofs[i])
		}
	}
	w.Count(len(x.Earlier))
	for _, e := range x.Earlier {
		w.Bytes(e.Checkpoint)
		writeHashes(w, e.Proof)
	}
	return w.Data()
}

func writeHashes(w *wire.Writer, list []tlog.Hash) {
	w.Count(len(list))
	for i := range list {
		w.Fixed(list[i][:])
	}
}

func readHashes(r *wire.Reader, limit int) []tlog.Hash {
	n := r.Count(limit)
	if n > r.Len()/tlog.HashSize {
		r.Fail(wire.ErrTruncated)
		return nil
	}
	list := make([]tlog.Hash, n)
	for i := range list {
		list[i] = tlog.Hash(r.Fixed(tlog.HashSize))
	}
	return list
}

// IsExport reports whether a file begins as an export does.
func IsExport(b []byte) bool { return len(b) >= len(magic) && string(b[:len(magic)]) == magic }

// ParseExport reads what [Export.Marshal] returns, and nothing else. It verifies nothing.
func ParseExport(b []byte) (*Export, error) {
	if !IsExport(b) || len(b) > MaxExport {
		return nil, Malformed.New("it is no export of a ledger")
	}
	r := wire.NewReader(b[len(magic):])
	x := &Export{Checkpoint: slices.Clone(r.Bytes(MaxNote)), Complete: r.Bool()}
	n := r.Count(MaxEntries)
	x.Entries = make([][]byte, 0, n)
	for range n {
		x.Entries = append(x.Entries, r.Bytes(MaxEntry))
		if !x.Complete {
			x.Proofs = append(x.Proofs, readHashes(r, maxProof))
		}
		if r.Err() != nil {
			break
		}
	}
	for range r.Count(maxEarlier) {
		x.Earlier = append(x.Earlier, Earlier{slices.Clone(r.Bytes(MaxNote)), readHashes(r, maxTree)})
	}
	if err := r.Close(); err != nil {
		return nil, Malformed.New("%w", err)
	}
	return x, nil
}
