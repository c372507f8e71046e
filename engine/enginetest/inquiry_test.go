package enginetest_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/array"

	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/differencing"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inquiry"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/query/querygen"
	"github.com/tacit-space/tacit/engine/source"
	"github.com/tacit-space/tacit/engine/transport"
	"github.com/tacit-space/tacit/engine/worker"
)

func forecast(t *testing.T, c *analyst.Client, sql string, o analyst.Options) *analyst.Forecast {
	t.Helper()
	draft, err := c.Compile(sql)
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.Inquire(t.Context(), draft, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// said is what an owner says, as one text.
func said(o analyst.OwnerForecast) string {
	if o.Answer == nil {
		return "none " + o.Fault.Code
	}
	return strings.TrimSpace(o.Answer.Verdict.String() + " " + o.Answer.Reason.Code)
}

func wantSaid(t *testing.T, f *analyst.Forecast, outlook analyst.Outlook, want ...string) {
	t.Helper()
	for i, o := range f.Owners {
		if got := said(o); got != want[i] {
			t.Errorf("%s says %q, want %q (%v)", o.Member, got, want[i], o.Answer)
		}
	}
	if got := f.Outlook(); got != outlook {
		t.Errorf("outlook %q, want %q", got, outlook)
	}
}

// online waits until so many workers are connected.
func online(s *enginetest.Space, n int) { s.Log.UntilTimes(n, `msg="worker connected"`) }

// Every owner says for itself what it would do, and nothing of it is stored anywhere.
func TestInquiry(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{
		Owners: 5, MinContributors: 4,
		Rules: func(r *charter.Rules) { r.Purposes = []string{"care", "research"} },
		Worker: func(id string, c *worker.Config) {
			c.Source = unread{t}
			switch id {
			case "owner2":
				c.Accept.Purposes = []string{"care"}
			case "owner3":
				c.Accept.Inquiries = "refuse"
			}
		},
	})
	s.StartCoordinator()
	for _, id := range s.Owners[:4] {
		s.StartWorker(id)
	}
	online(s, 4)
	c := s.Client()
	before := dump(t, s)

	wantSaid(t, forecast(t, c, enginetest.Query, analyst.Options{Purpose: "care"}), analyst.NotSaid,
		"accept", "accept", "silent "+inquiry.Off.Code, "accept", "none "+inquiry.NotConnected.Code)
	wantSaid(t, forecast(t, c, enginetest.Query, analyst.Options{Purpose: "research"}), analyst.NotConnected,
		"accept", "refuse "+policy.OwnRule.Code, "silent "+inquiry.Off.Code, "accept", "none "+inquiry.NotConnected.Code)
	wantSaid(t, forecast(t, c, enginetest.Query, analyst.Options{Purpose: "curiosity"}), analyst.WouldFail,
		"refuse "+policy.WrongPurpose.Code, "refuse "+policy.WrongPurpose.Code, "silent "+inquiry.Off.Code,
		"refuse "+policy.WrongPurpose.Code, "none "+inquiry.NotConnected.Code)

	s.StartWorker("owner5")
	online(s, 5)
	wantSaid(t, forecast(t, c, enginetest.Query, analyst.Options{Purpose: "care"}), analyst.WouldRun,
		"accept", "accept", "silent "+inquiry.Off.Code, "accept", "accept")
	delete(before, "owner5")
	after := dump(t, s)
	for id, tables := range before {
		if after[id] != tables {
			t.Errorf("the store of %s changed:\n%s\nwas\n%s", id, after[id], tables)
		}
	}
}

// unread is a source that nobody may read.
type unread struct{ t *testing.T }

func (u unread) read() error {
	u.t.Error("an inquiry read the owner's data")
	return errors.New("read")
}

func (u unread) Validate(context.Context, string) (*source.Report, error) { return nil, u.read() }

func (u unread) AggregateUnits(context.Context, *plan.Plan, []plan.Guard) (array.RecordReader, error) {
	return nil, u.read()
}

func (u unread) AggregateBounded(context.Context, *plan.Plan, []plan.Guard, *plan.Noise, [32]byte) (array.RecordReader, error) {
	return nil, u.read()
}

func (u unread) Compare(context.Context, string, *differencing.Comparison) error { return u.read() }

// dump returns everything in the stores, by member.
func dump(t *testing.T, s *enginetest.Space) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, id := range append([]string{enginetest.CoordinatorID, enginetest.AnalystID}, s.Owners...) {
		file := filepath.Join(s.Store(id), "tacit.db")
		db, err := sql.Open("sqlite", "file:"+file+"?mode=ro&_pragma=busy_timeout(5000)")
		if err != nil {
			t.Fatal(err)
		}
		names, err := lines(db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
		if err == nil {
			for _, name := range names {
				rows, failed := lines(db, `SELECT * FROM "`+name+`"`)
				err = errors.Join(err, failed)
				all[id] += name + "\n" + strings.Join(rows, "")
			}
		}
		if id != "owner5" && err != nil { // whose worker starts later
			t.Fatal(id, err)
		}
		db.Close()
	}
	return all
}

func lines(db *sql.DB, query string) (all []string, err error) {
	rows, err := db.Query(query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		if name, ok := values[0].(string); ok && len(columns) == 1 {
			all = append(all, name)
			continue
		}
		all = append(all, fmt.Sprintf("  %v\n", values))
	}
	return all, rows.Err()
}

// What the coordinator and the limits of time do: an answer that is late is none, and a client that
// goes away leaves nothing behind.
func TestInquiryEnds(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3, Coordinator: func(c *coordinator.Config) {
		c.Timing.Answer = time.Nanosecond
		c.Limits.MaxVector = 8
	}}).Start()
	online(s, 3)
	c := s.Client()
	late := "none " + inquiry.NoAnswer.Code
	f := forecast(t, c, enginetest.Query, analyst.Options{})
	wantSaid(t, f, analyst.WouldFail, late, late, late)
	if !coordinator.TooLarge.Is(f.Coordinator) {
		t.Errorf("the coordinator says %v", f.Coordinator)
	}
	draft, err := c.Compile(enginetest.Query)
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Inquire(gone, draft, analyst.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled inquiry: %v", err)
	}
	for range 30 {
		if _, err = c.Inquire(t.Context(), draft, analyst.Options{}); err != nil {
			break
		}
	}
	wantCode(t, err, inquiry.TooMany)
	if other := forecast(t, s.ClientOf(enginetest.OtherAnalystID), enginetest.Query, analyst.Options{}); other.Tally().Silent != 3 {
		t.Error("the limit of one analyst holds for another")
	}
}

