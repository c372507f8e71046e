package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/guard"
	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
)

// A layout may have more ciphertexts than one message carries by default: the statement says so, from the
// ciphertext on with which the message is too long.
func TestLongMessagesAreStated(t *testing.T) {
	p := &Plan{Sums: []Sum{{}}, Width: Width64}
	for _, name := range he.Sets() {
		params, err := he.Set(name)
		if err != nil {
			t.Fatal(err)
		}
		shape := &guard.Shape{Set: name, Verify: guard.VerifyAll}
		stated := false
		for shape.Inputs()+2 <= guard.MaxCiphertexts {
			shape.Groups = append(shape.Groups, guard.Group{K: 2, Runs: []guard.Run{{Guards: params.Slots(), Limbs: 1}}})
			s, err := shape.Sizes()
			if err != nil {
				t.Fatal(err)
			}
			text := tooLong(p, &Layout{Shape: shape})
			if long := s.Share > int(config.DefaultMaxMessage)-slack; long != (text != "") {
				t.Fatalf("%s: share of %d bytes, stated %q", name, s.Share, text)
			}
			stated = stated || strings.Contains(text, "TACIT-J013")
		}
		if big := name != "F7"; stated != big {
			t.Errorf("%s: stated %v", name, stated)
		}
	}
	if text := tooLong(&Plan{Sums: make([]Sum, 1), Width: Width64}, nil); text != "" {
		t.Errorf("a short masked sum: %s", text)
	}
}

// The rule about differences is stated exactly where something is compared.
func TestComparedIsStated(t *testing.T) {
	k, one := 5, 1
	ch := &charter.Charter{Tables: []charter.Table{{Name: "t", MinCohort: &k, MaxRows: 10}}}
	p := Smallest("t")
	for mode, want := range map[string]string{
		charter.DifferencingRefuse: "refuses it", charter.DifferencingAsk: "asks a person",
		charter.DifferencingNote: "notes that", "": "notes that", charter.DifferencingOff: "nothing by the charter",
	} {
		ch.Rules.Differencing = charter.Differencing{Mode: mode, Window: charter.Duration(48 * time.Hour)}
		text := strings.Join(compared(p, ch), "\n")
		if !strings.Contains(text, want) || mode != charter.DifferencingOff && !strings.Contains(text, "48h") {
			t.Errorf("%q: %s", mode, text)
		}
	}
	ch.Tables[0].MinCohort = &one
	if text := compared(p, ch); text != nil {
		t.Errorf("nothing is guarded, and %q", text)
	}
}
