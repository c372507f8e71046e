package ledger

import (
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tacit-space/tacit/crypto/dp"
)

// DefaultTolerance is by how much a clock may be set back, or be ahead.
const DefaultTolerance = time.Minute

// Options of a verification.
type Options struct {
	Tolerance time.Duration // of times; 0: DefaultTolerance
	Now       time.Time     // entries may not be younger; zero: not checked

	without defences
}

// defences are the checks that attack tests take out.
type defences struct{ tree, order, clock, pin, key bool }

// Verified is a ledger, or a part of one, that passed every check.
type Verified struct {
	Checkpoint
	Complete bool // all entries are there
	Entries  []Entry

	bodies  [][]byte
	earlier []Checkpoint // which it continues by a proof
}

// Verify checks an export: that its member signed the checkpoint, that the entries are
// those of the checkpoint, in order, and that the clock was not set back. Errors:
// [Malformed], [Forged], [Rewritten], [ClockBack].
func (x *Export) Verify(in *Space, o Options) (*Verified, error) {
	c, err := OpenCheckpoint(x.Checkpoint, in)
	if err != nil {
		return nil, err
	}
	v := &Verified{Checkpoint: c, Complete: x.Complete, bodies: x.Entries}
	if err := v.parse(o); err != nil {
		return nil, err
	}
	if err := x.check(&c, v.Entries, o); err != nil {
		return nil, err
	}
	if err := v.checkKey(in, o); err != nil {
		return nil, err
	}
	if v.earlier, err = x.continues(&c, in); err != nil {
		return nil, err
	}
	return v, v.CheckClock(o)
}

// parse decodes the entries: all of them from 0, or some in order.
func (v *Verified) parse(o Options) error {
	v.Entries = make([]Entry, len(v.bodies))
	for i, body := range v.bodies {
		e, err := ParseEntry(body)
		if err != nil {
			return Rewritten.New("entry %d of the file is no entry: %w", i, err)
		}
		v.Entries[i] = e
		if o.without.order {
			continue
		}
		if v.Complete && e.Seq != uint64(i) || i > 0 && e.Seq <= v.Entries[i-1].Seq {
			return Rewritten.New("entry %d stands where another belongs", e.Seq)
		}
		if (e.Kind == Opened) != (e.Seq == 0) || e.Seq == 0 && [8]byte(e.Digest[:8]) != v.Origin.ID {
			return Rewritten.New("entry %d does not begin this ledger", e.Seq)
		}
	}
	return nil
}

// check compares the entries with the root of the checkpoint.
func (x *Export) check(c *Checkpoint, entries []Entry, o Options) error {
	if o.without.tree {
		return nil
	}
	if !x.Complete {
		return x.checkProofs(c, entries)
	}
	if uint64(len(x.Entries)) != c.Size {
		return Rewritten.New("%d entries, the checkpoint has %d", len(x.Entries), c.Size)
	}
	if rootOf(x.Entries) != c.Root {
		return Rewritten.New("the entries are not those of the checkpoint")
	}
	return nil
}

func (x *Export) checkProofs(c *Checkpoint, entries []Entry) error {
	for i, e := range entries {
		if e.Seq >= c.Size {
			return Rewritten.New("entry %d of %d", e.Seq, c.Size)
		}
		err := tlog.CheckRecord(x.Proofs[i], int64(c.Size), c.Root, int64(e.Seq), tlog.RecordHash(x.Entries[i]))
		if err != nil {
			return Rewritten.New("entry %d is not that of the checkpoint", e.Seq)
		}
	}
	return nil
}

func rootOf(bodies [][]byte) tlog.Hash {
	var t Tree
	for _, body := range bodies {
		t.Append(body)
	}
	return t.Root()
}

// continues verifies the proofs that the ledger continues earlier checkpoints.
func (x *Export) continues(c *Checkpoint, in *Space) ([]Checkpoint, error) {
	var proved []Checkpoint
	for _, e := range x.Earlier {
		old, err := OpenCheckpoint(e.Checkpoint, in)
		if err != nil {
			return nil, err
		}
		if old.Origin != c.Origin || old.Size > c.Size {
			return nil, Malformed.New("an earlier checkpoint is not of this ledger")
		}
		if err := tlog.CheckTree(e.Proof, int64(c.Size), c.Root, int64(old.Size), old.Root); err != nil {
			return nil, Forked.New("the ledger does not continue its checkpoint of %d entries", old.Size)
		}
		proved = append(proved, old)
	}
	return proved, nil
}