// What the coordinator passes on must be an inquiry of its analyst, for the owners of the table, and alive.
func TestInquiriesRefused(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3})
	s.StartCoordinator()
	good := s.Manifest(enginetest.Query, nil)
	until := time.Now().Add(time.Minute).Unix()
	swapped := good
	swapped.Roster = []cryptojob.Member{good.Roster[1], good.Roster[0], good.Roster[2]}
	for name, bad := range map[string]struct {
		body []byte
		as   string
		want *fault.Kind
	}{
		"nothing":         {nil, enginetest.AnalystID, coordinator.Malformed},
		"a job":           {s.Question().Submission(), enginetest.AnalystID, coordinator.Malformed},
		"another analyst": {inquire(t, s, good, until).Inquiry().Marshal(), enginetest.OtherAnalystID, coordinator.Malformed},
		"another roster":  {inquire(t, s, swapped, until).Inquiry().Marshal(), enginetest.AnalystID, coordinator.Malformed},
		"lives too long":  {inquire(t, s, good, until+3600).Inquiry().Marshal(), enginetest.AnalystID, inquiry.WrongLife},
		"is over":         {inquire(t, s, good, until-3600).Inquiry().Marshal(), enginetest.AnalystID, inquiry.WrongLife},
	} {
		err := s.NetClient(bad.as).Inquire(t.Context(), bad.body, func(transport.InquiryReply) error { return nil })
		if !bad.want.Is(err) {
			t.Errorf("%s: %v, want %s", name, err, bad.want.Code)
		}
	}
	if _, err := s.NetClient(enginetest.AnalystID).Submit(t.Context(), inquire(t, s, good, until).Inquiry().Marshal()); !coordinator.Malformed.Is(err) {
		t.Errorf("an inquiry that is submitted as a job: %v", err)
	}
}

