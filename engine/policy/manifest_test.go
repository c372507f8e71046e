package policy

import (
	"reflect"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/identity"
	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/plan"
)

// TestNewRequest: what is checked is what the manifest says, field by field.
func TestNewRequest(t *testing.T) {
	ch := hospitals(t)
	keys := map[string]identity.Public{}
	for i := range ch.Members {
		key := identity.FromSeed([identity.SeedSize]byte{byte(i + 1)}).Public()
		ch.Members[i].Key = key.Fingerprint()
		keys[ch.Members[i].ID] = key
	}
	want := count(t, ch)
	context, err := want.Job.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	m := &cryptojob.Manifest{
		Context: context, Length: want.Length, Width: ring.Width(want.Width),
		Analyst:         cryptojob.Member{ID: want.Analyst.ID, Key: keys[want.Analyst.ID]},
		MinContributors: want.MinContributors, Threshold: want.Threshold, Corruptions: want.Corruptions,
		Expiry: want.Expiry,
	}
	for _, owner := range want.Roster {
		m.Roster = append(m.Roster, cryptojob.Member{ID: owner.ID, Key: keys[owner.ID]})
	}
	got, err := NewRequest(m)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	if err := Check(ch, "west", got, config.Accept{}, now); err != nil {
		t.Error(err)
	}
	m.Context = m.Context[1:]
	if _, err := NewRequest(m); !plan.Malformed.Is(err) {
		t.Errorf("a context that is no job: %v", err)
	}
}

// TestParametersAgree: charter and protocol use one formula for the threshold.
func TestParametersAgree(t *testing.T) {
	for n := 3; n < 100; n++ {
		for corrupt := 1; corrupt <= n-2; corrupt++ {
			if a, b := charter.Threshold(n, corrupt), cryptojob.ThresholdFor(n, corrupt); a != b {
				t.Fatalf("n = %d, T = %d: %d and %d", n, corrupt, a, b)
			}
		}
	}
}

// TestRefusalsKeepSecrets: no refusal repeats a constant of the question.
func TestRefusalsKeepSecrets(t *testing.T) {
	ch := hospitals(t)
	r := count(t, ch)
	r.Job.Plan.Where = plan.Compare(plan.Eq, "sex", plan.Value{Kind: plan.Text, Text: "topsecret"})
	if err := Check(ch, "west", r, config.Accept{}, now); err == nil || strings.Contains(err.Error(), "topsecret") {
		t.Errorf("got %v", err)
	}
}
