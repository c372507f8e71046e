package cryptotest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/tacit-space/tacit/crypto/session"
)

// Script runs the commands of a transcript that are the same for every protocol. Messages
// are named as by [Network.Name].
//
//	rule KIND from=3 [to=2] do=lose|hold|twice|both|flip|cut
//	                           what happens to messages of a kind
//	free                       sends what was held
//	say KIND from=9 [to=2]     the last message of a kind, of an earlier attempt or job too, from this party
//	inject from=1 to=0 kind=7f a message that is a kind and nothing else
//	gone 3 | kill 3            the driver's news of a party; a process killed and restored
//	kill-at 3 effect=2         killed after so many effects
//	run [until=KIND]           to the end, or until a message of a kind is said; prints what
//	                           happens, repetitions of a kind in one line
type Script struct {
	T       *testing.T
	Network *Network // of the attempt that runs

	start  func() // starts its machines
	lines  []string
	rules  []rule
	held   []said
	last   map[string][]byte // of all attempts and jobs
	heard  map[string]bool   // in this attempt
	ledger map[session.Party][32]byte
	begun  bool
}

type said struct {
	from, to session.Party
	body     []byte
}

// rule says what happens to messages.
type rule struct {
	kind     string
	from, to session.Party
	anybody  bool // to is not said
	do       string
}

// Walk runs the files of testdata whose names end in .txt, each with commands of its own.
func Walk(t *testing.T, commands func() func(*testing.T, *datadriven.TestData) string) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if !strings.HasSuffix(path, ".txt") {
			t.Skip("not a transcript")
		}
		datadriven.RunTest(t, path, commands())
	})
}

// Job begins a new job, of which nothing is released.
func (s *Script) Job() { s.ledger = map[session.Party][32]byte{} }

// Attempt makes a network the current one; its machines start when the first thing happens.
func (s *Script) Attempt(n *Network, start func()) {
	s.Network, s.start, s.begun = n, start, false
	n.Orderly, n.Ledger = true, s.ledger
	s.rules, s.held, s.heard = nil, nil, map[string]bool{}
	if s.last == nil {
		s.last = map[string][]byte{}
	}
	n.Trace = func(format string, args ...any) { s.lines = append(s.lines, fmt.Sprintf(format, args...)) }
	for _, p := range n.Parties() {
		n.Lies[p] = func(to session.Party, body []byte) [][]byte { return s.pass(said{p, to, body}) }
	}
}

// Do carries out one of the commands above and returns what happened.
func (s *Script) Do(d *datadriven.TestData) string {
	s.T.Helper()
	switch d.Cmd {
	case "rule":
		s.rule(d)
	case "free":
		for _, h := range s.held {
			s.Network.Inject(h.from, h.to, h.body)
		}
		s.held = nil
	case "say":
		s.begin()
		to := session.Coordinator
		if d.HasArg("to") {
			to = s.party(d, "to")
		}
		s.Network.Inject(s.party(d, "from"), to, s.last[d.CmdArgs[0].Key])
	case "inject":
		s.begin()
		var kind string
		d.ScanArgs(s.T, "kind", &kind)
		s.Network.Inject(s.party(d, "from"), s.party(d, "to"), []byte{byte(s.number(kind, 16))})
	case "gone":
		s.begin()
		s.Network.Cut(s.first(d))
		s.Network.Gone(s.first(d))
	case "kill":
		s.begin()
		s.Network.Restart(s.first(d))
	case "kill-at":
		var effect int
		d.ScanArgs(s.T, "effect", &effect)
		s.Network.Kill[s.first(d)] = effect
	case "run":
		s.run(d)
	default:
		s.T.Fatalf("unknown command %s", d.Cmd)
	}
	return s.flush()
}

// begin starts the machines when the first thing happens, so that rules can be made
// before.
func (s *Script) begin() {
	if !s.begun {
		s.begun = true
		s.start()
	}
}

func (s *Script) run(d *datadriven.TestData) {
	s.begin()
	if !d.HasArg("until") {
		s.Network.Run()
		return
	}
	var until string
	d.ScanArgs(s.T, "until", &until)
	for !s.heard[until] && s.Network.Step() {
	}
}

func (s *Script) rule(d *datadriven.TestData) {
	r := rule{kind: d.CmdArgs[0].Key, from: s.party(d, "from"), anybody: !d.HasArg("to")}
	if !r.anybody {
		r.to = s.party(d, "to")
	}
	d.ScanArgs(s.T, "do", &r.do)
	s.rules = append(s.rules, r)
}

// pass applies the first rule that fits.
func (s *Script) pass(m said) [][]byte {
	kind := s.Network.Name(m.body)
	s.last[kind], s.heard[kind] = slices.Clone(m.body), true
	for _, r := range s.rules {
		if r.kind == kind && r.from == m.from && (r.anybody || r.to == m.to) {
			return s.apply(r, m)
		}
	}
	return [][]byte{m.body}
}

func (s *Script) apply(r rule, m said) [][]byte {
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
		s.T.Fatalf("unknown rule %s", r.do)
	}
	return [][]byte{m.body}
}

// Result is the only message to the analyst; nil if there is none. Two different ones are
// an error.
func (s *Script) Result() []byte {
	results := s.Network.Mailbox(session.Analyst)
	if len(results) == 0 {
		return nil
	}
	for _, r := range results[1:] {
		if !slices.Equal(results[0], r) {
			s.T.Error("two different results")
		}
	}
	return results[0]
}

// flush joins lines that differ in a worker only: "1,2,3 -> 0 input".
func (s *Script) flush() string {
	var out []string
	for i := 0; i < len(s.lines); {
		j := i + 1
		for j < len(s.lines) && anyWorker(s.lines[j]) == anyWorker(s.lines[i]) {
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

// worker is where in the fields of a line the worker stands that it is about: to whom
// the coordinator sends, or at the beginning. -1: nowhere.
func worker(f []string) int {
	switch {
	case len(f) > 2 && f[1] == "->" && f[0] == "0":
		return 2
	case f[0] != "0":
		return 0
	}
	return -1
}

// anyWorker replaces the worker that a line is about.
func anyWorker(line string) string {
	f := strings.Fields(line)
	if at := worker(f); at >= 0 {
		f[at] = "*"
	}
	return strings.Join(f, " ")
}

func joined(lines []string) string {
	f := strings.Fields(lines[0])
	at := max(0, worker(f))
	var who []string
	for _, l := range lines {
		who = append(who, strings.Fields(l)[at])
	}
	f[at] = strings.Join(who, ",")
	return strings.Join(f, " ")
}

func (s *Script) first(d *datadriven.TestData) session.Party {
	return session.Party(s.number(d.CmdArgs[0].Key, 10))
}

func (s *Script) party(d *datadriven.TestData, arg string) session.Party {
	var text string
	d.ScanArgs(s.T, arg, &text)
	return session.Party(s.number(text, 10))
}

// Set returns the parties of an argument, such as of=(1,2).
func (s *Script) Set(d *datadriven.TestData, arg string) session.Parties {
	var p session.Parties
	for _, a := range d.CmdArgs {
		if a.Key == arg {
			for _, v := range a.Vals {
				p = append(p, session.Party(s.number(v, 10)))
			}
		}
	}
	return p
}

func (s *Script) number(text string, base int) uint64 {
	n, err := strconv.ParseUint(text, base, 16)
	if err != nil {
		s.T.Fatal(err)
	}
	return n
}