func inquire(t *testing.T, s *enginetest.Space, m cryptojob.Manifest, until int64) *cryptojob.Inquirer {
	t.Helper()
	q, err := cryptojob.NewInquiry(m, until, s.Identity(enginetest.AnalystID), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// opened is the answer of owner1 in a packet.
func opened(t *testing.T, q *cryptojob.Inquirer, p transport.Packet) *inquiry.Answer {
	t.Helper()
	if envelope.Kind(p.Kind) != envelope.Reply {
		t.Fatalf("got %s, want an answer", envelope.Kind(p.Kind))
	}
	content, err := q.Open(1, p.Body)
	if err != nil {
		t.Fatal(err)
	}
	a, err := inquiry.Parse(content)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A dishonest coordinator at a worker: an inquiry does not run as a job, a job is not answered as an inquiry, and
// one that is repeated is answered once. All answers look alike.
func TestInquiryAgainstItsCoordinator(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3, Worker: func(_ string, c *worker.Config) {
		c.Accept.Purposes = []string{"care", ""}
	}})
	hub := s.StartHostileHub()
	s.StartWorker("owner1")
	hub.Await("owner1")
	m := s.Manifest(enginetest.Query, nil)
	until := time.Now().Add(time.Minute).Unix()
	q := inquire(t, s, m, until)
	raw := q.Inquiry().Marshal()

	hub.Say("owner1", m.Job, 0, envelope.Offer, raw)
	hub.Want(envelope.Refuse, worker.Malformed)
	hub.Say("owner1", m.Job, 0, envelope.Offer, offerOfInquiry(t, s, q))
	hub.Want(envelope.Refuse, worker.Malformed)

	job := s.Question()
	hub.Say("owner1", job.Manifest().Job, 0, envelope.Inquire, job.Submission())
	hub.Say("owner1", job.Manifest().Job, 0, envelope.Inquire, offerOf(t, job, 1))
	hub.Say("owner1", [16]byte{9}, 0, envelope.Inquire, raw) // under another id
	stranger := inquireAs(t, s, m, until, enginetest.OtherAnalystID)
	hub.Say("owner1", m.Job, 0, envelope.Inquire, stranger)
	s.Log.UntilTimes(4, `msg="inquiry dropped"`)

	hub.Say("owner1", m.Job, 0, envelope.Inquire, raw)
	_, p := hub.Next()
	if a := opened(t, q, p); a.Verdict != inquiry.Accept {
		t.Errorf("answer %+v", a)
	}
	hub.Say("owner1", m.Job, 0, envelope.Inquire, raw)
	s.Log.Until("it was seen before")
	hub.Say("owner1", m.Job, 1, envelope.Begin, nil) // nothing was accepted
	hub.Want(envelope.Withdraw, worker.Over)

	refused := s.Manifest(enginetest.Query, func(j *plan.Job) { j.Purpose = "research" })
	other := inquire(t, s, refused, until)
	hub.Say("owner1", refused.Job, 0, envelope.Inquire, other.Inquiry().Marshal())
	_, p2 := hub.Next()
	if a := opened(t, other, p2); a.Verdict != inquiry.Refuse || a.Reason.Code != policy.OwnRule.Code {
		t.Errorf("answer %+v", a)
	}
	if len(p.Body) != len(p2.Body) || bytes.Contains(p2.Body, []byte("TACIT")) {
		t.Error("the coordinator can tell a refusal from an acceptance")
	}
	if _, err := q.Open(1, p2.Body); !errors.Is(err, cryptojob.ErrAnswer) {
		t.Errorf("an answer to another inquiry: %v", err)
	}
}

// offerOfInquiry is an offer with the manifest of an inquiry, as far as a coordinator can make one: what it
// lacks is signed and sealed for another job.
func offerOfInquiry(t *testing.T, s *enginetest.Space, q *cryptojob.Inquirer) []byte {
	t.Helper()
	manifest := q.Inquiry().Manifest.Marshal()
	whole := q.Inquiry().Marshal()
	signed := whole[1+8:] // manifest with its length, signature
	offer := offerOf(t, s.Question(), 1)
	tail := offer[1+4+len(s.Question().Manifest().Marshal())+len(signed)-4-len(manifest):]
	return append(append([]byte{offer[0]}, signed...), tail...)
}

func inquireAs(t *testing.T, s *enginetest.Space, m cryptojob.Manifest, until int64, id string) []byte {
	t.Helper()
	m.Analyst.Key = s.Identity(id).Public() // under the name of the analyst
	q, err := cryptojob.NewInquiry(m, until, s.Identity(id), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return q.Inquiry().Marshal()
}

// A worker answers so many inquiries of one analyst, whatever the coordinator passes on, and none that is over
// by its clock.
func TestInquiriesAreBounded(t *testing.T) {
	var ahead atomic.Int64
	s := enginetest.New(t, enginetest.Options{Owners: 3, Worker: func(_ string, c *worker.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	}})
	hub := s.StartHostileHub()
	s.StartWorker("owner1")
	hub.Await("owner1")
	ask := func(until time.Time) *inquiry.Answer {
		m := s.Manifest(enginetest.Query, nil)
		q := inquire(t, s, m, until.Unix())
		hub.Say("owner1", m.Job, 0, envelope.Inquire, q.Inquiry().Marshal())
		_, p := hub.Next()
		return opened(t, q, p)
	}
	for _, until := range []time.Time{time.Now().Add(-time.Hour), time.Now().Add(time.Hour)} {
		if a := ask(until); a.Verdict != inquiry.Silent || a.Reason.Code != inquiry.OtherClock.Code {
			t.Errorf("answer %+v", a)
		}
	}
	answered := 0
	for range 40 {
		a := ask(time.Now().Add(time.Minute))
		if a.Reason.Code == inquiry.TooOften.Code {
			break
		}
		answered++
	}
	if answered < 20 || answered > 30 {
		t.Errorf("%d inquiries were answered", answered)
	}
	ahead.Store(int64(10 * time.Second))
	if a := ask(time.Now().Add(time.Minute)); a.Verdict != inquiry.Accept {
		t.Errorf("after a while: %+v", a)
	}
}

// A dishonest coordinator at the analyst: what it swaps, makes up, repeats or holds back is not taken for an owner's word.
func TestAnswersOfADishonestCoordinator(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3})
	hub := s.StartHostileHub()
	c := s.Client()
	var earlier []byte
	answer := func(q *cryptojob.Inquiry, i int, as string) []byte {
		body, err := q.Answer(session.Party(i), s.Identity(as), (&inquiry.Answer{Verdict: inquiry.Accept}).Marshal(), rand.Reader)
		if err != nil {
			t.Error(err)
		}
		return body
	}
	hub.OnInquiry = func(raw []byte, send func(transport.InquiryReply) error) error {
		q, err := cryptojob.ParseInquiry(raw)
		if err != nil {
			return err
		}
		first := answer(q, 1, "owner1")
		defer func() { earlier = first }()
		return errors.Join(
			send(transport.InquiryReply{Member: "nobody", Answer: first}),
			send(transport.InquiryReply{Member: "owner2", Answer: first}),
			send(transport.InquiryReply{Member: "owner1", Answer: answer(q, 1, enginetest.CoordinatorID)}),
			send(transport.InquiryReply{Member: "owner1", Answer: first}), // too late: the first word counts
			send(transport.InquiryReply{Member: "owner3", Fault: policy.OwnRule.New("made up")}),
		)
	}
	wantSaid(t, forecast(t, c, enginetest.Query, analyst.Options{}), analyst.NotSaid,
		"none "+inquiry.NotAuthentic.Code, "none "+inquiry.NotAuthentic.Code, "none "+inquiry.Withheld.Code)

	hub.OnInquiry = func(raw []byte, send func(transport.InquiryReply) error) error {
		q, err := cryptojob.ParseInquiry(raw)
		if err != nil {
			return err
		}
		return errors.Join(
			send(transport.InquiryReply{Member: "owner1", Answer: earlier}),
			send(transport.InquiryReply{Member: "owner2", Answer: answer(q, 2, "owner2")}),
			send(transport.InquiryReply{Member: "owner2", Fault: inquiry.NotConnected.New("taken back")}),
		)
	}
	wantSaid(t, forecast(t, c, enginetest.Query, analyst.Options{}), analyst.NotSaid,
		"none "+inquiry.NotAuthentic.Code, "accept", "none "+inquiry.Withheld.Code)
}

