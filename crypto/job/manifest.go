package job

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// Member is a party's name and its pinned identity key.
type Member struct {
	ID  string // UTF-8, 1 … [MaxID] bytes
	Key identity.Public
}

// Manifest is what the analyst signs and every worker checks before anything
// else. It does not change once it is hashed.
type Manifest struct {
	Job     [16]byte // random, unique
	Context []byte   // what the job is about, opaque here: at most MaxContext bytes

	Length int        // d, elements of every vector, in [1, MaxLength]
	Width  ring.Width // of an element in bits

	// Guard is the canonical encoding of the shape of a guarded release, empty for a
	// masked sum; opaque here: at most MaxGuard bytes.
	Guard []byte

	Roster  []Member // W_1 … W_n; position i of the roster is session.Party(i+1)
	Analyst Member

	MinContributors int // n_min: workers in the sum at least; max(t, T+2) <= n_min <= n
	Threshold       int // t: shares needed to open; 2t > n + T
	Corruptions     int // T: workers that may collude, at least 1

	AnalystKey [kem.PublicKeySize]byte // pk_A, made for this job
	AlphaHash  [32]byte                // commitment to the analyst's Alpha; zero in an [Inquiry]
	Expiry     int64                   // seconds since 1970 UTC, positive; the driver enforces it
}

const labelManifest = "tacit/job/v1/manifest"

// Check reports the first rule that m breaks. Every role calls it before it
// uses a manifest; [ParseManifest] returns checked ones only.
func (m *Manifest) Check() error {
	if err := checkNumbers(len(m.Roster), m.Corruptions, m.Threshold, m.MinContributors); err != nil {
		return err
	}
	if err := checkShape(m.Width, m.Length); err != nil {
		return err
	}
	if err := m.checkMembers(); err != nil {
		return err
	}
	if len(m.Context) > MaxContext {
		return fmt.Errorf("job: context of %d bytes, at most %d", len(m.Context), MaxContext)
	}
	if len(m.Guard) > MaxGuard {
		return fmt.Errorf("job: guard of %d bytes, at most %d", len(m.Guard), MaxGuard)
	}
	if m.Expiry <= 0 {
		return errors.New("job: no expiry")
	}
	if _, err := kem.ParsePublicKey(m.AnalystKey[:]); err != nil {
		return fmt.Errorf("job: analyst key: %w", err)
	}
	return nil
}

// Encapsulate makes a secret that only the analyst can get, with [Question.Decapsulate], from the
// ciphertext. Randomness is read from rand.
func (m *Manifest) Encapsulate(rand io.Reader) (ct [kem.CiphertextSize]byte, shared [kem.SharedSize]byte, err error) {
	key, err := kem.ParsePublicKey(m.AnalystKey[:])
	if err != nil {
		return ct, shared, err
	}
	return kem.Encapsulate(key, rand)
}

// checkMembers: names and keys of the roster are unique. The analyst may be a
// worker too: a member can own data and ask.
func (m *Manifest) checkMembers() error {
	ids, keys := map[string]bool{}, map[string]bool{}
	for i, member := range m.Roster {
		if err := member.check(); err != nil {
			return fmt.Errorf("job: roster[%d]: %w", i, err)
		}
		key := string(member.Key.Marshal())
		if ids[member.ID] || keys[key] {
			return fmt.Errorf("job: roster[%d]: name or key occurs twice", i)
		}
		ids[member.ID], keys[key] = true, true
	}
	if err := m.Analyst.check(); err != nil {
		return fmt.Errorf("job: analyst: %w", err)
	}
	p, worker := m.Party(m.Analyst.ID)
	if worker != keys[string(m.Analyst.Key.Marshal())] || worker && !m.Roster[p-1].Key.Equal(m.Analyst.Key) {
		return errors.New("job: the analyst has the name or the key of a worker, and not both")
	}
	return nil
}

func (m Member) check() error {
	if m.ID == "" || len(m.ID) > MaxID || !utf8.ValidString(m.ID) {
		return fmt.Errorf("name of %d bytes, wanted 1 to %d of UTF-8", len(m.ID), MaxID)
	}
	return nil
}

// Party returns the position of the worker with this name.
func (m *Manifest) Party(id string) (session.Party, bool) {
	for i, member := range m.Roster {
		if member.ID == id {
			return session.Party(i + 1), true
		}
	}
	return 0, false
}

// Member returns who stands at a position: a worker or the analyst.
func (m *Manifest) Member(p session.Party) (Member, bool) {
	switch {
	case p == session.Analyst:
		return m.Analyst, true
	case p >= 1 && int(p) <= len(m.Roster):
		return m.Roster[p-1], true
	}
	return Member{}, false
}

// Marshal returns the canonical encoding.
func (m *Manifest) Marshal() []byte {
	w := wire.NewWriter()
	w.U8(uint8(kindManifest))
	w.Fixed(m.Job[:])
	w.Bytes(m.Context)
	w.U32(uint32(m.Length))
	w.U8(uint8(m.Width))
	w.Bytes(m.Guard)
	w.Count(len(m.Roster))
	for _, member := range m.Roster {
		member.encode(w)
	}
	m.Analyst.encode(w)
	w.U16(uint16(m.MinContributors))
	w.U16(uint16(m.Threshold))
	w.U16(uint16(m.Corruptions))
	w.Fixed(m.AnalystKey[:])
	w.Fixed(m.AlphaHash[:])
	w.U64(uint64(m.Expiry))
	return w.Data()
}

// ParseManifest decodes and checks a manifest. It does not know who signed it.
func ParseManifest(b []byte) (*Manifest, error) {
	r := wire.NewReader(b)
	expectKind(r, kindManifest)
	m := &Manifest{
		Job:     [16]byte(r.Fixed(16)),
		Context: append([]byte(nil), r.Bytes(MaxContext)...),
		Length:  int(r.U32()),
		Width:   ring.Width(r.U8()),
		Guard:   append([]byte(nil), r.Bytes(MaxGuard)...),
	}
	m.Roster = make([]Member, r.Count(MaxWorkers))
	for i := range m.Roster {
		m.Roster[i] = decodeMember(r)
	}
	m.Analyst = decodeMember(r)
	m.MinContributors = int(r.U16())
	m.Threshold = int(r.U16())
	m.Corruptions = int(r.U16())
	m.AnalystKey = [kem.PublicKeySize]byte(r.Fixed(kem.PublicKeySize))
	m.AlphaHash = [32]byte(r.Fixed(32))
	m.Expiry = int64(r.U64())
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("job: manifest: %w", err)
	}
	return m, m.Check()
}

func (m Member) encode(w *wire.Writer) {
	w.String(m.ID)
	w.Fixed(m.Key.Marshal())
}

func decodeMember(r *wire.Reader) Member {
	m := Member{ID: r.String(MaxID)}
	key := r.Fixed(identity.PublicSize)
	if r.Err() != nil {
		return m
	}
	var err error
	if m.Key, err = identity.ParsePublic(key); err != nil {
		r.Fail(err)
	}
	return m
}

// Hash returns h, to which every key, hash and signature of the job is bound.
func (m *Manifest) Hash() [32]byte { return session.Hash(labelManifest, m.Marshal()) }
