package obs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// get returns status and body of a page.
func get(t *testing.T, s *Server, page string) (int, string) {
	t.Helper()
	r, err := http.Get("http://" + s.Address() + page)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(body)
}

func start(t *testing.T, m *Metrics, ready func(context.Context) error) *Server {
	t.Helper()
	s, err := Listen("127.0.0.1:0", m, ready)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestServer(t *testing.T) {
	m := NewMetrics("worker")
	m.Job("", "running")
	m.Ended("refused", "TACIT-X000")
	m.Ended("refused", "TACIT-EVIL\n1")
	m.Ended("refused", "TACIT-Q999")
	m.Phase("input", 2*time.Second)
	m.Bytes(In, 1000)
	m.Workers(1)
	m.Debited(24_400_000)
	m.Debited(600_000)
	m.Refunded(600_000)
	var open atomic.Bool
	s := start(t, m, func(context.Context) error {
		if open.Load() {
			return nil
		}
		return errors.New("store is locked")
	})

	if code, body := get(t, s, "/healthz"); code != 200 || body != "ok\n" {
		t.Errorf("health: %d %q", code, body)
	}
	if code, body := get(t, s, "/readyz"); code != 503 || !strings.Contains(body, "store is locked") {
		t.Errorf("readiness: %d %q", code, body)
	}
	open.Store(true)
	if code, _ := get(t, s, "/readyz"); code != 200 {
		t.Errorf("readiness: %d", code)
	}
	if code, _ := get(t, s, "/debug/pprof/"); code != 404 {
		t.Errorf("another page: %d", code)
	}
	_, page := get(t, s, "/metrics")
	for _, line := range []string{
		`tacit_jobs{role="worker",state="running"} 1`,
		`tacit_jobs_ended_total{code="TACIT-X000",role="worker",state="refused"} 1`,
		`tacit_jobs_ended_total{code="other",role="worker",state="refused"} 2`,
		`tacit_phase_seconds_count{phase="input",role="worker"} 1`,
		`tacit_bytes_total{direction="in",role="worker"} 1000`,
		`tacit_connected_workers{role="worker"} 1`,
		`tacit_budget_questions_total{role="worker",step="debited"} 2`,
		`tacit_budget_questions_total{role="worker",step="refunded"} 1`,
		`tacit_budget_rho_total{role="worker",step="debited"} 0.025`,
		`tacit_budget_rho_total{role="worker",step="refunded"} 0.0006`,
	} {
		if !strings.Contains(page, line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
}

func TestNilMetrics(t *testing.T) {
	var m *Metrics
	m.Job("a", "b")
	m.Ended("a", "b")
	m.Phase("a", time.Second)
	m.Bytes(Out, 1)
	m.Workers(-1)
	m.Debited(1)
	m.Refunded(1)
}

func TestAddressInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := Listen(l.Addr().String(), NewMetrics("worker"), nil); !ErrInUse.Is(err) {
		t.Errorf("got %v", err)
	}
	if _, err := Listen("256.0.0.1:1", NewMetrics("worker"), nil); !ErrListen.Is(err) {
		t.Errorf("got %v", err)
	}
}

func TestLogger(t *testing.T) {
	var out bytes.Buffer
	log := NewLogger(&out, "warn", "json")
	log.Info("hidden")
	log.Warn("shown", "job", "j1", Err(ErrInUse.New("taken")))
	got := out.String()
	if strings.Contains(got, "hidden") || !strings.Contains(got, `"error":{"code":"TACIT-F003","message":"taken"}`) {
		t.Errorf("log: %s", got)
	}
	out.Reset()
	NewLogger(&out, "info", "text").Info("two\nlines", "job", "a\nb")
	if strings.Count(out.String(), "\n") != 1 {
		t.Errorf("a line break reached the log: %q", out.String())
	}
}
