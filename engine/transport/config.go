package transport

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
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
	DefaultPatience   = 30 * time.Second
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
	Patience   time.Duration // how long Send waits for room with a peer that is away; then the session ends
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

	// Inside, when set, wraps every connection of a member above TLS: all bytes that the
	// coordinator reads of it and writes to it. It is how tests see what everybody can.
	Inside func(member string, conn net.Conn) net.Conn
	Log    *slog.Logger // nil: nothing is logged

	speaks span // for tests; zero: this release's
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

	// Dial, when set, makes the connections below TLS, instead of name service,
	// proxy and TCP: for a space within one process.
	Dial func(ctx context.Context, address string) (net.Conn, error)

	// Wrap, when set, wraps every dialed connection below TLS and, if a proxy
	// is used, above its CONNECT, to count or shape its bytes.
	Wrap func(net.Conn) net.Conn
	Log  *slog.Logger // nil: nothing is logged

	speaks span // for tests; zero: this release's
}

// checks collects what is wrong with a configuration.
type checks []string

func (c *checks) that(ok bool, format string, args ...any) {
	if !ok {
		*c = append(*c, fmt.Sprintf(format, args...))
	}
}

func (c checks) fault() error {
	if len(c) == 0 {
		return nil
	}
	return BadConfig.New("%s", strings.Join(c, "; "))
}

// orDefault replaces zero by the default.
func orDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

func (l *Limits) fill(c *checks) {
	orDefault(&l.MaxPacket, DefaultMaxPacket)
	orDefault(&l.Outbox, max(DefaultOutbox, l.MaxPacket))
	orDefault(&l.Inbox, DefaultInbox)
	orDefault(&l.MaxSubmission, DefaultMaxSubmission)
	orDefault(&l.MaxResult, DefaultMaxResult)
	const most = 1 << 30
	c.that(l.MaxPacket >= minPacket && l.MaxPacket <= most, "max_packet: %d outside [%d, %d] bytes", l.MaxPacket, minPacket, most)
	c.that(l.Outbox >= l.MaxPacket, "outbox: %d bytes, below max_packet (%d)", l.Outbox, l.MaxPacket)
	c.that(l.Inbox >= 1, "inbox: %d bytes, below 1", l.Inbox)
	c.that(l.MaxSubmission >= 1 && l.MaxSubmission <= most, "max_submission: %d outside [1, %d] bytes", l.MaxSubmission, most)
	c.that(l.MaxResult >= 1 && l.MaxResult <= most, "max_result: %d outside [1, %d] bytes", l.MaxResult, most)
}

func (t *Timing) fill(c *checks) {
	for _, f := range []struct {
		name          string
		v             *time.Duration
		def, lo, most time.Duration
	}{
		{"handshake", &t.Handshake, DefaultHandshake, 10 * time.Millisecond, time.Hour},
		{"keep_alive", &t.KeepAlive, DefaultKeepAlive, 10 * time.Second, time.Hour},
		{"silence", &t.Silence, DefaultSilence, time.Second, time.Hour},
		{"retention", &t.Retention, DefaultRetention, time.Millisecond, 24 * time.Hour},
		{"patience", &t.Patience, DefaultPatience, time.Millisecond, time.Hour},
		{"backoff_min", &t.BackoffMin, DefaultBackoffMin, time.Millisecond, time.Hour},
		{"backoff_max", &t.BackoffMax, max(DefaultBackoffMax, t.BackoffMin), time.Millisecond, 24 * time.Hour},
		{"call", &t.Call, DefaultCall, 10 * time.Millisecond, time.Hour},
		{"transfer", &t.Transfer, DefaultTransfer, 10 * time.Millisecond, 24 * time.Hour},
		{"drain", &t.Drain, DefaultDrain, time.Millisecond, time.Hour},
	} {
		orDefault(f.v, f.def)
		c.that(*f.v >= f.lo && *f.v <= f.most, "%s: %v outside [%v, %v]", f.name, *f.v, f.lo, f.most)
	}
	c.that(t.BackoffMax >= t.BackoffMin, "backoff_max: %v, below backoff_min (%v)", t.BackoffMax, t.BackoffMin)
}

func checkCommon(c *checks, id Keyholder, dir Directory, software string) {
	c.that(id != nil, "identity: missing")
	c.that(dir != nil, "charter: missing")
	c.that(software == printable(software, maxSoftware), "software: not a short printable text")
}

func (cfg *ServerConfig) fill() error {
	var c checks
	checkCommon(&c, cfg.Identity, cfg.Directory, cfg.Software)
	c.that(cfg.Listener != nil || isHostPort(cfg.Listen), "listen: %q is not host:port", cfg.Listen)
	cfg.Limits.fill(&c)
	cfg.Timing.fill(&c)
	orDefault(&cfg.MaxConns, DefaultMaxConns)
	orDefault(&cfg.MaxConnsPerMember, DefaultMaxConnsPerMember)
	orDefault(&cfg.MaxHandshakes, DefaultMaxHandshakes)
	c.that(min(cfg.MaxConns, cfg.MaxConnsPerMember, cfg.MaxHandshakes) >= 1, "a limit of connections is below 1")
	orDefault(&cfg.speaks, spoken)
	cfg.Log = orSilent(cfg.Log)
	return c.fault()
}

func (cfg *ClientConfig) fill() error {
	var c checks
	checkCommon(&c, cfg.Identity, cfg.Directory, cfg.Software)
	c.that(isHostPort(cfg.Address), "address: %q is not host:port", cfg.Address)
	c.that(proxyOK(cfg.Proxy), `proxy: not "", "direct" or an http(s) URL with a host`)
	cfg.Limits.fill(&c)
	cfg.Timing.fill(&c)
	orDefault(&cfg.speaks, spoken)
	cfg.Log = orSilent(cfg.Log)
	return c.fault()
}

func orSilent(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

func isHostPort(address string) bool {
	_, port, err := net.SplitHostPort(address)
	return err == nil && port != "" && !strings.ContainsAny(address, " \t\r\n/@")
}

func proxyOK(text string) bool {
	if text == "" || text == "direct" {
		return true
	}
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}
