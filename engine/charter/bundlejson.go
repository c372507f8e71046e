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
const MaxBundle = 32 << 20

// bundleJSON is the file; the order of fields is the order in it.
type bundleJSON struct {
	Format     string          `json:"tacit"`
	Charter    string          `json:"charter"`
	Identities []identityJSON  `json:"identities"` // in the order of the charter's members
	Signatures []signatureJSON `json:"signatures"`
	Earlier    []versionJSON   `json:"earlier,omitempty"` // oldest first

	Revocations []revocationJSON `json:"revocations,omitempty"`
}

// versionJSON is an earlier version. It has the identities that the version after it does
// not have for the same member.
type versionJSON struct {
	Charter    string          `json:"charter"`
	Identities []identityJSON  `json:"identities"`
	Signatures []signatureJSON `json:"signatures"`
}

type identityJSON struct {
	Member string `json:"member"`
	Key    string `json:"key"` // base64 of [identity.Public.Marshal]
}

type signatureJSON struct {
	Member    string `json:"member"`
	Key       string `json:"key,omitempty"` // fingerprint, if it is that of the version before
	Charter   string `json:"charter"`       // hex of the hash that was signed
	Signature string `json:"signature"`     // base64
}

// Marshal returns the file.
func (b *Bundle) Marshal() []byte {
	newest := b.json(nil)
	file := bundleJSON{Format: BundleFormat, Charter: newest.Charter, Identities: newest.Identities, Signatures: newest.Signatures}
	chain := b.chain()
	for i, v := range b.earlier {
		file.Earlier = append(file.Earlier, v.json(chain[i+1]))
	}
	for _, r := range b.revocations {
		file.Revocations = append(file.Revocations, r.json())
	}
	return file.encode()
}

func encode64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func decode64(s string) ([]byte, error) { return base64.StdEncoding.Strict().DecodeString(s) }

// json leaves out the identities that the version after it has.
func (v *version) json(after *version) versionJSON {
	out := versionJSON{Charter: v.text, Identities: []identityJSON{}, Signatures: []signatureJSON{}}
	for _, m := range v.charter.Members {
		if public := v.identities[m.ID]; after == nil || !after.identities[m.ID].Equal(public) {
			out.Identities = append(out.Identities, identityJSON{m.ID, encode64(public.Marshal())})
		}
	}
	for _, s := range v.signatures {
		out.Signatures = append(out.Signatures, signatureJSON{
			s.member, s.key, hex.EncodeToString(s.hash[:]), encode64(s.value),
		})
	}
	return out
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
// The faults are [ErrBundle], [ErrInvalid], [ErrIdentity] and [ErrChain].
func ParseBundle(data []byte) (*Bundle, error) {
	file, err := decodeBundle(data)
	if err != nil {
		return nil, ErrBundle.New("%w", err)
	}
	b := &Bundle{}
	newest := versionJSON{file.Charter, file.Identities, file.Signatures}
	if b.version, err = newest.version(nil); err != nil {
		return nil, err
	}
	b.earlier = make([]*version, len(file.Earlier))
	after := b.version
	for i := len(file.Earlier) - 1; i >= 0; i-- {
		if b.earlier[i], err = file.Earlier[i].version(after); err != nil {
			return nil, err
		}
		after = b.earlier[i]
	}
	if err := b.checkLinks(); err != nil {
		return nil, err
	}
	if err := b.parseRevocations(file.Revocations); err != nil {
		return nil, ErrBundle.New("%w", err)
	}
	if !same(b.Marshal(), data) {
		return nil, ErrBundle.New("identities or revocations are not those, or not in the order, of the members")
	}
	return b, nil
}

// checkLinks: each version amends the one before.
func (b *Bundle) checkLinks() error {
	var before *version
	for _, v := range b.chain() {
		if err := v.follows(before); err != nil && !b.without.link {
			return err
		}
		before = v
	}
	return nil
}

// version decodes one version; after is the one that amends it, nil for the newest.
func (file *versionJSON) version(after *version) (*version, error) {
	identities, err := file.identities()
	if err != nil {
		return nil, ErrBundle.New("%w", err)
	}
	c, err := Parse([]byte(file.Charter))
	if err != nil {
		return nil, err
	}
	if after != nil {
		for _, m := range c.Members {
			if _, given := identities[m.ID]; !given && after.identities[m.ID].Fingerprint() == m.Key {
				identities[m.ID] = after.identities[m.ID]
			}
		}
	}
	v, err := versionOf([]byte(file.Charter), c, identities)
	if err != nil {
		return nil, err
	}
	if v.signatures, err = file.signatures(); err != nil {
		return nil, ErrBundle.New("%w", err)
	}
	return v, nil
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
	if len(file.Earlier) >= MaxVersions {
		return nil, fmt.Errorf("%d versions, at most %d", len(file.Earlier)+1, MaxVersions)
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

func (file *versionJSON) identities() (map[string]identity.Public, error) {
	if len(file.Identities) > MaxMembers {
		return nil, fmt.Errorf("%d identities, at most %d", len(file.Identities), MaxMembers)
	}
	out := make(map[string]identity.Public, len(file.Identities))
	for i, entry := range file.Identities {
		raw, err := decode64(entry.Key)
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
func (file *versionJSON) signatures() ([]signature, error) {
	if len(file.Signatures) > 2*MaxMembers { // those of two versions may sign
		return nil, fmt.Errorf("%d signatures, at most %d", len(file.Signatures), 2*MaxMembers)
	}
	var out []signature
	for i, entry := range file.Signatures {
		hash, err := hex.DecodeString(entry.Charter)
		if err != nil || len(hash) != 32 {
			return nil, fmt.Errorf("signatures[%d]: no hash of a charter", i)
		}
		value, err := decode64(entry.Signature)
		if err != nil {
			return nil, fmt.Errorf("signatures[%d]: not base64", i)
		}
		out = append(out, signature{member: entry.Member, key: entry.Key, hash: [32]byte(hash), value: value})
	}
	return out, nil
}

// readAtMost reads one byte more than limit at most, so that a decoder can refuse it.
func readAtMost(r io.Reader, limit int64) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, limit+1))
}
