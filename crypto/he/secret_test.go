package he

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/prg"
)

// TestSecretsDoNotPrint: under no verb, in no struct, by no logger or encoder.
func TestSecretsDoNotPrint(t *testing.T) {
	w := newWorld(t, "F7", 2, 1)
	s := w.secrets[0]
	seed := s.Seed().Bytes()
	held := s.get()
	forbidden := []string{
		fmt.Sprint(seed[:4])[1:], fmt.Sprintf("%x", seed[:4]), fmt.Sprintf("%X", seed[:4]), string(seed[:4]),
		fmt.Sprint(held[0][0]), fmt.Sprintf("%x", held[0][0]), fmt.Sprint(held[1][7]),
	}
	forbidden[0] = strings.TrimSuffix(forbidden[0], "]")
	type outer struct {
		Name   string
		key    Secret
		nested *struct{ key Secret }
		list   []Secret
	}
	o := outer{"o", s, &struct{ key Secret }{s}, []Secret{s}}
	for name, v := range map[string]any{
		"secret": s, "pointer": &s, "struct": o, "struct pointer": &o, "nested": o.nested, "list": o.list,
		"map": map[string]Secret{"k": s}, "seed": s.Seed(), "zero": Secret{}, "error": fmt.Errorf("with %v", s), "key": prg.Key(seed),
	} {
		var texts []string
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p"} {
			if name == "key" && verb == "%p" {
				continue // package fmt does not ask the type; vet refuses it
			}
			texts = append(texts, fmt.Sprintf(verb, v))
		}
		var log, packed bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", v)
		if name != "key" { // an array, which encoders see through: its type says so
			text, _ := json.Marshal(v)
			_ = gob.NewEncoder(&packed).Encode(v)
			texts = append(texts, string(text), log.String(), packed.String())
		}
		for _, text := range texts {
			for _, f := range forbidden {
				if strings.Contains(text, f) {
					t.Errorf("%s prints %q", name, text)
				}
			}
		}
	}
}

// TestNewSecret reads 32 bytes, from which the secret follows.
func TestNewSecret(t *testing.T) {
	p, _ := Set("F7")
	seed := seeded("seed")
	random := bytes.NewReader(append(seed[:], 1, 2, 3))
	s, err := p.NewSecret(random)
	if err != nil || random.Len() != 3 {
		t.Fatalf("%v, %d bytes are left", err, random.Len())
	}
	again := p.SecretOf(seed)
	if !bytes.Equal(s.Seed().Bytes(), seed[:]) || !slices.EqualFunc(s.get(), again.get(), slices.Equal[[]uint64]) {
		t.Error("the seed gives another secret")
	}
	checkReduced(t, p.QP, s.get())
	other, _ := Set("G7")
	if one, two := p.ternary(seed, "x"), other.ternary(seed, "x"); slices.Equal(one, two[:len(one)]) {
		t.Error("two sets have the same secret of a seed")
	}
	if one, two := p.ternary(seed, "x"), p.ternary(seed, "y"); slices.Equal(one, two) {
		t.Error("two labels give the same")
	}
	if _, err := p.NewSecret(bytes.NewReader(seed[:31])); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

// TestWipe: nothing is left of a wiped secret, and no share is made with it: one under the
// secret 0 would show what it should hide.
func TestWipe(t *testing.T) {
	w := newWorld(t, "F7", 2, 1)
	s := w.secrets[0]
	held, seed, twin := s.get(), s.Seed(), s
	s.Wipe()
	for _, limb := range held {
		if slices.Max(limb) != 0 {
			t.Fatal("a limb is left")
		}
	}
	if slices.Max(seed.Bytes()) != 0 {
		t.Error("the seed is left")
	}
	b := w.Inputs(w.circuit)
	crs := seededKey("crs")
	out := NewCiphertext(w.Out.Zero(), w.Out.Uniform(&crs, 0))
	for name, use := range map[string]func(Secret){
		"an input share":   func(s Secret) { _, _ = w.enc.InputShare(b, s, b.Uniform(&crs, 0), nil, seeded("")) },
		"a key share":      func(s Secret) { w.KeyShare(s, crs, seeded(""), nil) },
		"an opening share": func(s Secret) { w.OpenShare(s, out, seeded("")) },
	} {
		for _, s := range []Secret{s, twin, {}} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s is made with a secret that is wiped", name)
					}
				}()
				use(s)
			}()
		}
	}
	s.Wipe()
	Secret{}.Wipe()
}