// An inquiry is no oracle: about a question that the comparison would refuse, owners say the same whatever
// their data are, and later questions are not compared with it.
func TestInquiryTellsNothingOfData(t *testing.T) {
	s := guardedSpace(t, charter.DifferencingRefuse).Start()
	online(s, 3)
	c := s.Client()
	answered(t, s.AskSQL(c, everything))
	sql, _ := butThree(s)
	var texts []string
	for range 2 {
		f := forecast(t, c, sql, analyst.Options{})
		wantSaid(t, f, analyst.WouldRun, "accept", "accept", "accept")
		text := ""
		for _, o := range f.Owners {
			text += fmt.Sprintf("%x", o.Answer.Marshal())
			if o.Answer.Differencing != charter.DifferencingRefuse {
				t.Errorf("differencing %q", o.Answer.Differencing)
			}
		}
		texts = append(texts, text)
		for _, id := range s.Owners { // now no row is left out by the condition
			rows := s.Rows[id]
			for i := range rows {
				rows[i].Cost /= 2
			}
			s.SetRows(id, rows)
		}
	}
	if texts[0] != texts[1] {
		t.Error("the answers depend on the data")
	}
	// What was inquired about is no earlier question.
	s2 := guardedSpace(t, charter.DifferencingRefuse).Start()
	online(s2, 3)
	c2 := s2.Client()
	sql, _ = butThree(s2)
	forecast(t, c2, sql, analyst.Options{})
	answered(t, s2.AskSQL(c2, everything))
	wantRefusal(t, s2.AskSQL(c2, sql), differencing.Earlier.Code)
}

