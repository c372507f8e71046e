package obs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/tacit-space/tacit/engine/fault"
)

// Codes.
var (
	ErrInUse = fault.Declare("TACIT-F003", "address in use",
		"Another program listens on the address of /metrics, /healthz and /readyz, perhaps an earlier start of this one.",
		"Stop the other program, or set ops_listen to another address.")
	ErrListen = fault.Declare("TACIT-F004", "cannot listen",
		"The address of /metrics, /healthz and /readyz cannot be bound.",
		"Check ops_listen: host and port, and whether this user may bind them.")
)

// shutdownTime is how long open requests may take when the server ends.
const shutdownTime = 3 * time.Second

// Server serves /healthz, /readyz and /metrics.
type Server struct {
	listener net.Listener
	http     http.Server
}

// Listen binds the address at once, so that a wrong one is reported at the start.
// ready returns nil, or why the role cannot work now; it is called for each
// request of /readyz and may run at the same time as itself. The faults are
// [ErrInUse] and [ErrListen].
func Listen(address string, m *Metrics, ready func(context.Context) error) (*Server, error) {
	listener, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, ErrInUse.New("%s is in use", address)
	}
	if err != nil {
		return nil, ErrListen.New("%s: %w", address, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", readiness(ready))
	mux.Handle("GET /metrics", m.Handler())
	return &Server{listener: listener, http: http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 15 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: log.New(io.Discard, "", 0), // what a stranger's connection did wrong
	}}, nil
}

// Address is where the server listens, with the port that was given for port 0.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Serve answers until ctx ends, then lets open requests finish for a moment. It
// returns nil after an end by ctx, and joins what it started.
func (s *Server) Serve(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(s.listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	if s.http.Shutdown(last) != nil {
		s.http.Close()
	}
	<-failed
	return nil
}

// Close frees the address of a server that is not served.
func (s *Server) Close() error { return s.listener.Close() }

func readiness(ready func(context.Context) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := ready(r.Context()); err != nil {
			http.Error(w, "not ready: "+fault.From(err).Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	}
}
