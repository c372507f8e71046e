package coordinator

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// fourOwners is a job that four owners accepted and that needs least of them.
func fourOwners(least int) *job {
	j := &job{
		c: &coordinator{Config: Config{Now: time.Now}}, log: slog.New(slog.DiscardHandler), feed: newFeed(transport.Progress{}),
		manifest: &cryptojob.Manifest{MinContributors: least}, decisions: map[string]store.Decision{}, excluded: map[string]bool{}, left: map[string]int{},
	}
	for _, id := range []string{"a", "b", "c", "d"} {
		j.manifest.Roster = append(j.manifest.Roster, cryptojob.Member{ID: id})
		j.decisions[id] = store.Decision{Verdict: store.Accepted}
	}
	return j
}

// A worker that provably misbehaved is in no later attempt; whom nobody can blame, the coordinator itself, or a
// position that does not exist, changes nothing.
func TestBlamedWorkersAreExcluded(t *testing.T) {
	j := fourOwners(3)
	w := j.feed.join()
	j.exclude([]session.Party{session.Coordinator, 2, 5, session.Analyst})
	if got := j.willing(); !slices.Equal(got, []string{"a", "c", "d"}) {
		t.Errorf("%v go on", got)
	}
	if told := j.feed.take(w); !slices.ContainsFunc(told, func(p transport.Progress) bool { return p.Event == "excluded" && p.Member == "b" }) {
		t.Errorf("told: %+v", told)
	}
}

// Workers that cost two attempts are done without, as long as enough are left.
func TestUnsteadyWorkersAreLeftOut(t *testing.T) {
	all := []string{"a", "b", "c", "d"}
	for least, want := range map[int][]string{3: {"a", "c", "d"}, 4: all} {
		j := fourOwners(least)
		j.left["b"], j.left["c"] = strikes, strikes-1
		if got := j.steady(all); !slices.Equal(got, want) {
			t.Errorf("at least %d: %v go on, want %v", least, got, want)
		}
	}
}