// A person would decide, the inbox is full, everything is stopped: an inquiry says so.
func TestInquiryAboutPeople(t *testing.T) {
	s := asking(t, func(c *worker.Config) { c.Approval.MaxOfAnalyst = 1 }).Start()
	online(s, 3)
	c := s.Client()
	wantSaid(t, forecast(t, c, enginetest.Query, analyst.Options{}), analyst.WouldWait, "ask "+inquiry.Waits.Code, "accept", "accept")

	q := s.AskWith(c, analyst.Options{})
	s.Log.Until("job waits for a person")
	f := forecast(t, c, enginetest.Query, analyst.Options{})
	wantSaid(t, f, analyst.WouldFail, "refuse "+worker.TooManyParked.Code, "accept", "accept")
	q.Kill()

	if err := s.Join("owner1").StopAll(); err != nil {
		t.Fatal(err)
	}
	s.Log.Until("everything is stopped")
	wantSaid(t, forecast(t, c, enginetest.Query, analyst.Options{}), analyst.WouldFail, "refuse "+worker.Stopped.Code, "accept", "accept")
}

// An owner that knows that the analyst's key is revoked says so, though the coordinator does not know it yet.
func TestInquiryOfARevokedKey(t *testing.T) {
	s := newRevocable(t, enginetest.Options{Owners: 3})
	s.Start()
	online(s.Space, 3)
	c := s.Client()
	s.tell(s.revoke(enginetest.AnalystID, enginetest.AnalystID), "owner2")
	s.Log.Until("key is revoked")
	wantSaid(t, forecast(t, c, enginetest.Query, analyst.Options{}), analyst.WouldFail, "accept", "refuse "+charter.ErrRevoked.Code, "accept")
}

