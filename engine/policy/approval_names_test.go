package policy

import (
	"slices"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
)

// amended is the space of the tests with a template, and an amendment of it in which the template "ages", the analyst south and
// the purpose research are gone.
func amended(t *testing.T) (before, after *charter.Bundle) {
	t.Helper()
	identities := map[string]identity.Public{}
	text := hospitalsText(t)
	for i, id := range []string{"hub", "north", "south", "west", "institute"} {
		identities[id] = identity.FromSeed([32]byte{byte(i + 1)}).Public()
		letter := string(rune('a' + i))
		text = strings.Replace(text, "tk1"+letter+strings.Repeat("a", 51), identities[id].Fingerprint(), 1)
	}
	const number = "  - {name: number, sql: SELECT COUNT(*) FROM patients}\n"
	const ages = "  - {name: ages, sql: SELECT AVG(age) FROM patients}\n"
	before, err := charter.NewBundle([]byte(text+"templates:\n"+number+ages), identities)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if _, err := before.Sign(identity.FromSeed([32]byte{byte(i + 1)})); err != nil {
			t.Fatal(err)
		}
	}
	next := strings.NewReplacer("version: 1", "version: 2", "[owner, analyst]", "[owner]", "[research, quality assurance]", "[quality assurance]").Replace(text)
	after, err = before.Amend([]byte(next+"templates:\n"+number), nil)
	if err != nil {
		t.Fatal(err)
	}
	return before, after
}

// TestApprovalNames: a misspelt name in an approval rule stops the worker with a suggestion, as the rule would fit
// nothing; a name that an amendment removed is only told.
func TestApprovalNames(t *testing.T) {
	before, after := amended(t)
	rules := func(r ...config.ApprovalRule) *config.Approval { return &config.Approval{Rules: r} }
	good := config.ApprovalRule{
		Templates: []string{"number", "ages"}, Analysts: []string{"south", "institute"}, Purposes: []string{"research"}, Then: config.ThenAsk,
	}
	if gone, err := CheckApproval(before, rules(config.ApprovalRule{Then: config.ThenAsk}, good)); err != nil || len(gone) != 0 {
		t.Errorf("%q, %v", gone, err)
	}
	gone, err := CheckApproval(after, rules(config.ApprovalRule{Then: config.ThenAsk}, good))
	want := []string{
		`worker.approval.rules[1].templates: the charter has no template "ages" any more`,
		`worker.approval.rules[1].analysts: the charter has no analyst "south" any more`,
		`worker.approval.rules[1].purposes: the charter has no purpose "research" any more`,
	}
	if err != nil || !slices.Equal(gone, want) {
		t.Errorf("%q, %v", gone, err)
	}
	for want, bad := range map[string]config.ApprovalRule{
		`worker.approval.rules[1].templates: the charter has no template "nmber" (did you mean "number"?)`:     {Templates: []string{"number", "nmber"}},
		`worker.approval.rules[1].analysts: the charter has no analyst "institut" (did you mean "institute"?)`: {Analysts: []string{"institut"}},
		`worker.approval.rules[1].analysts: the charter has no analyst "north"`:                                {Analysts: []string{"north"}}, // an owner
		`worker.approval.rules[1].purposes: the charter has no purpose "reserch" (did you mean "research"?)`:   {Purposes: []string{"reserch"}},
	} {
		_, err := CheckApproval(before, rules(good, bad))
		if !config.ErrInvalid.Is(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestApprovalPurposesOfAnyKind: where the charter allows every purpose, no purpose is misspelt.
func TestApprovalPurposesOfAnyKind(t *testing.T) {
	before, _ := amended(t)
	text := strings.NewReplacer("version: 1", "version: 2", "  purposes: [research, quality assurance]\n", "").Replace(before.Text())
	any, err := before.Amend([]byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	if gone, err := CheckApproval(any, &config.Approval{Rules: []config.ApprovalRule{{Purposes: []string{"whatever"}}}}); err != nil || len(gone) != 0 {
		t.Errorf("%q, %v", gone, err)
	}
}

// TestAcceptNames: a name in an owner's own rules that an amendment removed is only told: the worker is to serve
// under the amendment. It narrows nothing else: a quota of nobody bounds nobody, and not everybody.
func TestAcceptNames(t *testing.T) {
	before, after := amended(t)
	own := &config.Accept{
		Deny: config.Deny{Analysts: []string{"south", "institute"}, Organisations: []string{"South Hospital"}, Purposes: []string{"research"}},
		Quotas: []config.Quota{
			{Per: charter.PerAnalyst, Analysts: []string{"south"}, Questions: 1, Period: charter.Duration(charter.MinQuotaPeriod)},
			{Per: charter.PerOrganisation, Organisations: []string{"South Hospital"}, Questions: 1, Period: charter.Duration(charter.MinQuotaPeriod)},
		},
	}
	if gone, err := CheckAccept(before, own); err != nil || len(gone) != 0 {
		t.Fatalf("%q, %v", gone, err)
	}
	gone, err := CheckAccept(after, own)
	want := []string{
		`worker.accept.quotas[0].analysts: the charter has no analyst "south" any more`,
		`worker.accept.quotas[1].organisations: the charter has no organisation of an analyst "South Hospital" any more`,
		`worker.accept.deny.analysts: the charter has no analyst "south" any more`,
		`worker.accept.deny.organisations: the charter has no organisation of an analyst "South Hospital" any more`,
		`worker.accept.deny.purposes: the charter has no purpose "research" any more`,
	}
	if err != nil || !slices.Equal(gone, want) {
		t.Errorf("%q, %v", gone, err)
	}
	if own.Quotas[0].Applies("institute", "Institute", "patients") || len(own.Quotas[0].Analysts) != 1 {
		t.Error("a quota of one who is no analyst any more bounds others")
	}
	own.Quotas[1].Analysts = []string{"sout"}
	if _, err := CheckAccept(after, own); !config.ErrInvalid.Is(err) || !strings.Contains(err.Error(), `worker.accept.quotas[1].analysts[0]`) {
		t.Errorf("a misspelt analyst beside one who is gone: %v", err)
	}
}
