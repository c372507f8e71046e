package guard

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/tacit-space/tacit/crypto/cryptotest"
	"github.com/tacit-space/tacit/crypto/session"
)

// TestTranscripts runs the cases of testdata/*.txt. Commands:
//
//	job n=3 [least=3] [verify=some] [prepared]   a job of the shape small()
//	attempt number=1 [of=(1,2)]                  an attempt: machines of the server and these workers (default: all)
//	prepare                                      or the making of a key set ahead
//	rule KIND from=3 [to=2] do=lose|hold|twice|both|flip|cut
//	                           what happens to messages of a kind
//	free                       sends what was held
//	say KIND from=9 [to=2]     the last message of a kind, of an earlier attempt or job too, from this party
//	inject from=1 to=0 kind=7f a message that is a kind and nothing else
//	gone 3 | kill 3            the driver's news of a party; a process killed and restored
//	kill-at 3 effect=2         killed after so many effects
//	run [until=KIND]           with inputs, to the end, or until a message of a kind is said; prints what
//	                           happens, repetitions of a kind in one line
//	open                       the analyst opens the result
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if !strings.HasSuffix(path, ".txt") {
			t.Skip("not a transcript")
		}
		s := &script{t: t}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.t = t
			return s.do(d)
		})
	})
}

type script struct {
	t      *testing.T
	w      *world
	n      *cryptotest.Network
	lines  []string
	rules  []rule
	held   []said
	last   map[kind][]byte // of all jobs
	heard  map[kind]bool   // in this attempt
	ledger map[session.Party][32]byte
	begun  bool
}

type said struct {
	from, to session.Party
	body     []byte
}

// rule says what happens to messages.
type rule struct {
	kind     kind
	from, to session.Party // to 0: anybody, if from is not the server
	anybody  bool
	do       string
}

func (s *script) do(d *datadriven.TestData) string {
	switch d.Cmd {
	case "job":
		s.job(d)
	case "attempt":
		s.attempt(d)
	case "prepare":
		s.listen(s.w.preparation(1).net)
	case "rule":
		s.rule(d)
	case "free":
		for _, h := range s.held {
			s.n.Inject(h.from, h.to, h.body)
		}
		s.held = nil
	case "say":
		s.begin()
		to := session.Coordinator
		if d.HasArg("to") {
			to = s.party(d, "to")
		}
		s.n.Inject(s.party(d, "from"), to, s.last[kindNamed(d.CmdArgs[0].Key)])
	case "inject":
		s.begin()
		var k string
		d.ScanArgs(s.t, "kind", &k)
		number, err := strconv.ParseUint(k, 16, 8)
		must(s.t, err)
		s.n.Inject(s.party(d, "from"), s.party(d, "to"), []byte{byte(number)})
	case "gone":
		s.begin()
		s.n.Cut(s.first(d))
		s.n.Gone(s.first(d))
	case "kill":
		s.begin()
		s.n.Restart(s.first(d))
	case "kill-at":
		var effect int
		d.ScanArgs(s.t, "effect", &effect)
		s.n.Kill[s.first(d)] = effect
	case "run":
		s.run(d)
	case "open":
		return s.opened()
	default:
		s.t.Fatalf("unknown command %s", d.Cmd)
	}
	return s.flush()
}

func (s *script) job(d *datadriven.TestData) {
	var n int
	d.ScanArgs(s.t, "n", &n)
	least := 3
	if d.HasArg("least") {
		d.ScanArgs(s.t, "least", &least)
	}
	shape := small()
	if d.HasArg("verify") {
		var mode string
		d.ScanArgs(s.t, "verify", &mode)
		shape.Verify = map[string]Verify{"all": VerifyAll, "some": VerifySome, "none": VerifyNone}[mode]
	}
	s.w = newWorldOf(s.t, shape, n, least, 1)
	if d.HasArg("prepared") {
		s.w.prepare()
	}
	s.ledger = map[session.Party][32]byte{}
	if s.last == nil {
		s.last = map[kind][]byte{}
	}
}

func (s *script) attempt(d *datadriven.TestData) {
	var number int
	d.ScanArgs(s.t, "number", &number)
	who := s.w.everyone()
	if d.HasArg("of") {
		who = s.set(d, "of")
	}
	s.w.tb = s.t
	s.listen(s.w.network(uint32(number), 1, who))
}

// listen makes a network the current one.
func (s *script) listen(n *cryptotest.Network) {
	s.n = n
	s.n.Orderly, s.n.Ledger = true, s.ledger
	s.rules, s.held, s.heard = nil, nil, map[kind]bool{}
	s.n.Trace = func(format string, args ...any) { s.lines = append(s.lines, fmt.Sprintf(format, args...)) }
	for _, p := range s.n.Parties() {
		s.n.Lies[p] = func(to session.Party, body []byte) [][]byte { return s.pass(said{p, to, body}) }
	}
	s.begun = false
}

