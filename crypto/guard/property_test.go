package guard

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tacit-space/tacit/crypto/cryptotest"
	"github.com/tacit-space/tacit/crypto/session"
)

var (
	schedules = flag.Int("schedules", 24, "random schedules of TestSchedules")
	firstSeed = flag.Uint64("seed", 1, "first seed of TestSchedules")
)

// TestSchedules runs random schedules of loss, delay, reordering, duplication, corruption,
// crashes and a lying worker. Whatever happens, the analyst gets exactly what should be
// released, or nothing. No honest worker says two different things of one kind in an attempt, or
// releases twice. After an attempt that nobody has released in, another one with fresh keys,
// perhaps of fewer workers, gives the release. And with fewer faults more must hold:
//
//   - nothing but delay and duplication: the release of all;
//   - no lies and no corruption: a result opens;
//   - no corruption: nobody honest is blamed.
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

// TestSchedulesNotice: without the analyst's checks, a corrupted result gives a wrong
// release; so TestSchedules can fail.
func TestSchedulesNotice(t *testing.T) {
	s := newSchedule(t, 1, defences{})
	s.net.Faults, s.net.Kill = cryptotest.Faults{}, map[session.Party]int{}
	s.run()
	body := s.net.Mailbox(session.Analyst)[0]
	body[len(body)-5] ^= 0x80 // a high bit of the last word
	if s.w.compareWith(body, defences{}) == nil {
		t.Error("a corrupted result is accepted")
	}
	o, err := (&opener{question: s.w.question, without: defences{resultCheck: true}}).open(body)
	if err != nil || s.w.compare(o, s.who) == nil {
		t.Errorf("a corrupted result is right without its checks: %v", err)
	}
}

// schedule is one random attempt and perhaps a second.
type schedule struct {
	t     *testing.T
	seed  uint64
	r     *rand.Rand
	w     *world
	who   session.Parties
	net   *cryptotest.Network
	kills int
	liar  session.Party                     // 0: nobody lies
	said  map[session.Party]map[kind]string // by workers
	end   string
}

func (s *schedule) String() string {
	return fmt.Sprintf("%d workers, %v, prepared %v, faults %+v, kills %d, liar %d, end %q",
		len(s.w.ids), s.w.shape.Verify, s.w.prepared != nil, s.net.Faults, s.kills, s.liar, s.end)
}

var scheduleWorlds = map[string]*world{}

func newSchedule(t *testing.T, seed uint64, without defences) *schedule {
	r := rand.New(rand.NewPCG(seed, 7))
	n := 3 + r.IntN(2)
	shape := small()
	shape.Verify = VerifyAll + Verify(r.IntN(3))
	name := fmt.Sprint(n, shape.Verify)
	if scheduleWorlds[name] == nil {
		scheduleWorlds[name] = newWorld(t, shape, n, 1) // the question takes long to sign
	}
	w := *scheduleWorlds[name]
	w.tb, w.without, w.inputs = t, without, map[session.Party]Input{}
	w.fill(r)
	if r.IntN(3) > 0 {
		w.prepare()
	}
	s := &schedule{t: t, seed: seed, r: r, w: &w, who: w.everyone(), said: map[session.Party]map[kind]string{}}
	s.net = w.network(1, seed, s.who)
	s.faults()
	s.listen()
	return s
}

// faults draws what goes wrong. Each kind is absent in most schedules, so that not every
// run dies early: one lost message ends an attempt.
func (s *schedule) faults() {
	rare := func(most float64) float64 {
		if s.r.IntN(4) > 0 {
			return 0
		}
		return most * s.r.Float64()
	}
	s.net.Faults = cryptotest.Faults{
		Drop: rare(0.05), Duplicate: rare(0.5), Reorder: rare(0.5), Corrupt: rare(0.05), Hasty: rare(0.02),
	}
	if s.r.IntN(3) == 0 {
		s.liar = s.who[s.r.IntN(len(s.who))]
	}
	if s.r.IntN(2) == 0 {
		s.kills = 1 + s.r.IntN(2)
		for range s.kills {
			p := session.Party(s.r.IntN(len(s.who) + 1))
			most := 14
			if p == session.Coordinator {
				most = 12 * len(s.who)
			}
			s.net.Kill[p] = 1 + s.r.IntN(most)
		}
	}
}

// listen notes what workers say: resending is of the same bytes, also after a restart.
func (s *schedule) listen() {
	for _, p := range s.who {
		s.said[p] = map[kind]string{}
		s.net.Lies[p] = func(_ session.Party, body []byte) [][]byte {
			k, text := kindOf(body), string(body)
			if old, ok := s.said[p][k]; ok && old != text {
				s.t.Errorf("worker %d says two different things of kind %#x", p, uint8(k))
			}
			s.said[p][k] = text
			return [][]byte{body}
		}
	}
	if s.liar != 0 {
		l := newLiar(s, s.liar)
		s.net.Lies[s.liar] = func(_ session.Party, body []byte) [][]byte { return [][]byte{l.lie(body)} }
	}
}

