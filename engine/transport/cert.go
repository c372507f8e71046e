package transport

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"time"
)

// certificate makes a self-signed certificate of the member's identity key. Its
// dates and names mean nothing: only the key is looked at.
func certificate(id Keyholder) (tls.Certificate, error) {
	key := id.Ed25519()
	if len(key) != ed25519.PrivateKeySize {
		return tls.Certificate{}, errors.New("it is no Ed25519 key")
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "tacit"},
		NotBefore:    time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// peerKey returns the key of a peer that showed exactly one self-signed Ed25519
// certificate. The handshake itself proved that the peer holds the key. It does
// not look at dates, names or usages.
func peerKey(cs tls.ConnectionState) (ed25519.PublicKey, bool) {
	if len(cs.PeerCertificates) != 1 {
		return nil, false
	}
	cert := cs.PeerCertificates[0]
	key, ok := cert.PublicKey.(ed25519.PublicKey)
	if !ok || cert.SignatureAlgorithm != x509.PureEd25519 {
		return nil, false
	}
	return key, ed25519.Verify(key, cert.RawTBSCertificate, cert.Signature)
}

// baseTLS is what both sides have in common. Tickets are off, as there is
// nothing to gain from them on long connections and every handshake is to prove
// the key anew.
func baseTLS(cert tls.Certificate, verify func(tls.ConnectionState) error) *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		NextProtos:             []string{"h2"},
		Certificates:           []tls.Certificate{cert},
		SessionTicketsDisabled: true,
		VerifyConnection:       verify,
	}
}

// serverTLS accepts only the keys of members.
func serverTLS(cert tls.Certificate, dir Directory) *tls.Config {
	cfg := baseTLS(cert, func(cs tls.ConnectionState) error {
		if cs.NegotiatedProtocol != "h2" { // crypto/tls lets clients of HTTP/1.1 in
			return NoHTTP2.New("the peer did not agree on HTTP/2")
		}
		if key, ok := peerKey(cs); ok {
			if _, ok := dir.Member(key); ok {
				return nil
			}
		}
		return NotMember.New("the peer showed no key of a member")
	})
	cfg.ClientAuth = tls.RequireAnyClientCert
	return cfg
}

// clientTLS accepts only the coordinator's key.
func clientTLS(cert tls.Certificate, dir Directory, host string) *tls.Config {
	cfg := baseTLS(cert, func(cs tls.ConnectionState) error {
		key, ok := peerKey(cs)
		switch {
		case !ok:
			return Intercepted.New("the peer's certificate is not a member's self-signed Ed25519 certificate: something between intercepts TLS, or this is not a coordinator")
		case !key.Equal(dir.Coordinator()):
			return WrongCoordinator.New("the coordinator's key is not the one that the charter names")
		case cs.NegotiatedProtocol != "h2":
			return NoHTTP2.New("the coordinator's side did not agree on HTTP/2")
		}
		return nil
	})
	cfg.ServerName = host
	cfg.InsecureSkipVerify = true // VerifyConnection pins the key instead
	cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &cert, nil }
	return cfg
}
