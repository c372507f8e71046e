package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tacit-space/tacit/engine/lab"
	"github.com/tacit-space/tacit/engine/lab/shape"
)

// Network is a small question to five workers over emulated networks: every member, the analyst too, reaches
// the coordinator over a way of its own.
var Network = Benchmark{
	Name:  "network",
	About: "a small question, masked and guarded, over emulated delay and bandwidth, against rounds·RTT + bytes/bandwidth",
	Run:   runNetwork,
}

// Rounds of a question, a message there and one back that depend on one another: the submission with the word that the
// answer is there; the offer with the owners' acceptance; one for each phase of the protocol (packages secagg and guard);
// and the result with the request for it.
const (
	roundsAround  = 3
	roundsMasked  = roundsAround + 5 // advertise, share, input, agree, open
	roundsGuarded = roundsAround + 4 // input, share, confirm, open; keys are made ahead
)

// question is what is asked over every network.
type networkQuestion struct {
	name   string
	cohort int
	rounds int
}

var networkQuestions = []networkQuestion{{"masked", 1, roundsMasked}, {"guarded", 10, roundsGuarded}}

// networkCase is a network. A rate of 0 is no limit: the case without delay and limit is what the others are compared with.
type networkCase struct {
	rtt  time.Duration
	mbit int64
}

func (c networkCase) link() shape.Link { return shape.Link{Delay: c.rtt / 2, Rate: c.mbit * 1e6 / 8} }

func (c networkCase) String() string {
	if c == (networkCase{}) {
		return "no delay and limit"
	}
	return fmt.Sprintf("%d ms, %d Mb/s", c.rtt.Milliseconds(), c.mbit)
}

// floor is the least time in seconds of so many rounds and bytes, the latter one after the other.
func (c networkCase) floor(rounds int, bytes int64) float64 {
	seconds := float64(rounds) * c.rtt.Seconds()
	if c.mbit > 0 {
		seconds += float64(bytes) * 8 / (float64(c.mbit) * 1e6)
	}
	return seconds
}

var (
	networkRTTs  = []time.Duration{0, 20 * time.Millisecond, 160 * time.Millisecond}
	networkRates = []int64{1000, 100} // Mb/s
)

func networkCases() []networkCase {
	cases := []networkCase{{}}
	for _, rate := range networkRates {
		for _, rtt := range networkRTTs {
			cases = append(cases, networkCase{rtt, rate})
		}
	}
	return cases
}

func runNetwork(ctx context.Context, o Options) (*Result, error) {
	rows := 10_000
	if o.Quick {
		rows = 100
	}
	result := &Result{
		Name: "network", Correct: true, Oracle: "the pooled query, for every question", Metrics: map[string]Metric{},
		Parameters: map[string]any{
			"owners": 5, "rows per owner": rows, "sql": latencySQL, "networks": fmt.Sprint(networkCases()),
			"compared": "the question with rounds·RTT + bytes/bandwidth + the median question without delay and limit; bytes are those of the analyst and of the worker with most, up and down",
		},
	}
	for _, q := range networkQuestions {
		n := &networkRun{o: o, q: q, f: figures{}, ways: map[string]*shape.Relay{}, took: map[networkCase][]float64{}, bytes: map[networkCase][]int64{}}
		if err := n.run(ctx, rows); err != nil {
			return nil, fmt.Errorf("network, %s: %w", q.name, err)
		}
		n.report(result)
	}
	return result, nil
}

// networkRun is one kind of question over all networks.
type networkRun struct {
	o     Options
	q     networkQuestion
	f     figures
	mu    sync.Mutex
	ways  map[string]*shape.Relay // by member
	asked int
	took  map[networkCase][]float64 // seconds
	bytes map[networkCase][]int64
}

func (n *networkRun) run(ctx context.Context, rows int) (err error) {
	s := spec{charter: smallCharter(n.q.cohort), table: "visits", between: n.between, owners: func(_ context.Context, dir string) ([]string, error) {
		return writeVisits(dir, n.o.Seed, 5, rows)
	}}
	defer func() {
		for _, way := range n.ways {
			err = errors.Join(err, way.Close())
		}
	}()
	return withSpace(ctx, n.o, s, func(ctx context.Context, sp *space) error {
		want, _, err := sp.unprotected(ctx, latencySQL)
		if err != nil {
			return err
		}
		if n.o.spoil {
			want[0][1] += "0"
		}
		for run := range n.o.Runs + 1 {
			for _, c := range networkCases() {
				if run == 0 && c != (networkCase{}) {
					continue // the first question connects and validates the data
				}
				if err := n.ask(ctx, sp, c, want, run > 0); err != nil {
					return fmt.Errorf("%s: %w", c, err)
				}
			}
			n.o.Say("network, %s, run %d of %d", n.q.name, run, n.o.Runs)
		}
		return nil
	})
}