// The answers cannot drift away from the decisions: random questions, as an inquiry and as a job, of owners
// with random rules of their own.
func TestInquiriesAgreeWithJobs(t *testing.T) {
	seed := mathrand.Uint64()
	t.Logf("seed %d", seed)
	random := mathrand.New(mathrand.NewPCG(seed, 1))
	questions := 60
	if testing.Short() {
		questions = 15
	}
	var ahead atomic.Int64
	s := enginetest.New(t, enginetest.Options{
		Owners: 3, Cohort: 5,
		Rules: func(r *charter.Rules) {
			r.Purposes, r.Differencing.Mode = []string{"care", "research"}, charter.DifferencingOff
		},
		Worker: func(_ string, c *worker.Config) {
			c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
			c.Accept = randomRules(random)
			c.Limits.Memory = 200 << 20
		},
	})
	hub := s.StartHostileHub()
	g := querygen.NewGuarded(seed, s.Bundle.Charter())
	seen := map[string]int{}
	for n := range questions {
		if n%8 == 0 { // with other rules
			if n > 0 {
				s.StopWorker("owner1")
			}
			s.StartWorker("owner1")
			hub.Await("owner1")
		}
		m, ok := randomManifest(s, g, random)
		if !ok {
			continue
		}
		ahead.Add(int64(3 * time.Second)) // within the rate
		until := time.Now().Add(time.Duration(ahead.Load()) + time.Minute).Unix()
		q := inquire(t, s, m, until)
		hub.Say("owner1", m.Job, 0, envelope.Inquire, q.Inquiry().Marshal())
		said := verdictOf(t, hub, q)
		job, err := cryptojob.NewQuestion(m, s.Identity(enginetest.AnalystID), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		hub.Say("owner1", m.Job, 0, envelope.Offer, offerOf(t, job, 1))
		decided := decisionOf(t, hub)
		if said != decided {
			t.Fatalf("question %d: the owner said %q and decided %q", n, said, decided)
		}
		seen[said]++
		if decided == "accept" {
			hub.Say("owner1", m.Job, 0, envelope.End, envelope.Over{State: "cancelled"}.Marshal())
			s.Log.UntilTimes(seen["accept"], `msg="job is over"`)
		}
	}
	t.Log(seen)
	if len(seen) < 3 || seen["accept"] == 0 {
		t.Errorf("the test saw only %v", seen)
	}
}

func verdictOf(t *testing.T, hub *enginetest.HostileHub, q *cryptojob.Inquirer) string {
	t.Helper()
	_, p := hub.Next()
	a := opened(t, q, p)
	return strings.TrimSpace(a.Verdict.String() + " " + a.Reason.Code + a.Reason.Message)
}

func decisionOf(t *testing.T, hub *enginetest.HostileHub) string {
	t.Helper()
	_, p := hub.Next()
	switch envelope.Kind(p.Kind) {
	case envelope.Accept:
		return "accept"
	case envelope.Refuse:
		why, err := envelope.ParseReason(p.Body)
		if err != nil {
			t.Fatal(err)
		}
		return "refuse " + why.Code + why.Message
	}
	t.Fatalf("got %s", envelope.Kind(p.Kind))
	return ""
}

func randomRules(random *mathrand.Rand) config.Accept {
	a := config.Accept{Differencing: "charter", Privacy: "charter", Inquiries: "answer"}
	if random.IntN(3) == 0 {
		a.Purposes = []string{"care"}
	}
	if random.IntN(3) == 0 {
		a.MaxCells = 4
	}
	if random.IntN(8) == 0 {
		a.MinCohort = 6
	}
	if random.IntN(8) == 0 {
		a.Analysts = []string{enginetest.OtherAnalystID}
	}
	return a
}

func randomManifest(s *enginetest.Space, g *querygen.Generator, random *mathrand.Rand) (m cryptojob.Manifest, ok bool) {
	text := g.NextGuarded().Tacit
	if _, err := s.Compile(text); err != nil {
		return m, false
	}
	return s.Manifest(text, func(j *plan.Job) {
		j.Purpose = []string{"care", "care", "care", "research", "curiosity"}[random.IntN(5)]
		switch random.IntN(12) {
		case 0:
			j.Expiry = j.Created + 1
		case 1:
			j.Expiry = j.Created + 1<<40
		case 2:
			j.Charter[0] ^= 1
		case 3:
			j.Leakage[0] ^= 1
		}
	}), true
}

// The coordinator's log does not say what owners answered.
func TestCoordinatorLogsNoAnswer(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3, Worker: func(id string, c *worker.Config) {
		if id == "owner1" {
			c.Accept.Analysts = []string{enginetest.OtherAnalystID}
		}
	}}).Start()
	online(s, 3)
	wantSaid(t, forecast(t, s.Client(), enginetest.Query, analyst.Options{}), analyst.WouldFail,
		"refuse "+policy.OwnRule.Code, "accept", "accept")
	for line := range strings.Lines(s.Log.String()) {
		if strings.Contains(line, "role=coordinator") && (strings.Contains(line, policy.OwnRule.Code) || strings.Contains(line, "verdict")) {
			t.Errorf("the coordinator logs %s", line)
		}
	}
	if !strings.Contains(s.Log.String(), "verdict=refuse code="+policy.OwnRule.Code) {
		t.Error("the owner's log does not say what it answered")
	}
}
