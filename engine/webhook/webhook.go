// Package webhook posts small signed notices, in the form of Standard Webhooks 1.0
// (standardwebhooks.com) with asymmetric signatures.
//
// # What is sent
//
// A POST with a JSON body and three headers: webhook-id, which stays the same when a notice is tried
// again; webhook-timestamp, unix seconds of the try; and webhook-signature, "v1a," and the base64 of an Ed25519
// signature over "ID.TIMESTAMP.BODY". The key is derived from the member's identity for nothing else, so no
// signature of it is worth anything elsewhere; the public half, "whpk_" and base64, is given to the receiver once.
//
// # Threat model
//
// Who reads on the way is kept out by TLS. The receiver is trusted with the notice and with nothing
// else: its answer is not read beyond the status, redirects are not followed, and it cannot hold up more than
// one goroutine for [Timeout].
//
// Start at [Sender.Post].
package webhook

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/tacit-space/tacit/crypto/identity"
)

// Timeout of one try.
const Timeout = 10 * time.Second

const label = "webhook"

// Key returns the signing key of a member's notices.
func Key(who *identity.Identity) ed25519.PrivateKey {
	seed := who.StoreKey(label)
	return ed25519.NewKeyFromSeed(seed[:])
}

// PublicText returns the public half as receivers write it.
func PublicText(key ed25519.PrivateKey) string {
	return "whpk_" + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
}

// Sender posts notices to one address.
type Sender struct {
	url    string
	key    ed25519.PrivateKey
	client *http.Client
}

// New returns a sender. The proxy is that of the environment.
func New(url string, key ed25519.PrivateKey) *Sender {
	return &Sender{url, key, &http.Client{
		Timeout:       Timeout,
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, MaxResponseHeaderBytes: 16 << 10},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Post sends a notice. It succeeds with an answer of 2xx; the body of the answer is not read.
func (s *Sender) Post(ctx context.Context, id string, body []byte, now time.Time) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	stamp := strconv.FormatInt(now.Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "tacit")
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", stamp)
	req.Header.Set("webhook-signature", "v1a,"+base64.StdEncoding.EncodeToString(ed25519.Sign(s.key, signed(id, stamp, body))))
	answer, err := s.client.Do(req)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("webhook: the receiver answers with status %d", answer.StatusCode)
	}
	return nil
}

// signed is what the signature is over.
func signed(id, stamp string, body []byte) []byte {
	return append([]byte(id+"."+stamp+"."), body...)
}
