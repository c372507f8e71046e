package session

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/tacit-space/tacit/crypto/wire"
)

func TestParties(t *testing.T) {
	p := KeysOf(map[Party]bool{7: true, 2: false, 4: true})
	if !slices.Equal(p, Parties{2, 4, 7}) {
		t.Fatal(p)
	}
	if !p.Has(4) || p.Has(3) || p.Has(0) {
		t.Error("members")
	}
	if !p.Within(Everyone(7)) || p.Within(Everyone(6)) || !(Parties{}).Within(nil) {
		t.Error("subsets")
	}
	if got := Everyone(5).Without(p); !slices.Equal(got, Parties{1, 3, 5}) {
		t.Error(got)
	}
	if got := p.Bytes(); !bytes.Equal(got, []byte{2, 0, 4, 0, 7, 0}) {
		t.Error(got)
	}
	for _, c := range []struct {
		p     Parties
		valid bool
	}{{nil, true}, {Parties{1, 2}, true}, {Parties{3}, false}, {Parties{0}, false}, {Parties{1, 1}, false}, {Parties{2, 1}, false}} {
		if c.p.Valid(2) != c.valid {
			t.Errorf("%v", c.p)
		}
	}
}

func FuzzDecodeParties(f *testing.F) {
	for _, p := range []Parties{nil, {1}, {1, 5}, {5, 1}, {0}, {9}} {
		w := wire.NewWriter()
		p.Encode(w)
		f.Add(w.Data())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := wire.NewReader(b)
		p := DecodeParties(r, 8)
		if r.Close() != nil {
			return
		}
		w := wire.NewWriter()
		p.Encode(w)
		if !p.Valid(8) || !bytes.Equal(w.Data(), b) {
			t.Errorf("%v of %x", p, b)
		}
	})
}

func TestBlame(t *testing.T) {
	cause := errors.New("cause")
	err := fmt.Errorf("around: %w", Blame(3, "protocol: %d: %w", 5, cause))
	if want := "around: worker 3 did not follow the protocol: protocol: 5: cause"; err.Error() != want || !errors.Is(err, cause) {
		t.Error(err)
	}
	for _, c := range []struct {
		err     error
		blaming []Party
	}{{err, []Party{3}}, {Blame(Coordinator, "x"), []Party{Coordinator}}, {ErrTooFew, nil}} {
		effects := End(c.err)
		abort, ok := effects[0].(Abort)
		if len(effects) != 1 || !ok || !slices.Equal(abort.Blame, c.blaming) || !errors.Is(abort.Err, c.err) {
			t.Errorf("%v: %+v", c.err, effects)
		}
	}
}

func TestParallel(t *testing.T) {
	reverse := Parallel(func(n int, f func(int)) {
		for i := n - 1; i >= 0; i-- {
			f(i)
		}
	})
	for name, p := range map[string]Parallel{"nil": nil, "reverse": reverse} {
		ran := 0
		err := p.Each(5, func(i int) error {
			ran++
			if i%2 == 1 {
				return fmt.Errorf("%d", i)
			}
			return nil
		})
		if ran != 5 || err == nil || err.Error() != "1" {
			t.Errorf("%s: %d, %v", name, ran, err)
		}
	}
}
