package webhook_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/webhook"
)

// verify is what a receiver does (docs/approvals.md).
func verify(public string, h http.Header, body []byte) bool {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(public, "whpk_"))
	signature, err2 := base64.StdEncoding.DecodeString(strings.TrimPrefix(h.Get("webhook-signature"), "v1a,"))
	if err != nil || err2 != nil || len(raw) != ed25519.PublicKeySize {
		return false
	}
	text := h.Get("webhook-id") + "." + h.Get("webhook-timestamp") + "." + string(body)
	return ed25519.Verify(raw, []byte(text), signature)
}

func TestPost(t *testing.T) {
	north := identity.FromSeed([32]byte{1})
	key := webhook.Key(north)
	var header http.Header
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header = r.Header.Clone()
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	if err := webhook.New(server.URL, key).Post(t.Context(), "msg_1", []byte(`{"a":1}`), time.Unix(1000, 0)); err != nil {
		t.Fatal(err)
	}
	if string(body) != `{"a":1}` || header.Get("webhook-id") != "msg_1" || header.Get("webhook-timestamp") != "1000" {
		t.Errorf("%v %s", header, body)
	}
	public := webhook.PublicText(key)
	if !verify(public, header, body) {
		t.Error("the signature does not verify")
	}
	for name, change := range map[string]func(http.Header) []byte{
		"another body": func(http.Header) []byte { return []byte(`{"a":2}`) },
		"another time": func(h http.Header) []byte { h.Set("webhook-timestamp", "1001"); return body },
		"another id":   func(h http.Header) []byte { h.Set("webhook-id", "msg_2"); return body },
	} {
		h := header.Clone()
		if changed := change(h); verify(public, h, changed) {
			t.Errorf("%s: verifies", name)
		}
	}
	if verify(webhook.PublicText(webhook.Key(identity.FromSeed([32]byte{2}))), header, body) {
		t.Error("verifies with the key of another member")
	}
	if strings.Contains(public, base64.StdEncoding.EncodeToString(north.Public().Ed25519())) {
		t.Error("the key is the identity's own")
	}
}

// TestRedirectsAreRefused: a receiver cannot send the notice elsewhere.
func TestRedirectsAreRefused(t *testing.T) {
	elsewhere := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere = true }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308, 200, 400, 500} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", other.URL)
			w.WriteHeader(status)
		}))
		err := webhook.New(server.URL, webhook.Key(identity.FromSeed([32]byte{1}))).Post(t.Context(), "msg_1", nil, time.Now())
		if (err == nil) != (status == 200) {
			t.Errorf("status %d: %v", status, err)
		}
		server.Close()
	}
	if elsewhere {
		t.Error("a redirect was followed")
	}
}
