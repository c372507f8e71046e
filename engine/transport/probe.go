package transport

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"time"

	"google.golang.org/grpc"

	"github.com/tacit-space/tacit/engine/fault"
	tacitv1 "github.com/tacit-space/tacit/protos/tacit/v1"
)

// ClockTolerance is the difference of clocks above which [Probe] complains: jobs
// carry expiry times.
const ClockTolerance = time.Minute

// ClockOff is raised by [Probe] only: the transport itself needs no clock.
var ClockOff = fault.Declare("TACIT-N025", "clock off",
	"The clocks of this machine and of the coordinator differ by more than a minute; jobs carry expiry times.",
	"Set the clock of this machine, best by NTP; if it is right, tell the coordinator's operator.")

// Probe checks step by step whether this machine reaches the coordinator, for
// `tacit doctor`. It stops at the first step that fails; it changes nothing at
// the coordinator.
func Probe(ctx context.Context, cfg ClientConfig) []Finding {
	p := &probe{cfg: cfg}
	if err := p.cfg.fill(); err != nil {
		return []Finding{{Check: "settings", Fault: fault.From(err)}}
	}
	d, err := newDialer(&p.cfg)
	if err != nil {
		return []Finding{{Check: "settings", Fault: fault.From(err)}}
	}
	p.dialer = d
	_ = p.step(ctx, "name", p.name) && p.connection(ctx) && p.calls(ctx)
	return p.found
}

// probe is a run of [Probe].
type probe struct {
	cfg    ClientConfig
	dialer *dialer
	found  []Finding
}

// step runs one check and notes what it found.
func (p *probe) step(ctx context.Context, check string, run func(context.Context) (string, error)) bool {
	began := time.Now()
	detail, err := run(ctx)
	p.note(check, detail, time.Since(began), err)
	return err == nil
}

func (p *probe) note(check, detail string, took time.Duration, err error) {
	f := Finding{Check: check, OK: err == nil, Detail: detail, Took: took}
	if err != nil {
		f.Fault = fault.From(err)
	}
	p.found = append(p.found, f)
}

// name resolves what TCP will be dialed to.
func (p *probe) name(ctx context.Context) (string, error) {
	if p.cfg.Dial != nil {
		return "connections are made by the program itself", nil
	}
	proxy, err := proxyFor(&p.cfg)
	if err != nil {
		return "", err
	}
	host, via := p.target(proxy)
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Timing.Handshake)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return "", Unresolved.New("%s has no address: %w", host, err)
	}
	return fmt.Sprintf("%s%s is %v", via, host, addresses), nil
}

func (p *probe) target(proxy *url.URL) (host, via string) {
	if proxy != nil {
		return proxy.Hostname(), "the proxy "
	}
	host, _, _ = net.SplitHostPort(p.cfg.Address)
	if host == "" {
		host = "localhost" // what dialing ":port" means
	}
	return host, ""
}

// connection checks TCP and TLS on a connection of its own.
func (p *probe) connection(ctx context.Context) bool {
	began := time.Now()
	raw, err := p.dialer.dial(ctx)
	p.note("tcp", "connected", time.Since(began), err)
	if err != nil {
		p.found[len(p.found)-1].Detail = ""
		return false
	}
	began = time.Now()
	conn, err := p.dialer.handshake(ctx, raw)
	took := time.Since(began)
	if err != nil {
		p.note(brokenCheck(err), "", took, err)
		return false
	}
	defer conn.Close()
	p.note("tls", "TLS 1.3, "+conn.ConnectionState().CurveID.String(), took, nil)
	p.note("http2", "HTTP/2 agreed on", 0, nil)
	p.note("coordinator", "its key is the one in the charter", 0, nil)
	return true
}

// brokenCheck names the check that a failed handshake belongs to.
func brokenCheck(err error) string {
	switch fault.Code(err) {
	case NoHTTP2.Code:
		return "http2"
	case WrongCoordinator.Code:
		return "coordinator"
	}
	return "tls"
}

// calls checks what needs gRPC: that the coordinator accepts this member's key,
// version and charter, the round trip and the clock.
func (p *probe) calls(ctx context.Context) bool {
	cc, err := p.dialer.open()
	if err != nil {
		p.note("member", "", 0, err)
		return false
	}
	defer cc.Close()
	var hello *tacitv1.GreetResponse
	ok := p.step(ctx, "member", func(ctx context.Context) (string, error) {
		hello, err = p.greet(ctx, cc)
		return "the coordinator knows this key as " + printable(hello.GetMember(), maxWord) + " and holds the same charter; its release: " +
			orUnknown(printable(hello.GetSoftware(), maxSoftware)), err
	})
	if !ok {
		p.found[len(p.found)-1].Detail = ""
		p.found[len(p.found)-1].Check = refusedCheck(err)
		return false
	}
	began := time.Now()
	hello, err = p.greet(ctx, cc)
	trip := time.Since(began)
	p.note("round-trip", trip.Round(10*time.Microsecond).String(), trip, err)
	if err != nil {
		return false
	}
	return p.clock(time.Unix(0, hello.GetUnixNanos()).Sub(began.Add(trip / 2)))
}

// refusedCheck names the check that a refused greeting belongs to.
func refusedCheck(err error) string {
	switch fault.Code(err) {
	case OtherCharter.Code:
		return "charter"
	case UpgradeMember.Code, UpgradeCoordinator.Code:
		return "release"
	}
	return "member"
}

func (p *probe) clock(offset time.Duration) bool {
	detail := fmt.Sprintf("the coordinator's clock is %v ahead", offset.Round(time.Millisecond))
	if offset < 0 {
		detail = fmt.Sprintf("the coordinator's clock is %v behind", -offset.Round(time.Millisecond))
	}
	var err error
	if offset.Abs() > ClockTolerance {
		err = ClockOff.New("%s", detail)
	}
	p.note("clock", detail, 0, err)
	return err == nil
}

func (p *probe) greet(ctx context.Context, cc *grpc.ClientConn) (*tacitv1.GreetResponse, error) {
	ctx, cancel := context.WithTimeout(withHello(ctx, &p.cfg), p.cfg.Timing.Call)
	defer cancel()
	r, err := tacitv1.NewGreetServiceClient(cc).Greet(ctx, &tacitv1.GreetRequest{})
	if err != nil {
		return nil, fromStatus(err, p.dialer.seen.Load())
	}
	return r, nil
}