func (s *schedule) run() {
	s.net.Begin()
	for _, p := range s.who {
		if s.r.IntN(4) > 0 {
			s.net.Post(p, s.w.inputs[p])
		}
	}
	for range s.r.IntN(20) {
		s.net.Deliver()
	}
	for _, p := range s.who { // those that have it refuse
		s.net.Post(p, s.w.inputs[p])
	}
	s.net.Run()
	if s.net.Outcome(session.Coordinator).Ended() {
		s.net.Gone(session.Coordinator)
	}
}

func (s *schedule) check() {
	results := s.net.Mailbox(session.Analyst)
	for _, body := range results {
		// The network corrupts what is delivered, not what the analyst finds in its mailbox.
		o, err := Open(s.w.question, body, nil)
		if err == nil {
			err = s.w.compare(o, s.who)
		} else if s.liar != 0 {
			err = nil
		}
		if err != nil {
			s.t.Errorf("wrong: %v", err)
		}
	}
	f := s.net.Faults
	if f.Corrupt == 0 {
		s.checkBlame()
	}
	if s.liar == 0 && f.Corrupt == 0 && f.Drop == 0 && f.Hasty == 0 && f.Reorder == 0 && s.kills == 0 && len(results) == 0 {
		s.t.Error("nothing went wrong, and yet there is no result")
	}
	if out := s.net.Outcome(session.Coordinator); !out.Ended() && s.net.Machine(session.Coordinator) != nil {
		s.t.Error("the coordinator hangs")
	}
	switch {
	case len(results) > 0:
		s.end = "result"
	case len(s.net.Ledger) > 0:
		s.end = "only this attempt can be finished"
	case s.liar != 0:
		s.end = "ended with a liar"
	default:
		s.end = "another attempt"
		s.again()
	}
}

// checkBlame: nobody but the liar is blamed, at least not by honest parties.
func (s *schedule) checkBlame() {
	for _, p := range s.net.Parties() {
		if s.liar != 0 && p == s.liar {
			continue
		}
		out := s.net.Outcome(p)
		if out.Abort != nil && slices.ContainsFunc(out.Abort.Blame, func(b session.Party) bool { return b != s.liar || s.liar == 0 }) {
			s.t.Errorf("%d aborts and blames %v: %v", p, out.Abort.Blame, out.Abort.Err)
		}
		for _, refusal := range out.Refusals {
			var b *session.BlameError
			if errors.As(refusal, &b) && (b.Party != s.liar || s.liar == 0) {
				s.t.Errorf("%d blames %d: %v", p, b.Party, refusal)
			}
		}
	}
}

// again runs another attempt with fresh keys, without one worker if that leaves enough.
func (s *schedule) again() {
	w := *s.w
	w.prepared = nil
	who := s.who
	if len(who) > w.manifest.MinContributors {
		who = slices.Delete(slices.Clone(who), 1, 2)
	}
	net := w.network(2, s.seed, who)
	net.Ledger = s.net.Ledger
	w.begin(net)
	net.Run()
	o, err := w.opened(net)
	if err != nil {
		s.t.Errorf("second attempt: %v", err)
		return
	}
	w.check(o, who)
}

// TestReleasesExactly: random inputs, shapes and modes, for every k that a charter is likely to
// have. The cells have no, k−1, k, k+1 and other numbers of units; sums are of both signs.
func TestReleasesExactly(t *testing.T) {
	for _, c := range []struct {
		k   int
		set string
	}{{2, "F7"}, {5, "F7"}, {7, "G7"}, {10, "G15"}, {20, "G31"}} {
		t.Run(fmt.Sprintf("k=%d %s", c.k, c.set), func(t *testing.T) {
			seed := *firstSeed + uint64(c.k)
			r := rand.New(rand.NewPCG(seed, 3))
			s := randomShape(r, c.set, c.k)
			w := newWorld(t, s, 3+r.IntN(2), seed)
			net := w.network(1, seed, w.everyone())
			w.begin(net)
			net.Run()
			o, err := w.opened(net)
			must(t, err)
			w.check(o, w.everyone())
			if t.Failed() {
				t.Fatalf("seed %d: %+v", seed, *s)
			}
			must(t, suppressedAreZero(o))
		})
	}
}

// randomShape has a group of columns and a packed one with several runs, of them an open one,
// with the k given and a smaller one.
func randomShape(r *rand.Rand, set string, k int) *Shape {
	return &Shape{Set: set, Verify: VerifyAll + Verify(r.IntN(3)), Groups: []Group{
		{K: k, Packed: true, Runs: []Run{
			{Guards: 1 + r.IntN(200), Limbs: r.IntN(4)},
			{Guards: 1 + r.IntN(50), Limbs: 1 + r.IntN(3), Open: true},
			{Guards: 1 + r.IntN(20), Limbs: 1 + r.IntN(40)},
		}},
		{K: 2 + r.IntN(k-1), Runs: []Run{{Guards: 1 + r.IntN(8000), Limbs: r.IntN(2)}}},
	}}
}

// suppressedAreZero: nothing of a cell that is not released is in what the analyst gets.
func suppressedAreZero(o *Opened) error {
	for i, runs := range o.Groups {
		for j, run := range runs {
			for c, released := range run.Released {
				if released {
					continue
				}
				if run.Guards[c] != 0 || slices.ContainsFunc(run.Limbs, func(l []int64) bool { return l[c] != 0 }) {
					return fmt.Errorf("group %d, run %d, cell %d is not zero", i, j, c)
				}
			}
		}
	}
	return nil
}