// smallCharter is the charter of the visits with a minimum cohort. No ward is NULL: a guarded answer has a row
// for that group otherwise, which says that it is small.
func smallCharter(cohort int) string {
	text := strings.Replace(latencyCharter, "min_cohort: 1\n", fmt.Sprintf("min_cohort: %d\n", cohort), 1)
	return strings.NewReplacer("role: category", "role: category, nullable: false", "role: measure", "role: measure, nullable: false").Replace(text)
}

// between makes a member's way to the coordinator, once.
func (n *networkRun) between(member, coordinator string) (string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	way, err := shape.Listen(coordinator, shape.Link{})
	if err != nil {
		return "", err
	}
	if old := n.ways[member]; old != nil {
		err = old.Close()
	}
	n.ways[member] = way
	return way.Addr(), err
}

func (n *networkRun) set(link shape.Link) {
	for _, way := range n.ways {
		way.Set(link)
	}
}

// keysAhead is how many key sets a coordinator keeps.
const keysAhead = 2

// ask asks once. Key sets are waited for until nothing more is made, over a network without delay.
func (n *networkRun) ask(ctx context.Context, sp *space, c networkCase, want [][]string, keep bool) error {
	n.set(shape.Link{})
	if n.q.cohort > 1 {
		if err := sp.awaitKeys(ctx, n.asked+keysAhead); err != nil {
			return err
		}
	}
	n.set(c.link())
	before := n.counts()
	t, err := sp.trace(ctx, latencySQL)
	n.asked++
	if err != nil {
		return err
	}
	if err := check(t.rows, want); err != nil {
		return fmt.Errorf("the answer differs: %w", err)
	}
	if t.keys {
		return errors.New("its keys were not made ahead")
	}
	if keep {
		n.took[c] = append(n.took[c], t.took.Seconds())
		n.bytes[c] = append(n.bytes[c], n.since(before))
	}
	return nil
}

// counts are the bytes of each member's way so far.
func (n *networkRun) counts() map[string]int64 {
	counts := map[string]int64{}
	for member, way := range n.ways {
		up, down := way.Bytes()
		counts[member] = up + down
	}
	return counts
}

// since is the bytes of the analyst and of the worker with most.
func (n *networkRun) since(before map[string]int64) int64 {
	var own, worker int64
	for member, now := range n.counts() {
		if member == lab.AnalystID {
			own = now - before[member]
		} else {
			worker = max(worker, now-before[member])
		}
	}
	return own + worker
}

// report adds the figures: each question against its floor, and the rounds that the times show.
func (n *networkRun) report(r *Result) {
	alone := Summarise("s", n.took[networkCase{}]).Median
	for _, c := range networkCases() {
		name := n.q.name + ", " + c.String()
		n.f.add(name+": question", "s", n.took[c]...)
		if c == (networkCase{}) {
			continue
		}
		for i, took := range n.took[c] {
			floor := c.floor(n.q.rounds, n.bytes[c][i])
			n.f.add(name+": rounds·RTT + bytes/bandwidth", "s", floor)
			n.f.add(name+": question / (that + computing)", "ratio", took/(floor+alone))
			n.f.add(name+": bytes", "bytes", float64(n.bytes[c][i]))
		}
	}
	n.f.add(n.q.name+": rounds of the protocol", "rounds", float64(n.q.rounds))
	for _, rate := range networkRates {
		var x, y []float64
		for _, rtt := range networkRTTs {
			x = append(x, rtt.Seconds())
			y = append(y, Summarise("s", n.took[networkCase{rtt, rate}]).Median)
		}
		n.f.add(fmt.Sprintf("%s, %d Mb/s: rounds by the times", n.q.name, rate), "rounds", slope(x, y))
		label := fmt.Sprintf("%s, %d Mb/s", n.q.name, rate)
		r.Curves = append(r.Curves, Curve{
			Title: "A question over the network, " + label, XLabel: "round-trip time (s)", YLabel: "s",
			X: x, Lines: []Line{{Label: label, Y: y}},
		})
	}
	n.f.summarise("", r.Metrics)
}