// begin starts the machines when the first thing happens, so that rules can be
// made before.
func (s *script) begin() {
	if !s.begun {
		s.begun = true
		if _, ok := s.n.Machine(session.Coordinator).(*Server); ok {
			s.w.begin(s.n)
		} else {
			s.n.Begin() // nothing that is prepared has inputs
		}
	}
}

func (s *script) run(d *datadriven.TestData) {
	s.begin()
	if !d.HasArg("until") {
		s.n.Run()
		return
	}
	var until string
	d.ScanArgs(s.t, "until", &until)
	for !s.heard[kindNamed(until)] && s.n.Step() {
	}
}

func (s *script) rule(d *datadriven.TestData) {
	r := rule{kind: kindNamed(d.CmdArgs[0].Key), from: s.party(d, "from"), anybody: !d.HasArg("to")}
	if !r.anybody {
		r.to = s.party(d, "to")
	}
	d.ScanArgs(s.t, "do", &r.do)
	s.rules = append(s.rules, r)
}

// pass applies the first rule that fits.
func (s *script) pass(m said) [][]byte {
	s.last[kindOf(m.body)], s.heard[kindOf(m.body)] = slices.Clone(m.body), true
	for _, r := range s.rules {
		if r.kind == kindOf(m.body) && r.from == m.from && (r.anybody || r.to == m.to) {
			return s.apply(r, m)
		}
	}
	return [][]byte{m.body}
}

func (s *script) apply(r rule, m said) [][]byte {
	switch r.do {
	case "lose":
		return nil
	case "hold":
		s.held = append(s.held, m)
		return nil
	case "twice":
		return [][]byte{m.body, m.body}
	case "flip":
		m.body[len(m.body)-1] ^= 1
	case "cut":
		m.body = m.body[:len(m.body)-1]
	case "both":
		other := slices.Clone(m.body)
		other[len(other)-1] ^= 1
		return [][]byte{m.body, other}
	default:
		s.t.Fatalf("unknown rule %s", r.do)
	}
	return [][]byte{m.body}
}

func (s *script) opened() string {
	results := s.n.Mailbox(session.Analyst)
	if len(results) == 0 {
		return "no result"
	}
	for _, r := range results[1:] {
		if !slices.Equal(results[0], r) {
			return "TWO DIFFERENT RESULTS"
		}
	}
	o, err := Open(s.w.question, results[0], nil)
	if err != nil {
		return err.Error()
	}
	if err := s.w.compare(o, o.Participants); err != nil {
		return "WRONG: " + err.Error()
	}
	return fmt.Sprintf("the right release of %v", o.Participants)
}

// flush joins lines that differ in a worker only: "1..5 -> 0 input".
func (s *script) flush() string {
	var out []string
	for i := 0; i < len(s.lines); {
		j := i + 1
		for j < len(s.lines) && lineOf(s.lines[j]) == lineOf(s.lines[i]) {
			j++
		}
		out = append(out, joined(s.lines[i:j]))
		i = j
	}
	s.lines = nil
	if len(out) == 0 {
		return "ok"
	}
	return strings.Join(out, "\n")
}

// lineOf replaces the worker that a line begins with, or that it is sent to.
func lineOf(line string) string {
	f := strings.Fields(line)
	if len(f) > 2 && f[1] == "->" && f[0] == "0" {
		f[2] = "*"
	} else if f[0] != "0" {
		f[0] = "*"
	}
	return strings.Join(f, " ")
}

func joined(lines []string) string {
	f := strings.Fields(lines[0])
	at := 0
	if len(f) > 2 && f[1] == "->" && f[0] == "0" {
		at = 2
	}
	var who []string
	for _, l := range lines {
		who = append(who, strings.Fields(l)[at])
	}
	f[at] = strings.Join(who, ",")
	return strings.Join(f, " ")
}

func (s *script) first(d *datadriven.TestData) session.Party {
	return s.number(d.CmdArgs[0].Key)
}

func (s *script) party(d *datadriven.TestData, arg string) session.Party {
	var text string
	d.ScanArgs(s.t, arg, &text)
	return s.number(text)
}

func (s *script) number(text string) session.Party {
	p, err := strconv.Atoi(text)
	must(s.t, err)
	return session.Party(p)
}

func (s *script) set(d *datadriven.TestData, arg string) session.Parties {
	var p session.Parties
	for _, a := range d.CmdArgs {
		if a.Key == arg {
			for _, v := range a.Vals {
				p = append(p, s.number(v))
			}
		}
	}
	return p
}

func kindNamed(name string) kind {
	for k, n := range kindNames {
		if n == name {
			return k
		}
	}
	return 0
}
