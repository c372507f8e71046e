package policy

import (
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
)

// BenchmarkCheckOwn is the check of one job with an owner's own rules. Aim: 5 ms.
func BenchmarkCheckOwn(b *testing.B) {
	ch := hospitals(b)
	r := ask(b, ch, count(b, ch), compiled(b, ch, "SELECT sex, COUNT(*), SUM(age), SUM(cost) FROM patients WHERE smoker GROUP BY sex"))
	own := config.Accept{
		Deny:    config.Deny{Analysts: []string{"south"}},
		Columns: map[string]map[string]config.Column{"patients": {"dose": {Use: "none"}, "admitted": {Grain: charter.Grains[len(charter.Grains)-1]}}},
	}
	if err := Check(ch, "west", r, own, now); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := Check(ch, "west", r, own, now); err != nil {
			b.Fatal(err)
		}
	}
}
