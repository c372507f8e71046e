package secret

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// outer hides a secret where Format methods do not help: in unexported fields.
type outer struct {
	Name   string
	key    Secret
	nested *struct{ key Secret }
	list   []Secret
}

func TestNothingPrintsASecret(t *testing.T) {
	s := New([]byte("hunter2-hunter2"))
	o := outer{"o", s, &struct{ key Secret }{s}, []Secret{s}}
	values := map[string]any{"secret": s, "pointer": &s, "struct": o, "struct pointer": &o, "map": map[string]Secret{"k": s}, "error": fmt.Errorf("with %v", s)}
	for name, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
			check(t, name+" "+verb, fmt.Sprintf(verb, v))
		}
		text, _ := json.Marshal(v)
		check(t, name+" json", string(text))
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", v)
		check(t, name+" slog", log.String())
	}
}

func check(t *testing.T, name, text string) {
	t.Helper()
	for _, leak := range []string{"hunter", "68756e74", "68756E74", "104 117", "aHVudGVy"} {
		if strings.Contains(text, leak) {
			t.Errorf("%s shows the secret: %s", name, text)
		}
	}
}

func TestASecretIsNotEncoded(t *testing.T) {
	if err := gob.NewEncoder(new(bytes.Buffer)).Encode(New([]byte("x"))); !errors.Is(err, ErrEncode) {
		t.Errorf("gob: %v", err)
	}
	nested := struct{ S Secret }{New([]byte("x"))}
	if err := gob.NewEncoder(new(bytes.Buffer)).Encode(nested); !errors.Is(err, ErrEncode) {
		t.Errorf("gob, nested: %v", err)
	}
	var s Secret
	if err := json.Unmarshal([]byte(`"[secret]"`), &s); !errors.Is(err, ErrEncode) {
		t.Errorf("json: %v", err)
	}
}

func TestBox(t *testing.T) {
	b := []byte("abc")
	s := New(b)
	b[0] = 'x'
	if string(s.Bytes()) != "abc" || s.Len() != 3 {
		t.Error("the box shares the caller's bytes")
	}
	if !s.Equal(New([]byte("abc"))) || s.Equal(New([]byte("abd"))) || s.Equal(New([]byte("ab"))) || s.Equal(Secret{}) {
		t.Error("Equal")
	}
	twin := s
	s.Wipe()
	if !bytes.Equal(twin.Bytes(), make([]byte, 3)) {
		t.Error("a copy of a wiped box still holds the secret")
	}
	if (Secret{}).Bytes() != nil {
		t.Error("the zero box holds something")
	}
}