// checkKey demands of a whole ledger the signature of the key that its member had in the version of
// the charter that it names last. So a key that was rotated out signs nothing that the member does under a
// later version.
func (v *Verified) checkKey(in *Space, o Options) error {
	if in.key == nil || !v.Complete || o.without.key {
		return nil
	}
	for i := len(v.Entries) - 1; i >= 0; i-- {
		e := &v.Entries[i]
		if e.Kind != Charter {
			continue
		}
		public := in.key(int(e.Version), v.Origin.Member)
		if public.Fingerprint() != "" && !v.signedBy(public) {
			return Forged.New("it is signed with another key than %s has in version %d of the charter, which it names last", v.Origin.Member, e.Version)
		}
		return nil
	}
	return nil
}

// CheckClock looks for entries that are older than one before them, or younger than now.
// The fault is [ClockBack].
func (v *Verified) CheckClock(o Options) error {
	if o.without.clock {
		return nil
	}
	tolerance := o.Tolerance
	if tolerance == 0 {
		tolerance = DefaultTolerance
	}
	var latest *Entry
	for i := range v.Entries {
		e := &v.Entries[i]
		switch {
		case latest == nil || e.Time > latest.Time:
			latest = e
		case latest.Time-e.Time > tolerance.Milliseconds():
			return ClockBack.New("entry %d is %s older than entry %d before it", e.Seq, between(e, latest), latest.Seq)
		}
	}
	if latest != nil && !o.Now.IsZero() && latest.Time-o.Now.UnixMilli() > tolerance.Milliseconds() {
		return ClockBack.New("entry %d is of %s, which is not yet", latest.Seq, latest.When().Format(time.RFC3339))
	}
	return nil
}

func between(a, b *Entry) string {
	return (time.Duration(b.Time-a.Time) * time.Millisecond).Round(time.Second).String()
}

// Extends checks that the ledger continues another checkpoint of it: one that somebody
// kept, or that another reader was shown. The faults are [Truncated], [Forked],
// [NotProved], and [Malformed] for the checkpoint of another ledger.
func (v *Verified) Extends(c Checkpoint) error {
	switch {
	case c.Origin != v.Origin:
		return Malformed.New("the checkpoint is of ledger %s, not of %s", c.Origin, v.Origin)
	case c.Size == v.Size && c.Root == v.Root:
		return nil
	case c.Size == v.Size:
		return Forked.New("%s signed two checkpoints of %d entries with different roots", v.Origin.Member, c.Size)
	case c.Size > v.Size:
		return Truncated.New("the ledger has %d entries, the checkpoint %d", v.Size, c.Size)
	case v.Complete:
		if rootOf(v.bodies[:c.Size]) != c.Root {
			return Forked.New("the first %d entries of %s are not those of its checkpoint", c.Size, v.Origin.Member)
		}
		return nil
	}
	same := func(old Checkpoint) bool { return old.Size == c.Size }
	i := slices.IndexFunc(v.earlier, same)
	switch {
	case i < 0:
		return NotProved.New("no proof that the %d entries continue the checkpoint of %d", v.Size, c.Size)
	case v.earlier[i].Root != c.Root:
		return Forked.New("%s signed two checkpoints of %d entries with different roots", v.Origin.Member, c.Size)
	}
	return nil
}

// Consistent checks that two views of one ledger belong to one history.
func Consistent(a, b *Verified) error {
	if a.Size < b.Size {
		a, b = b, a
	}
	return a.Extends(b.Checkpoint)
}

// Text describes the entry's subject in one line, without time and number.
func (e *Entry) Text() string {
	has := kinds[e.Kind].has
	text := ""
	add := func(when bool, format string, args ...any) {
		if when {
			if text != "" {
				text += ", "
			}
			text += fmt.Sprintf(format, args...)
		}
	}
	add(has&ofAbout != 0, "%s asks table %q, %d cells of %d sums, k=%d", e.About.Analyst, e.About.Table, e.About.Cells, e.About.Sums, e.About.Cohort)
	add(e.About.Purpose != "", "purpose %q", e.About.Purpose)
	add(e.Member != "", "%s", e.Member)
	add(e.State != "", "%s", e.State)
	add(e.Code != "", "%s", e.Code)
	if e.Kind == Round {
		return fmt.Sprintf("round %d of study %.12x…", e.Attempt, e.Digest[:6])
	}
	add(e.Attempt != 0, "attempt %d", e.Attempt)
	add(e.Version != 0, "version %d", e.Version)
	add(has&ofUsage != 0 && e.Usage != Usage{}, "sent %d bytes, computed %d ms", e.Usage.Sent, e.Usage.Compute)
	add(e.Amount != 0, "rho %s", dp.Rho(e.Amount))
	add(has&ofDigest != 0, "%.12x…", e.Digest[:6])
	return text
}
