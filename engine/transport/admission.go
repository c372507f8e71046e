package transport

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
)

// caller is who is at the other end of a connection to the hub.
type caller struct {
	credentials.CommonAuthInfo
	Member
	surplus bool // beyond MaxConnsPerMember: every call is refused
}

// AuthType is for gRPC.
func (caller) AuthType() string { return "tls" }

// callerOf returns who calls.
func callerOf(ctx context.Context) (caller, bool) {
	if p, ok := peer.FromContext(ctx); ok {
		c, ok := p.AuthInfo.(caller)
		return c, ok
	}
	return caller{}, false
}

// admission makes the server's side of TLS and turns keys into members.
type admission struct {
	config *tls.Config
	cfg    *ServerConfig
	log    *slog.Logger

	mu    sync.Mutex
	conns map[string]int // open connections by member id
}

// ServerHandshake implements [credentials.TransportCredentials].
func (a *admission) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	ctx, cancel := context.WithTimeout(context.Background(), a.cfg.Timing.Handshake)
	defer cancel()
	conn := tls.Server(raw, a.config)
	if err := conn.HandshakeContext(ctx); err != nil {
		a.refuse(raw, err)
		return nil, nil, err
	}
	member, ok := a.member(conn)
	if !ok {
		return nil, nil, NotMember.New("the key left the charter during the handshake")
	}
	count, ok := a.enter(member.ID)
	if !ok {
		return nil, nil, Busy.New("too many connections of %s", member.ID)
	}
	if g, ok := raw.(*guest); ok {
		g.known()
	}
	who := caller{
		CommonAuthInfo: credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity},
		Member:         member,
		surplus:        count > a.cfg.MaxConnsPerMember,
	}
	var inside net.Conn = conn
	if a.cfg.Inside != nil {
		inside = a.cfg.Inside(member.ID, conn)
	}
	return &memberConn{Conn: inside, leave: sync.OnceFunc(func() { a.leave(member.ID) })}, who, nil
}

// member looks up the key that the handshake proved.
func (a *admission) member(conn *tls.Conn) (Member, bool) {
	key, ok := peerKey(conn.ConnectionState())
	if !ok {
		return Member{}, false
	}
	return a.cfg.Directory.Member(key)
}

// enter counts a connection. Those just above the limit are let in, to be told
// why they are refused.
func (a *admission) enter(member string) (count int, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conns[member] >= 2*a.cfg.MaxConnsPerMember {
		return 0, false
	}
	a.conns[member]++
	return a.conns[member], true
}

func (a *admission) leave(member string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conns[member]--; a.conns[member] == 0 {
		delete(a.conns, member)
	}
}

// refuse notes a failed handshake and waits a moment for the peer to read the
// alert that says why: closing with its first bytes unread would reset the
// connection and could destroy the alert on its way.
func (a *admission) refuse(raw net.Conn, err error) {
	a.log.Warn("handshake refused", "from", raw.RemoteAddr().String(), "err", err)
	if g, ok := raw.(*guest); ok {
		g.failed()
	}
	_ = raw.SetDeadline(time.Now().Add(time.Second))
	_, _ = io.Copy(io.Discard, io.LimitReader(raw, 64<<10))
}

// memberConn gives a member's place free when it is closed.
type memberConn struct {
	net.Conn
	leave func()
}

// Close closes the connection.
func (c *memberConn) Close() error {
	c.leave()
	return c.Conn.Close()
}

// ClientHandshake implements [credentials.TransportCredentials]; it is not used.
func (a *admission) ClientHandshake(context.Context, string, net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, net.ErrClosed
}

// Info implements [credentials.TransportCredentials].
func (a *admission) Info() credentials.ProtocolInfo { return tlsInfo }

// Clone implements [credentials.TransportCredentials]; there is one per hub.
func (a *admission) Clone() credentials.TransportCredentials { return a }

// OverrideServerName implements [credentials.TransportCredentials]; names play
// no part.
func (a *admission) OverrideServerName(string) error { return nil }

var tlsInfo = credentials.ProtocolInfo{SecurityProtocol: "tls"}
