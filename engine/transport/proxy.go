package transport

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// maxProxyAnswer bounds the head of a proxy's answer, in bytes.
const maxProxyAnswer = 16 << 10

// proxyFor returns the proxy on the way to the coordinator, or nil.
func proxyFor(cfg *ClientConfig) (*url.URL, error) {
	switch cfg.Proxy {
	case "direct":
		return nil, nil
	case "":
		// The error of a bad variable would show its value, password included.
		u, err := httpproxy.FromEnvironment().ProxyFunc()(&url.URL{Scheme: "https", Host: cfg.Address})
		if err != nil || (u != nil && !proxyOK(u.String())) {
			return nil, BadConfig.New("the proxy in the environment (HTTPS_PROXY) is not an http(s) URL with a host")
		}
		return u, nil
	}
	return url.Parse(cfg.Proxy)
}

// tunnel connects to the proxy and has it connect to the coordinator.
func tunnel(ctx context.Context, proxy *url.URL, address string) (net.Conn, error) {
	conn, err := dialTCP(ctx, proxyAddress(proxy))
	if err != nil {
		return nil, err
	}
	if proxy.Scheme == "https" {
		secured := tls.Client(conn, &tls.Config{ServerName: proxy.Hostname(), MinVersion: tls.VersionTLS12})
		if err := secured.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, ProxyRefused.New("TLS with the proxy failed: %w", err)
		}
		conn = secured
	}
	if err := connect(ctx, conn, proxy, address); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func proxyAddress(proxy *url.URL) string {
	port := proxy.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[proxy.Scheme]
	}
	return net.JoinHostPort(proxy.Hostname(), port)
}

// connect asks the proxy for a tunnel (RFC 9110, section 9.3.6).
func connect(ctx context.Context, conn net.Conn, proxy *url.URL, address string) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	request := fmt.Sprintf("CONNECT %s HTTP/1.1\r\nHost: %s\r\n", address, address)
	if user := proxy.User; user != nil {
		password, _ := user.Password()
		secret := base64.StdEncoding.EncodeToString([]byte(user.Username() + ":" + password))
		request += "Proxy-Authorization: Basic " + secret + "\r\n"
	}
	if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
		return proxyFailed(ctx, err)
	}
	reader := bufio.NewReader(io.LimitReader(conn, maxProxyAnswer))
	answer, err := http.ReadResponse(reader, &http.Request{Method: http.MethodConnect})
	if err != nil {
		return proxyFailed(ctx, err)
	}
	return judge(answer.StatusCode, reader.Buffered())
}

// judge reads the proxy's answer. The coordinator never speaks first, so bytes
// behind the answer's head are not its own.
func judge(code, left int) error {
	switch {
	case code == http.StatusProxyAuthRequired:
		return ProxyRefused.New("the proxy asks for a user and password, or refuses those given").
			With("Set them in the proxy's URL, http://user:password@host:port.")
	case code/100 != 2:
		return ProxyRefused.New("the proxy refused to connect to the coordinator: HTTP status %d", code)
	case left > 0:
		return ProxyRefused.New("the proxy answered itself instead of opening a tunnel")
	}
	return nil
}

func proxyFailed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return TimedOut.New("the proxy did not answer in time: %w", ctx.Err())
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ProxyRefused.New("the proxy closed the connection without an answer")
	}
	return ProxyRefused.New("the proxy's answer is not HTTP")
}
