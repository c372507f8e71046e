package benchmarks

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/lab/shape"
)

// A floor is the rounds times the round trip, and the bytes one after the other.
func TestFloor(t *testing.T) {
	for _, c := range []struct {
		network networkCase
		want    float64
		link    shape.Link
	}{
		{networkCase{}, 0, shape.Link{}},
		{networkCase{20 * time.Millisecond, 100}, 8*0.020 + 0.08, shape.Link{Delay: 10 * time.Millisecond, Rate: 12_500_000}},
		{networkCase{160 * time.Millisecond, 1000}, 8*0.160 + 0.008, shape.Link{Delay: 80 * time.Millisecond, Rate: 125_000_000}},
	} {
		if got := c.network.floor(8, 1_000_000); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v: %v s, want %v", c.network, got, c.want)
		}
		if got := c.network.link(); got != c.link {
			t.Errorf("%v is the link %+v", c.network, got)
		}
	}
}

func TestSlope(t *testing.T) {
	if got := slope([]float64{0, 0.02, 0.16}, []float64{0.1, 0.26, 1.38}); math.Abs(got-8) > 1e-9 {
		t.Errorf("slope %v, want 8", got)
	}
	if got := slope([]float64{1, 1}, []float64{1, 2}); got != 0 {
		t.Errorf("slope %v of one place", got)
	}
}

// A text is waited for until it is there as often as it should be.
func TestAwaitInLog(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(file, []byte("made\nother\nmade\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := awaitInLog(t.Context(), file, "made", 2); err != nil {
		t.Error(err)
	}
	if err := awaitInLog(t.Context(), file+"x", "made", 1); err == nil {
		t.Error("a log that is not there is read")
	}
}
