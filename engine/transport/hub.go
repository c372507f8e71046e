package transport

import (
	"context"
	"errors"
	"net"
	"sort"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"

	"github.com/tacit-space/tacit/engine/fault"
	tacitv1 "github.com/tacit-space/tacit/protos/tacit/v1"
)

// What gRPC may take, on both sides.
const (
	streamWindow = 4 << 20   // bytes on their way on one stream
	connWindow   = 8 << 20   // bytes on their way on one connection
	readBuffer   = 4 << 10   // bytes between TLS and gRPC for what is small; each connection has one
	writeBuffer  = 128 << 10 // bytes between gRPC and TLS; only a connection that writes has one
	maxHeaders   = 32 << 10  // bytes of metadata, faults included
	maxStreams   = 16        // calls at once on one connection
	idleConn     = 5 * time.Minute
	minPing      = 5 * time.Second // a peer that pings more often is cut
)

// Hub is the coordinator's end: it accepts workers and analysts.
type Hub struct {
	cfg     ServerConfig
	gate    *gate
	creds   *admission
	handler Handler // set by Serve

	wg      sync.WaitGroup  // of everything that gRPC does not join
	stopped context.Context // ends when the hub begins to stop
	stop    context.CancelCauseFunc

	mu    sync.Mutex
	peers map[string]*peerState
}

// Listen opens the port and returns a hub that does not yet accept. Errors:
// [PortInUse], [CannotListen], [BadConfig].
func Listen(cfg ServerConfig) (*Hub, error) {
	if err := cfg.fill(); err != nil {
		return nil, err
	}
	cert, err := certificate(cfg.Identity)
	if err != nil {
		return nil, BadConfig.New("identity: no certificate can be made of the key: %w", err)
	}
	l := cfg.Listener
	if l == nil {
		if l, err = listen(cfg.Listen); err != nil {
			return nil, err
		}
	}
	h := &Hub{cfg: cfg, peers: map[string]*peerState{}}
	h.stopped, h.stop = context.WithCancelCause(context.Background())
	h.gate = newGate(l, &h.cfg)
	h.creds = &admission{config: serverTLS(cert, cfg.Directory), cfg: &h.cfg, log: cfg.Log, conns: map[string]int{}}
	return h, nil
}

func listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, PortInUse.New("another program listens on %s", address)
	case err != nil:
		return nil, CannotListen.New("%s could not be opened: %w", address, err)
	}
	return l, nil
}

// Addr returns the address that the hub listens on.
func (h *Hub) Addr() net.Addr { return h.gate.Addr() }

// Close releases the port of a hub whose Serve was never called.
func (h *Hub) Close() error { return h.gate.Close() }

// Serve accepts connections until ctx ends, then drains: it ends the streams of
// workers and watchers with [Stopping], lets other calls finish for
// Timing.Drain, and returns nil when every goroutine has ended. It is called
// once. It returns an error when the listener fails.
func (h *Hub) Serve(ctx context.Context, handler Handler) error {
	h.handler = handler
	server := h.server()
	failed := make(chan error, 1)
	h.wg.Go(func() { failed <- server.Serve(h.gate) })
	h.wg.Go(h.janitor)
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
		err = CannotListen.New("the listener failed: %w", err)
	}
	h.end(server)
	return err
}

func (h *Hub) server() *grpc.Server {
	t := h.cfg.Timing
	s := grpc.NewServer(
		grpc.Creds(h.creds),
		grpc.ConnectionTimeout(t.Handshake),
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.MaxRecvMsgSize(frameSize),
		grpc.MaxSendMsgSize(frameSize),
		grpc.MaxHeaderListSize(maxHeaders),
		grpc.InitialWindowSize(streamWindow),
		grpc.InitialConnWindowSize(connWindow),
		grpc.ReadBufferSize(readBuffer),
		grpc.WriteBufferSize(writeBuffer),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: idleConn, Time: t.KeepAlive, Timeout: t.Silence}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minPing, PermitWithoutStream: true}),
		grpc.WaitForHandlers(true),
		grpc.UnaryInterceptor(h.unary),
		grpc.StreamInterceptor(h.stream),
	)
	tacitv1.RegisterLinkServiceServer(s, linkServer{hub: h})
	tacitv1.RegisterJobServiceServer(s, jobServer{hub: h})
	tacitv1.RegisterGreetServiceServer(s, greetServer{hub: h})
	return s
}

// end stops everything and waits for it.
func (h *Hub) end(server *grpc.Server) {
	why := stopping()
	h.stop(why)
	for _, p := range h.all() {
		p.stop(why)
	}
	late := time.AfterFunc(h.cfg.Timing.Drain, server.Stop)
	server.GracefulStop()
	late.Stop()
	server.Stop()
	h.wg.Wait()
}

func stopping() *fault.Fault { return Stopping.New("the coordinator is being stopped") }

// Send queues a packet for a worker. It may be called by many goroutines; the
// packets of one goroutine arrive in its order.
//
// It blocks only while Limits.Outbox is full, until the worker has caught up or
// ctx ends ([Full], the packet is not queued). One slow worker holds back those
// who send to it, and nobody else. [Away]: the worker has no session, or was
// away for Timing.Patience with a full outbox, which ends its session; its next
// connection is fresh, so the packet can be left to [Handler].Connected.
// [TooBig]: above the size that both sides agreed on.
func (h *Hub) Send(ctx context.Context, member string, p Packet) error {
	h.mu.Lock()
	state := h.peers[member]
	h.mu.Unlock()
	if state == nil {
		return noSession()
	}
	s := state.current()
	if s == nil {
		return noSession()
	}
	return s.push(ctx, p)
}

// Members lists the workers that have a session, by member id.
func (h *Hub) Members() []Presence {
	var list []Presence
	for _, p := range h.all() {
		if presence, ok := p.presence(); ok {
			list = append(list, presence)
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Member < list[j].Member })
	return list
}

// peer returns what the hub knows of a member, or nil when it stops.
func (h *Hub) peer(member string) *peerState {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped.Err() != nil {
		return nil
	}
	p := h.peers[member]
	if p == nil {
		p = newPeerState(h, member)
		h.peers[member] = p
	}
	return p
}

func (h *Hub) all() []*peerState {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*peerState, 0, len(h.peers))
	for _, p := range h.peers {
		list = append(list, p)
	}
	return list
}

// janitor ends the sessions of workers that stay away.
func (h *Hub) janitor() {
	ticker := time.NewTicker(max(h.cfg.Timing.Retention/4, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			for _, p := range h.all() {
				p.expire(h.cfg.Timing.Retention)
			}
		case <-h.stopped.Done():
			return
		}
	}
}
