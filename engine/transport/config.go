package transport

import (
	"log/slog"
	"net"
	"time"
)

// Defaults of [Limits], [Timing] and [ServerConfig].
const (
	DefaultMaxPacket     = 64 << 20
	DefaultOutbox        = 128 << 20
	DefaultInbox         = 32 << 20
	DefaultMaxSubmission = 64 << 20
	DefaultMaxResult     = 64 << 20

	DefaultHandshake  = 10 * time.Second
	DefaultKeepAlive  = 30 * time.Second
	DefaultSilence    = 15 * time.Second
	DefaultRetention  = 10 * time.Minute
	DefaultBackoffMin = 500 * time.Millisecond
	DefaultBackoffMax = time.Minute
	DefaultCall       = 30 * time.Second
	DefaultTransfer   = 15 * time.Minute
	DefaultDrain      = 5 * time.Second

	DefaultMaxConns          = 4096
	DefaultMaxConnsPerMember = 16
	DefaultMaxHandshakes     = 256
)

// Limits bounds what a peer can make this process hold, in bytes. A zero field
// takes its default.
type Limits struct {
	MaxPacket     int // of one packet's Body, in both directions; in [1 KiB, 1 GiB]
	Outbox        int // sent by us and not yet acknowledged, per peer; at least MaxPacket
	Inbox         int // received and not yet taken by Receive, per peer, beside the one packet that is arriving
	MaxSubmission int // of one submission
	MaxResult     int // of one result
}

// Timing holds the clocks. A zero field takes its default.
type Timing struct {
	Handshake  time.Duration // for TCP, TLS and the first words of a connection
	KeepAlive  time.Duration // silence after which a ping is sent; at least 10 s; below the idle time of firewalls on the way
	Silence    time.Duration // wait for the answer to a ping before the connection counts as lost
	Retention  time.Duration // how long a hub keeps the session of a worker that is away
	BackoffMin time.Duration // first wait before dialing again
	BackoffMax time.Duration // longest wait before dialing again
	Call       time.Duration // for a short call of an analyst
	Transfer   time.Duration // for a submission or a result
	Drain      time.Duration // for calls under way when a hub stops
}

// ServerConfig is what a [Hub] needs.
type ServerConfig struct {
	Listen    string       // address to listen on, "host:port"; port 0 takes a free one
	Listener  net.Listener // used instead of Listen when set; closed by the hub
	Identity  Keyholder    // the coordinator's key
	Directory Directory    // who is who
	Software  string       // version of this program, for people; at most 64 bytes
	Limits    Limits
	Timing    Timing

	MaxConns          int // open connections
	MaxConnsPerMember int // open connections of one member
	MaxHandshakes     int // connections that have not yet shown a member's key

	// Wrap, when set, wraps every accepted connection below TLS, to count or
	// shape its bytes.
	Wrap func(net.Conn) net.Conn
	Log  *slog.Logger // nil: nothing is logged
}

// ClientConfig is what a [Link], a [Client] and [Probe] need.
type ClientConfig struct {
	Address   string    // the coordinator, "host:port"
	Identity  Keyholder // the member's key
	Directory Directory // who is who
	Software  string    // version of this program, for people; at most 64 bytes
	Limits    Limits
	Timing    Timing

	// Proxy is "" (from the environment: HTTPS_PROXY, NO_PROXY), "direct" (none),
	// or the URL of an HTTP proxy, "http://[user:password@]host:port" or "https://…".
	Proxy string

	// Wrap, when set, wraps every dialed connection below TLS and, if a proxy
	// is used, above its CONNECT, to count or shape its bytes.
	Wrap func(net.Conn) net.Conn
	Log  *slog.Logger // nil: nothing is logged
}
