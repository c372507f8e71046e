package secagg

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tacit-space/tacit/crypto/cryptotest"
	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
)

var (
	schedules = flag.Int("schedules", 200, "random schedules of TestSchedules")
	firstSeed = flag.Uint64("seed", 1, "first seed of TestSchedules")
)

// TestSchedules runs random schedules of loss, delay, reordering, duplication,
// corruption, crashes and lies. Whatever happens, the analyst either gets the right sum
// of those it is told are in it, at least n_min, or no sum: never a wrong one. And with
// fewer faults more must hold:
//
//   - nothing but delay, reordering across links and duplication: the sum of all;
//   - no lies and no corruption: a result opens, and nobody is blamed;
//   - no corruption: nobody is blamed who did not lie.
func TestSchedules(t *testing.T) {
	tally := map[string]int{}
	for seed := *firstSeed; seed < *firstSeed+uint64(*schedules); seed++ {
		s := newSchedule(t, seed, defences{})
		s.run()
		s.check()
		tally[s.end]++
		if t.Failed() {
			t.Fatalf("seed %d: %s", seed, s)
		}
	}
	t.Logf("seeds %d to %d: %v", *firstSeed, *firstSeed+uint64(*schedules)-1, tally)
}

// TestSchedulesNotice: without the check of the sum, the schedules do give a wrong
// sum sooner or later; so TestSchedules can fail.
func TestSchedulesNotice(t *testing.T) {
	for seed := uint64(1); seed <= 400; seed++ {
		s := newSchedule(t, seed, defences{sumCheck: true})
		s.run()
		if o, err := s.w.open(s.n); err == nil && o != nil && !o.Sum.Equal(s.w.sum(o.Participants)) {
			t.Logf("seed %d: %s", seed, s)
			return
		}
	}
	t.Error("no schedule among 400 spoils a sum")
}

// schedule is one random run.
type schedule struct {
	t     *testing.T
	r     *rand.Rand
	w     *world
	n     *cryptotest.Network
	liars map[session.Party]bool
	kills int
	end   string
}

func (s *schedule) String() string {
	return fmt.Sprintf("%d workers, width %d, faults %+v, liars %v, kills %d, end %q",
		len(s.w.ids), s.w.manifest.Width, s.n.Faults, s.liars, s.kills, s.end)
}

var worlds = map[shape]*world{}

func newSchedule(t *testing.T, seed uint64, without defences) *schedule {
	r := rand.New(rand.NewPCG(seed, 7))
	sh := shape{corruptions: 1, length: 3, width: []ring.Width{64, 128}[r.IntN(2)]}
	sh.n = 3 + min(r.IntN(7), r.IntN(7)) // 3 … 9, small ones more often
	if sh.n >= 6 {
		sh.corruptions = 1 + r.IntN(2)
	}
	sh.threshold = job.ThresholdFor(sh.n, sh.corruptions)
	sh.min = max(sh.threshold, sh.corruptions+2)
	if worlds[sh] == nil {
		worlds[sh] = newWorld(t, sh, defences{})
	}
	w := *worlds[sh]
	w.without = without
	s := &schedule{t: t, r: r, w: &w, liars: map[session.Party]bool{}}
	s.w.tb = t
	s.w.inputs = map[session.Party]ring.Vector{}
	for _, p := range w.everyone() {
		s.w.inputs[p] = randomInput(r, sh)
	}
	s.n = s.w.network(seed, uint32(seed), w.everyone())
	s.faults(sh)
	return s
}

func randomInput(r *rand.Rand, s shape) ring.Vector {
	x := ring.NewVector(s.width, s.length)
	for j := range s.length {
		v := r.Int64N(1<<50) - 1<<49
		x.Words[j*s.width.Words()] = uint64(v)
		if s.width == ring.Width128 {
			x.Words[2*j+1] = uint64(v >> 63)
		}
	}
	return x
}

