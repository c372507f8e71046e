package budget_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/budget"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// hospitals is the charter of three hospitals with a budget; south, whose member is owner and analyst, and institute
// may ask. A second analyst belongs to the institute.
func hospitals(t *testing.T, change ...string) *charter.Charter {
	t.Helper()
	text, err := os.ReadFile("../charter/testdata/hospitals.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const member = "  - {id: institute, organisation: Institute, key: tk1eaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, roles: [analyst]}\n"
	change = append(change, "purposes:", "privacy: {max_epsilon: 1, max_delta: 1e-6, budget: {epsilon: 5, delta: 1e-6, period: 720h}}\n  purposes:",
		member, member+strings.NewReplacer("id: institute", "id: second", "tk1e", "tk1f").Replace(member))
	ch, err := charter.Parse([]byte(strings.NewReplacer(change...).Replace(string(text))))
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

var perAnalyst = []string{"purposes:", "privacy: {max_epsilon: 1, max_delta: 1e-6, budget: {epsilon: 5, delta: 1e-6, period: 24h, per: analyst}}\n  purposes:"}

func TestAccountOf(t *testing.T) {
	all := budget.AccountOf(hospitals(t), "patients", "institute", "")
	if all.Organisation != "Institute" || !slices.Equal(all.Analysts, []string{"institute", "second"}) || all.Period != 720*time.Hour ||
		all.Rule != budget.CharterRule || all.Table != "patients" {
		t.Errorf("account %+v", all)
	}
	one := budget.AccountOf(hospitals(t, perAnalyst...), "patients", "institute", "")
	if one.Organisation != "" || !slices.Equal(one.Analysts, []string{"institute"}) || one.Period != 24*time.Hour {
		t.Errorf("account %+v", one)
	}
	nobody := budget.AccountOf(hospitals(t), "patients", "gone", "")
	if nobody.Organisation != "" || !slices.Equal(nobody.Analysts, []string{"gone"}) {
		t.Errorf("the account of one who is no member: %+v", nobody)
	}
	if nobody.Has(&budget.Line{Table: "patients", Analyst: "ada"}) {
		t.Error("no organisation is one")
	}
}

// TestOwnBudget: an owner's own budget only lowers the charter's.
func TestOwnBudget(t *testing.T) {
	ch := hospitals(t)
	most := ch.Rules.Privacy.Budget.Rho()
	for own, want := range map[string]string{"": budget.CharterRule, "0.5": budget.OwnRule, "5": budget.CharterRule, "6": budget.CharterRule, "many": budget.CharterRule} {
		a := budget.AccountOf(ch, "patients", "institute", own)
		if a.Rule != want || a.Limit > most || (want == budget.CharterRule) != (a.Limit == most) {
			t.Errorf("own %q: rho %s by %s, the charter's is %s", own, a.Limit, a.Rule, most)
		}
	}
}

// TestAccountsOf: each account once.
func TestAccountsOf(t *testing.T) {
	if n := len(budget.AccountsOf(hospitals(t), []string{"patients"}, "")); n != 2 {
		t.Errorf("%d accounts of organisations, want South Hospital and Institute", n)
	}
	if n := len(budget.AccountsOf(hospitals(t, perAnalyst...), []string{"patients"}, "")); n != 3 {
		t.Errorf("%d accounts of analysts, want 3", n)
	}
	if n := len(budget.AccountsOf(hospitals(t, "purposes:", "purposes:"), []string{"patients"}, "")); n != 0 {
		t.Errorf("%d accounts where nothing has noise", n)
	}
}

// TestChargeOf: the price is that of the plan, at every owner and for every analyst; without noise there is none.
func TestChargeOf(t *testing.T) {
	ch := hospitals(t)
	p := plan.Plan{Table: "patients", Sums: []plan.Sum{{}}, Width: plan.Width64}
	if c := budget.ChargeOf(&p, ch, "institute", ""); c != nil {
		t.Errorf("an exact question costs %+v", c)
	}
	delta, err := dp.ParseDelta("1e-6")
	if err != nil {
		t.Fatal(err)
	}
	p.Privacy = &plan.Privacy{Epsilon: 1_000_000_000, Delta: delta, Scope: plan.ScopeAll}
	c := budget.ChargeOf(&p, ch, "institute", "")
	if c == nil || c.Rho == 0 || c.Organisation != "Institute" || c.Analyst != "institute" || c.Table != "patients" || len(c.Accounts) != 1 {
		t.Fatalf("charge %+v", c)
	}
	if other := budget.ChargeOf(&p, ch, "south", "0.1"); other.Rho != c.Rho {
		t.Errorf("it costs %s for one and %s for another", c.Rho, other.Rho)
	}
}

// TestOverdraftIsDiscreet: what others are told has no balance, unless the owner discloses it.
func TestOverdraftIsDiscreet(t *testing.T) {
	o := budget.Overdraft{
		State: budget.State{Account: budget.Account{Table: "t", Limit: 987_654_321}, Spent: 111_111_111, Reserved: 22_222_222},
		Price: 900_000_000, Fits: time.Date(2026, 12, 1, 10, 0, 0, 1, time.UTC), Ever: true,
	}
	numbers := []string{o.State.Limit.String(), o.State.Left().String(), "2026-12-01"}
	for _, n := range numbers {
		if strings.Contains(o.Fault(false).Message, n) {
			t.Errorf("%q tells %s", o.Fault(false).Message, n)
		}
		if !strings.Contains(o.Fault(true).Message, n) {
			t.Errorf("%q does not tell %s", o.Fault(true).Message, n)
		}
	}
	if !strings.Contains(o.Fault(true).Message, "10:00:01Z") {
		t.Errorf("%q: the time is not rounded up", o.Fault(true).Message)
	}
	o.Ever = false
	if f := o.Fault(false); f.Code != budget.TooDear.Code {
		t.Errorf("what never fits is refused with %s", f.Code)
	}
}
