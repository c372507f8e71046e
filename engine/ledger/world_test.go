package ledger

import (
	"testing"

	"github.com/tacit-space/tacit/crypto/identity"
)

// world is a small space: three owners, a coordinator and an analyst.
type world struct {
	*Space
	ids map[string]*identity.Identity
}

func newWorld() *world {
	w := &world{ids: map[string]*identity.Identity{}}
	for i, member := range []string{"north", "south", "west", "hub", "ada"} {
		w.ids[member] = identity.FromSeed([32]byte{byte(i + 1)})
	}
	roles := map[string]Role{"north": Worker, "south": Worker, "west": Worker, "hub": Coordinator, "ada": Analyst}
	w.Space = &Space{
		ID: "lab",
		Identity: func(m string) identity.Public {
			if id := w.ids[m]; id != nil {
				return id.Public()
			}
			return identity.Public{}
		},
		HasRole: func(m string, r Role) bool { return roles[m] == r },
		Owners:  func(string) []string { return []string{"north", "south", "west"} },
	}
	return w
}

func (w *world) keeper(member string) Keeper {
	return Keeper{Space: "lab", Member: member, Identity: w.ids[member], Charter: [32]byte{9}, Version: 1}
}

// log is a ledger in memory, as a store keeps it.
type log struct {
	t       testing.TB
	keeper  Keeper
	role    Role
	tree    Tree
	bodies  [][]byte
	now     int64
	id      [8]byte
	history []Checkpoint // of every size
}

const start = 1_790_000_000_000

func (w *world) log(t testing.TB, member string, role Role) *log {
	l := &log{t: t, keeper: w.keeper(member), role: role, now: start, id: [8]byte{byte(len(member)), member[0]}}
	l.add(Entry{Kind: Opened, Digest: [32]byte{l.id[0], l.id[1]}})
	l.add(Entry{Kind: Charter, Digest: l.keeper.Charter, Version: 1})
	return l
}

func (l *log) add(entries ...Entry) *log {
	for _, e := range entries {
		l.now += 1000
		e.Seq, e.Time = l.tree.Size(), l.now
		l.put(e.Marshal())
	}
	l.sign()
	return l
}

func (l *log) put(body []byte) {
	l.tree.Append(body)
	l.bodies = append(l.bodies, body)
}

func (l *log) sign() Checkpoint {
	l.t.Helper()
	c, err := l.keeper.Checkpoint(l.role, l.id, &l.tree)
	if err != nil {
		l.t.Fatal(err)
	}
	l.history = append(l.history, c)
	return c
}

func (l *log) last() Checkpoint { return l.history[len(l.history)-1] }

func (l *log) record() *Record {
	return &Record{Checkpoint: l.last().Note, Entries: append([][]byte(nil), l.bodies...)}
}

func (l *log) export() *Export { return l.record().Export() }

// verified returns the whole ledger.
func (l *log) verified(in *Space) *Verified {
	l.t.Helper()
	v, err := l.export().Verify(in, Options{})
	if err != nil {
		l.t.Fatal(err)
	}
	return v
}

var about = Subject{Analyst: "ada", Purpose: "study", Table: "patients", Plan: [32]byte{3}, Cells: 4, Sums: 2, Cohort: 10}

// Entries of one job at an owner, the coordinator and the analyst.
func served(job byte, owner string) []Entry {
	j, m := [16]byte{job}, [32]byte{job, 1}
	return []Entry{
		{Kind: Asked, Job: j, Manifest: m, About: about},
		{Kind: Accepted, Job: j, Manifest: m, Member: owner},
		{Kind: Begun, Job: j, Manifest: m, Attempt: 1},
		{Kind: Released, Job: j, Manifest: m, Attempt: 1, Digest: [32]byte{job, 2}},
		{Kind: Ended, Job: j, Manifest: m, State: "released", Usage: Usage{Sent: 1000, Compute: 20}},
	}
}

func relayed(job byte, owners ...string) []Entry {
	j, m := [16]byte{job}, [32]byte{job, 1}
	entries := []Entry{{Kind: Asked, Job: j, Manifest: m, About: about}}
	for _, o := range owners {
		entries = append(entries, Entry{Kind: Accepted, Job: j, Manifest: m, Member: o})
	}
	return append(entries,
		Entry{Kind: Begun, Job: j, Manifest: m, Attempt: 1},
		Entry{Kind: Released, Job: j, Manifest: m, Attempt: 1, Digest: [32]byte{job, 3}},
		Entry{Kind: Ended, Job: j, Manifest: m, State: "released"})
}

func answered(job byte) []Entry {
	j, m := [16]byte{job}, [32]byte{job, 1}
	return []Entry{
		{Kind: Asked, Job: j, Manifest: m, About: about},
		{Kind: Ended, Job: j, Manifest: m, State: "answered"},
	}
}