// faults draws what goes wrong. Each kind is absent in most schedules, so that
// not every run dies early.
func (s *schedule) faults(sh shape) {
	rare := func(most float64) float64 {
		if s.r.IntN(3) > 0 {
			return 0
		}
		return most * s.r.Float64()
	}
	s.n.Faults = cryptotest.Faults{
		Drop: rare(0.1), Duplicate: rare(0.5), Reorder: rare(1), Corrupt: rare(0.1), Hasty: rare(0.02),
	}
	if s.r.IntN(3) == 0 {
		s.kills = 1 + s.r.IntN(2)
		for range s.kills {
			p := session.Party(s.r.IntN(sh.n + 1))
			most := 8
			if p == session.Coordinator {
				most = 3 + 4*(sh.n+1)
			}
			s.n.Kill[p] = 1 + s.r.IntN(most)
		}
	}
	if s.r.IntN(3) == 0 {
		for range 1 + s.r.IntN(sh.corruptions) {
			p := session.Party(s.r.IntN(sh.n + 1))
			s.liars[p] = true
			s.n.Lies[p] = newLiar(s, p).lie
		}
	}
}

func (s *schedule) run() {
	s.n.Begin()
	for _, p := range s.w.everyone() {
		if s.r.IntN(4) > 0 {
			s.n.Post(p, Input{s.w.inputs[p].Clone()})
		}
	}
	for range s.r.IntN(40) {
		s.n.Deliver()
	}
	s.w.provideInputs(s.n, s.w.everyone()) // those that have it refuse
	s.n.Run()
	if s.n.Outcome(session.Coordinator).Ended() {
		s.n.Gone(session.Coordinator)
	}
}

func (s *schedule) check() {
	o, err := s.w.open(s.n)
	s.end = ending(o, err)
	s.checkSum(o, err)
	f := s.n.Faults
	honest := len(s.liars) == 0
	if honest && f.Corrupt == 0 {
		s.checkNobodyBlamed(err)
	}
	if f.Corrupt == 0 {
		s.checkBlame()
	}
	if honest && s.kills == 0 && f.Drop == 0 && f.Corrupt == 0 && f.Hasty == 0 && f.Reorder == 0 {
		if err != nil || o == nil || len(o.Participants) != len(s.w.ids) {
			s.t.Errorf("nothing went wrong, and yet: %v %v", o, err)
		}
	}
	s.checkEnds()
}

func ending(o *Opened, err error) string {
	switch {
	case errors.Is(err, session.ErrCheck):
		return "refused by check"
	case err != nil:
		return "refused by evidence"
	case o == nil:
		return "no result"
	}
	return "sum"
}

// checkSum: never a wrong one, never of too few.
func (s *schedule) checkSum(o *Opened, err error) {
	if err != nil || o == nil {
		return
	}
	if !o.Sum.Equal(s.w.sum(o.Participants)) {
		s.t.Error("wrong sum")
	}
	if len(o.Participants) < s.w.manifest.MinContributors {
		s.t.Error("too few participants")
	}
}

func (s *schedule) checkNobodyBlamed(err error) {
	if err != nil {
		s.t.Errorf("result refused: %v", err)
	}
	for _, p := range s.n.Parties() {
		for _, refusal := range s.n.Outcome(p).Refusals {
			var b *session.BlameError
			if errors.As(refusal, &b) {
				s.t.Errorf("%d blames %d: %v", p, b.Party, refusal)
			}
		}
	}
}

// checkBlame: an honest party's abort names liars only, and no honest party's
// refusal blames an honest one.
func (s *schedule) checkBlame() {
	for _, p := range s.n.Parties() {
		out := s.n.Outcome(p)
		if s.liars[p] {
			continue
		}
		if out.Abort != nil && slices.ContainsFunc(out.Abort.Blame, func(b session.Party) bool { return !s.liars[b] }) {
			s.t.Errorf("%d aborts and blames %v: %v", p, out.Abort.Blame, out.Abort.Err)
		}
		for _, refusal := range out.Refusals {
			var b *session.BlameError
			if errors.As(refusal, &b) && !s.liars[b.Party] {
				s.t.Errorf("%d blames %d: %v", p, b.Party, refusal)
			}
		}
	}
}

// checkEnds: the coordinator's attempt is over, one way or another.
func (s *schedule) checkEnds() {
	out := s.n.Outcome(session.Coordinator)
	if !out.Ended() && s.n.Machine(session.Coordinator) != nil {
		s.t.Error("the coordinator hangs")
	}
}
