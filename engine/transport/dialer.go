package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"github.com/tacit-space/tacit/engine/fault"
)

// dialer makes connections to the coordinator and remembers what went wrong
// last, as gRPC keeps only texts.
type dialer struct {
	cfg  *ClientConfig
	tls  *tls.Config
	seen atomic.Pointer[fault.Fault] // of the last connection; nil: it works
}

func newDialer(cfg *ClientConfig) (*dialer, error) {
	cert, err := certificate(cfg.Identity)
	if err != nil {
		return nil, BadConfig.New("identity: no certificate can be made of the key: %w", err)
	}
	host, _, _ := net.SplitHostPort(cfg.Address)
	return &dialer{cfg: cfg, tls: clientTLS(cert, cfg.Directory, host)}, nil
}

// open returns a gRPC connection that is made at its first call.
func (d *dialer) open() (*grpc.ClientConn, error) {
	t := d.cfg.Timing
	cc, err := grpc.NewClient("passthrough:///coordinator",
		grpc.WithAuthority("coordinator"),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return d.dial(ctx) }),
		grpc.WithTransportCredentials(pinned{d}),
		grpc.WithNoProxy(), // dial sees to it
		grpc.WithDisableServiceConfig(),
		grpc.WithDisableRetry(),
		grpc.WithIdleTimeout(0),
		grpc.WithUserAgent("tacit"),
		grpc.WithInitialWindowSize(streamWindow),
		grpc.WithInitialConnWindowSize(connWindow),
		grpc.WithReadBufferSize(readBuffer),
		grpc.WithWriteBufferSize(writeBuffer),
		grpc.WithMaxHeaderListSize(maxHeaders),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(frameSize), grpc.MaxCallSendMsgSize(frameSize)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: t.KeepAlive, Timeout: t.Silence, PermitWithoutStream: true}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: t.BackoffMin, Multiplier: 2, Jitter: 0.3, MaxDelay: t.BackoffMax},
			MinConnectTimeout: 2 * t.Handshake,
		}),
	)
	if err != nil {
		return nil, BadConfig.New("%w", err)
	}
	return cc, nil
}

// dial makes the connection below TLS.
func (d *dialer) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.cfg.Timing.Handshake)
	defer cancel()
	conn, err := d.reach(ctx)
	if err != nil {
		return nil, d.note(err)
	}
	if d.cfg.Wrap != nil {
		conn = d.cfg.Wrap(conn)
	}
	return conn, nil
}

// reach connects to the coordinator's address, by whichever way is configured.
func (d *dialer) reach(ctx context.Context) (net.Conn, error) {
	if d.cfg.Dial != nil {
		conn, err := d.cfg.Dial(ctx, d.cfg.Address)
		if err != nil {
			return nil, dialFault(ctx, d.cfg.Address, err)
		}
		return conn, nil
	}
	proxy, err := proxyFor(d.cfg)
	if err != nil {
		return nil, err
	}
	if proxy != nil {
		return tunnel(ctx, proxy, d.cfg.Address)
	}
	return dialTCP(ctx, d.cfg.Address)
}

func dialTCP(ctx context.Context, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, dialFault(ctx, address, err)
	}
	return conn, nil
}

func dialFault(ctx context.Context, address string, err error) error {
	var f *fault.Fault
	var dns *net.DNSError
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		err = op.Err // without the address once more
	}
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &dns):
		return Unresolved.New("the name in %s has no address: %w", address, err)
	case ctx.Err() != nil:
		return TimedOut.New("no TCP connection to %s in time: %w", address, err)
	}
	return Unreachable.New("no TCP connection to %s: %w", address, err)
}

// handshake makes TLS over a connection; it closes it on failure.
func (d *dialer) handshake(ctx context.Context, raw net.Conn) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.cfg.Timing.Handshake)
	defer cancel()
	conn := tls.Client(raw, d.tls)
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, d.note(tlsFault(ctx, err))
	}
	return conn, nil
}

// tlsFault explains a failed handshake.
func tlsFault(ctx context.Context, err error) error {
	var f *fault.Fault
	var header tls.RecordHeaderError
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &header):
		return TLSFailed.New("the other side does not speak TLS")
	case alertOf(err) == alertNoProtocol:
		return NoHTTP2.New("the other side did not agree on HTTP/2")
	case ctx.Err() != nil:
		return TimedOut.New("the TLS handshake was not done in time: %w", ctx.Err())
	case errors.Is(err, io.EOF):
		return TLSFailed.New("the other side closed the connection during the TLS handshake")
	}
	return TLSFailed.New("the TLS handshake failed: %w", err)
}

// Texts of the alerts that are told apart, as crypto/tls words them.
const (
	alertNoProtocol     = "tls: no application protocol"
	alertBadCertificate = "tls: bad certificate"
)

// alertOf returns the text of the TLS alert that the peer sent, or "".
func alertOf(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "remote error" && op.Err != nil {
		return op.Err.Error()
	}
	return ""
}

// note remembers a fault and returns it.
func (d *dialer) note(err error) *fault.Fault {
	f := fault.From(err)
	d.seen.Store(f)
	return f
}

// pinned are gRPC's credentials over a dialer.
type pinned struct{ *dialer }

// ClientHandshake implements [credentials.TransportCredentials].
func (p pinned) ClientHandshake(ctx context.Context, _ string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, err := p.handshake(ctx, raw)
	if err != nil {
		return nil, nil, err
	}
	info := caller{CommonAuthInfo: credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity}}
	return &heard{Conn: conn, dialer: p.dialer}, info, nil
}

// ServerHandshake implements [credentials.TransportCredentials]; it is not used.
func (pinned) ServerHandshake(net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, net.ErrClosed
}

// Info implements [credentials.TransportCredentials].
func (pinned) Info() credentials.ProtocolInfo { return tlsInfo }

// Clone implements [credentials.TransportCredentials].
func (p pinned) Clone() credentials.TransportCredentials { return p }

// OverrideServerName implements [credentials.TransportCredentials]; names play
// no part.
func (pinned) OverrideServerName(string) error { return nil }

// heard watches for the server's verdict: in TLS 1.3 the client's handshake is
// done before the server has looked at the client's key, and a refusal comes as
// an alert in the place of the first bytes. One goroutine reads.
type heard struct {
	net.Conn
	dialer *dialer
	any    bool // the server has spoken, so it accepted the key
}

// Read reads, and notes why nothing could be read at first.
func (c *heard) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	switch {
	case c.any:
	case n > 0:
		c.any = true
		c.dialer.seen.Store(nil)
	case alertOf(err) == alertBadCertificate:
		return 0, c.dialer.note(NotMember.New("this key is not in the charter of the coordinator"))
	case err != nil:
		return 0, c.dialer.note(Lost.New("the coordinator closed the connection right after the TLS handshake: %w", err).
			With("It may have too many connections or too many failed attempts from here; wait a little. If it stays, ask its operator for the log."))
	}
	return n, err
}
