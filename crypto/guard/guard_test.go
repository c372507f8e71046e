package guard

import (
	"fmt"
	"testing"

	"github.com/tacit-space/tacit/crypto/session"
)

// TestRelease: what stands behind k units or more is released exactly, nothing else.
func TestRelease(t *testing.T) {
	shapes := map[string]*Shape{
		"packed, smallest": small(),
		"columns":          {Set: "F7", Verify: VerifyAll, Groups: []Group{{K: 5, Runs: []Run{{Guards: 8192, Limbs: 1}}}}},
		"several groups": {Set: "G15", Verify: VerifySome, Groups: []Group{
			{K: 10, Packed: true, Runs: []Run{{Guards: 100, Limbs: 3}, {Guards: 7, Limbs: 0}, {Guards: 2, Limbs: 50, Open: true}}},
			{K: 3, Packed: true, Runs: []Run{{Guards: 1, Limbs: 16382}}},
		}},
		"nobody evaluates again": {Set: "F7", Verify: VerifyNone, Groups: []Group{{K: 3, Packed: true, Runs: []Run{{Guards: 50, Limbs: 1}}}}},
	}
	for name, s := range shapes {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, s, 4, 7)
			everyone := session.Everyone(4)
			net := w.network(1, 1, everyone)
			w.begin(net)
			net.Run()
			o, err := w.opened(net)
			must(t, err)
			w.check(o, everyone)
			for _, p := range everyone {
				if out := net.Outcome(p); !out.Done || len(out.Refusals) > 0 {
					t.Errorf("worker %d: %+v", p, out)
				}
			}
			who, err := VerifyReceipt(w.manifest, o.Receipt)
			must(t, err)
			if fmt.Sprint(who) != fmt.Sprint(everyone) {
				t.Errorf("receipt says %v", who)
			}
		})
	}
}
