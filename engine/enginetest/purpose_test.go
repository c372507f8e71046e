package enginetest_test

import (
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/policy"
)

// A purpose that the charter does not list is refused before the question is stored or sent, with the one that
// was meant, if any is near. (That owners refuse it too is in package policy.)
func TestPurposeThatIsNotAgreed(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{
		Owners: 3, Rules: func(r *charter.Rules) { r.Purposes = []string{"care", "heart research"} },
	})
	s.StartCoordinator() // and nobody else
	c := s.Client()
	for purpose, remedy := range map[string]string{
		"": `care; heart research`, "curiosity": `care; heart research`, "Heart reserach": `"heart research"`,
	} {
		_, err := c.Ask(t.Context(), enginetest.Query, analyst.Options{Purpose: purpose})
		if f := fault.From(err); !policy.WrongPurpose.Is(err) || !strings.Contains(f.Remedy, remedy) {
			t.Errorf("%q: %v, %q", purpose, err, f.Remedy)
		}
	}
	if pending, err := c.Pending(); err != nil || len(pending) > 0 {
		t.Errorf("%d questions are stored: %v", len(pending), err)
	}
}
