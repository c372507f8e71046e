package session

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"math"
)

// The first bytes of everything that is derived or hashed. The version changes
// when any label or encoding changes its meaning.
const (
	kdfDomain  = "tacit/v1/kdf"
	hashDomain = "tacit/v1/hash"
)

// KDF derives 32 bytes from a secret by HKDF-SHA-256 (RFC 5869). The label and
// the parts go into the info string, each with its length, so that no two
// different lists give the same key. The secret must have at least 128 bits of
// entropy: this is no password hash.
func KDF(secret []byte, label string, parts ...[]byte) [32]byte {
	info := encode(nil, label, parts)
	key, err := hkdf.Key(sha256.New, secret, []byte(kdfDomain), string(info), 32)
	if err != nil {
		// Only a length above 255·32 bytes fails.
		panic("session: " + err.Error())
	}
	return [32]byte(key)
}

// Hash is SHA-256 over the label and the parts, each with its length.
func Hash(label string, parts ...[]byte) [32]byte {
	h := sha256.New()
	h.Write(header(nil, hashDomain, label, len(parts)))
	for _, p := range parts {
		h.Write(length(nil, len(p)))
		h.Write(p)
	}
	return [32]byte(h.Sum(nil))
}

func encode(to []byte, label string, parts [][]byte) []byte {
	to = header(to, "", label, len(parts))
	for _, p := range parts {
		to = length(to, len(p))
		to = append(to, p...)
	}
	return to
}

func header(to []byte, domain, label string, parts int) []byte {
	to = append(to, domain...)
	to = length(to, len(label))
	to = append(to, label...)
	return length(to, parts)
}

func length(to []byte, n int) []byte {
	if uint64(n) > math.MaxUint32 {
		panic("session: a label or part of 4 GiB or more")
	}
	return binary.LittleEndian.AppendUint32(to, uint32(n))
}
