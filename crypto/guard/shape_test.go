package guard

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/crypto/session"
)

func TestShapes(t *testing.T) {
	packed := func(k int, runs ...Run) Group { return Group{K: k, Packed: true, Runs: runs} }
	column := func(k int, runs ...Run) Group { return Group{K: k, Runs: runs} }
	one := Run{Guards: 1, Limbs: 1}
	refused, params := ErrShape, he.ErrParameters
	for _, c := range []struct {
		name   string
		set    string
		groups []Group
		want   error
	}{
		{"smallest", "F7", []Group{packed(2, one)}, nil},
		{"k of 7", "F7", []Group{column(7, one)}, nil},
		{"largest k", "G31", []Group{packed(20, one)}, nil},
		{"all slots, columns", "F7", []Group{column(2, Run{Guards: 8192, Limbs: 3})}, nil},
		{"all slots, packed", "F7", []Group{packed(2, Run{Guards: 2048, Limbs: 2})}, nil},
		{"all slots, open", "F7", []Group{packed(2, Run{Guards: 2, Limbs: 2}, Run{Guards: 4092, Limbs: 2, Open: true})}, nil},
		{"counts alone", "F7", []Group{column(2, Run{Guards: 5}), packed(2, Run{Guards: 5})}, nil},
		{"most ciphertexts", "F7", []Group{column(2, Run{Guards: 1, Limbs: 255})}, nil},

		{"no group", "F7", nil, refused},
		{"k of 1", "F7", []Group{packed(1, one)}, refused},
		{"k of 0", "F7", []Group{packed(0, one)}, refused},
		{"k of 21", "G31", []Group{packed(21, one)}, refused},
		{"negative k", "F7", []Group{packed(-3, one)}, refused},
		{"k too large for the set", "F7", []Group{packed(8, one)}, params},
		{"k too large for the second group", "F7", []Group{packed(2, one), packed(8, one)}, params},
		{"unknown set", "F8", []Group{packed(2, one)}, he.ErrUnknownSet},
		{"no set", "", []Group{packed(2, one)}, he.ErrUnknownSet},
		{"a slot too many, columns", "F7", []Group{column(2, Run{Guards: 8193})}, refused},
		{"a slot too many, packed", "F7", []Group{packed(2, Run{Guards: 2048, Limbs: 2}, Run{Guards: 1, Limbs: 1, Open: true})}, refused},
		{"many limbs", "F7", []Group{packed(2, Run{Guards: 1, Limbs: 1 << 21})}, refused},
		{"two runs of columns", "F7", []Group{column(2, one, one)}, refused},
		{"no run", "F7", []Group{packed(2)}, refused},
		{"an open run of columns", "F7", []Group{column(2, Run{Guards: 1, Limbs: 1, Open: true})}, refused},
		{"an open run of nothing", "F7", []Group{packed(2, Run{Guards: 1, Open: true})}, refused},
		{"no guards", "F7", []Group{packed(2, Run{Limbs: 1})}, refused},
		{"negative guards", "F7", []Group{packed(2, Run{Guards: -1, Limbs: 1})}, refused},
		{"negative limbs", "F7", []Group{packed(2, Run{Guards: 1, Limbs: -1})}, refused},
		{"a ciphertext too many", "F7", []Group{column(2, Run{Guards: 1, Limbs: 256})}, refused},
		{"a group too many", "F7", slices.Repeat([]Group{column(2, Run{Guards: 1})}, 257), refused},
		{"a run too many", "F7", []Group{packed(2, slices.Repeat([]Run{one}, 1000)...), packed(2, slices.Repeat([]Run{one}, 25)...)}, refused},
	} {
		s := &Shape{Set: c.set, Verify: VerifyAll, Groups: c.groups}
		if err := s.Check(3); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, wanted %v", c.name, err, c.want)
		}
		if c.want != nil {
			continue
		}
		b := s.Marshal()
		again, err := ParseShape(b, 3)
		if err != nil || !bytes.Equal(again.Marshal(), b) {
			t.Errorf("%s: does not survive its encoding: %v", c.name, err)
		}
		if _, err := ParseShape(append(b, 0), 3); !errors.Is(err, ErrShape) {
			t.Errorf("%s, a byte too many: %v", c.name, err)
		}
		if _, err := ParseShape(b[:len(b)-1], 3); !errors.Is(err, ErrShape) {
			t.Errorf("%s, a byte less: %v", c.name, err)
		}
	}
}

func TestShapeModes(t *testing.T) {
	for mode, ok := range map[Verify]bool{0: false, VerifyAll: true, VerifySome: true, VerifyNone: true, 4: false} {
		s := small()
		s.Verify = mode
		if err := s.Check(3); (err == nil) != ok {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
	b := small().Marshal()
	b[0] = 2
	if _, err := ParseShape(b, 3); !errors.Is(err, ErrShape) {
		t.Errorf("another version: %v", err)
	}
}

// A set that has too little room for so many workers is refused before keys are made.
func TestShapeBudget(t *testing.T) {
	s := small()
	if err := s.Check(1 << 11); !errors.Is(err, he.ErrParameters) {
		t.Errorf("2048 workers: %v", err)
	}
	two := &Shape{Set: "F7", Verify: VerifyAll, Groups: []Group{small().Groups[0], {K: 7, Runs: []Run{{Guards: 1}}}}}
	small2, err := s.Budget(10)
	must(t, err)
	least, err := two.Budget(10)
	must(t, err)
	if least.Margin >= small2.Margin || least.Margin < he.MinMargin {
		t.Errorf("margin %.1f of k = 2, %.1f with k = 7", small2.Margin, least.Margin)
	}
	if _, err := (&Shape{}).Budget(3); err == nil {
		t.Error("the budget of nothing")
	}
}

// Evaluators of the mode "some" are T+1, and every worker knows which.
func TestEvaluators(t *testing.T) {
	all := session.Everyone(7)
	s := &Shape{Verify: VerifySome}
	for first := range 300 {
		seed := [32]byte{byte(first), byte(first >> 8)}
		got := s.evaluators(all, 2, seed)
		if len(got) != 3 || !got.Valid(7) || !got.Has(all[first%7]) {
			t.Fatalf("seed %d: %v", first, got)
		}
	}
	if got := s.evaluators(session.Everyone(3), 5, [32]byte{}); len(got) != 3 {
		t.Error(got)
	}
}
