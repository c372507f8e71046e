package charter

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"github.com/tacit-space/tacit/crypto/identity"
)

// BundleFormat of the bundles that this version reads.
const BundleFormat = "space/v1"

// MaxBundle is the largest bundle, in bytes.
const MaxBundle = 8 << 20

// bundleJSON is the file; the order of fields is the order in it.
type bundleJSON struct {
	Format     string          `json:"tacit"`
	Charter    string          `json:"charter"`
	Identities []identityJSON  `json:"identities"` // in the order of the charter's members
	Signatures []signatureJSON `json:"signatures"`
}

type identityJSON struct {
	Member string `json:"member"`
	Key    string `json:"key"` // base64 of [identity.Public.Marshal]
}

type signatureJSON struct {
	Member    string `json:"member"`
	Charter   string `json:"charter"`   // hex of the hash that was signed
	Signature string `json:"signature"` // base64
}

// Marshal returns the file.
func (b *Bundle) Marshal() []byte {
	file := bundleJSON{Format: BundleFormat, Charter: b.text, Identities: []identityJSON{}, Signatures: []signatureJSON{}}
	for _, m := range b.charter.Members {
		key := b.identities[m.ID].Marshal()
		file.Identities = append(file.Identities, identityJSON{m.ID, base64.StdEncoding.EncodeToString(key)})
	}
	for _, s := range b.signatures {
		file.Signatures = append(file.Signatures, signatureJSON{
			s.member, hex.EncodeToString(s.hash[:]), base64.StdEncoding.EncodeToString(s.value),
		})
	}
	return file.encode()
}

func (file *bundleJSON) encode() []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(file); err != nil {
		panic("charter: " + err.Error()) // strings always encode
	}
	return out.Bytes()
}

// ParseBundle decodes a bundle of at most [MaxBundle] bytes. White space aside it
// accepts what [Bundle.Marshal] writes and nothing else: unknown, repeated or
// reordered keys are refused. Signatures are not verified: see [Bundle.Verify].
// The faults are [ErrBundle], [ErrInvalid] and [ErrIdentity].
func ParseBundle(data []byte) (*Bundle, error) {
	file, err := decodeBundle(data)
	if err != nil {
		return nil, ErrBundle.New("%w", err)
	}
	identities, err := file.identities()
	if err != nil {
		return nil, ErrBundle.New("%w", err)
	}
	b, err := NewBundle([]byte(file.Charter), identities)
	if err != nil {
		return nil, err
	}
	if b.signatures, err = file.signatures(); err != nil {
		return nil, ErrBundle.New("%w", err)
	}
	if !same(b.Marshal(), data) {
		return nil, ErrBundle.New("identities are not in the order of the members")
	}
	return b, nil
}

func decodeBundle(data []byte) (*bundleJSON, error) {
	if len(data) > MaxBundle {
		return nil, fmt.Errorf("longer than %d bytes", MaxBundle)
	}
	var file bundleJSON
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("no JSON of a space")
	}
	if file.Format != BundleFormat {
		return nil, fmt.Errorf("wants the format %q", BundleFormat)
	}
	if !same(file.encode(), data) {
		return nil, fmt.Errorf("keys unknown, missing, repeated or out of order")
	}
	return &file, nil
}

// same compares two JSON texts without their white space.
func same(a, b []byte) bool {
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

func (file *bundleJSON) identities() (map[string]identity.Public, error) {
	if len(file.Identities) > MaxMembers {
		return nil, fmt.Errorf("%d identities, at most %d", len(file.Identities), MaxMembers)
	}
	out := make(map[string]identity.Public, len(file.Identities))
	for i, entry := range file.Identities {
		raw, err := base64.StdEncoding.Strict().DecodeString(entry.Key)
		if err != nil {
			return nil, fmt.Errorf("identities[%d]: not base64", i)
		}
		public, err := identity.ParsePublic(raw)
		if err != nil {
			return nil, fmt.Errorf("identities[%d]: %w", i, err)
		}
		if _, twice := out[entry.Member]; twice {
			return nil, fmt.Errorf("identities[%d]: the same member twice", i)
		}
		out[entry.Member] = public
	}
	return out, nil
}

// signatures only decodes; who signed, and whether it holds, is for [Bundle.Verify].
func (file *bundleJSON) signatures() ([]signature, error) {
	if len(file.Signatures) > MaxMembers {
		return nil, fmt.Errorf("%d signatures, at most %d", len(file.Signatures), MaxMembers)
	}
	var out []signature
	for i, entry := range file.Signatures {
		hash, err := hex.DecodeString(entry.Charter)
		if err != nil || len(hash) != 32 {
			return nil, fmt.Errorf("signatures[%d]: no hash of a charter", i)
		}
		value, err := base64.StdEncoding.Strict().DecodeString(entry.Signature)
		if err != nil {
			return nil, fmt.Errorf("signatures[%d]: not base64", i)
		}
		out = append(out, signature{member: entry.Member, hash: [32]byte(hash), value: value})
	}
	return out, nil
}

// readAtMost reads one byte more than limit at most, so that a decoder can refuse it.
func readAtMost(r io.Reader, limit int64) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, limit+1))
}
