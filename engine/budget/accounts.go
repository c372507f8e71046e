package budget

import (
	"slices"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// Rules that set the limit of an account.
const (
	CharterRule = "charter: rules.privacy.budget"
	OwnRule     = "own: accept.budget"
)

// ChargeOf returns what a question costs by plan and charter, and the account it is charged to; nil if it has no noise.
// Own is the owner's own epsilon for an account, "" if it has none: it counts where it is less than the
// charter's. The plan must have passed [plan.Check].
func ChargeOf(p *plan.Plan, ch *charter.Charter, analyst, own string) *Charge {
	price, ok := plan.Price(p, ch)
	if !ok {
		return nil
	}
	c := &Charge{Table: p.Table, Analyst: analyst, Rho: price}
	if m := ch.Member(analyst); m != nil {
		c.Organisation = m.Organisation
	}
	c.Accounts = []Account{AccountOf(ch, p.Table, analyst, own)}
	return c
}

// AccountOf returns the account of an analyst, or of its whole organisation, as the charter says, for a table.
func AccountOf(ch *charter.Charter, table, analyst, own string) Account {
	b := &ch.Rules.Privacy.Budget
	a := Account{Table: table, Analysts: []string{analyst}, Period: b.Period.Std()}
	a.Limit, a.Rule = limit(b, own)
	m := ch.Member(analyst)
	if b.Account() == charter.PerAnalyst || m == nil {
		return a
	}
	a.Organisation, a.Analysts = m.Organisation, nil
	for _, other := range ch.WithRole(charter.Analyst) {
		if other.Organisation == m.Organisation {
			a.Analysts = append(a.Analysts, other.ID)
		}
	}
	slices.Sort(a.Analysts)
	return a
}

// limit is the lower one of the charter's and the owner's.
func limit(b *charter.Budget, own string) (dp.Rho, string) {
	most := b.Rho()
	epsilon, err := dp.ParseEpsilon(own)
	if own == "" || err != nil {
		return most, CharterRule
	}
	delta, err := dp.ParseDelta(b.Delta)
	if err != nil {
		return 0, CharterRule
	}
	if rho, err := epsilon.Rho(delta); err == nil && rho < most {
		return rho, OwnRule
	}
	return most, CharterRule
}

// AccountsOf returns every account that an owner of these tables has.
func AccountsOf(ch *charter.Charter, tables []string, own string) []Account {
	if !ch.Rules.Privacy.Allowed() {
		return nil
	}
	var all []Account
	for _, table := range tables {
		for _, m := range ch.WithRole(charter.Analyst) {
			a := AccountOf(ch, table, m.ID, own)
			if !slices.ContainsFunc(all, func(b Account) bool { return a.Table == b.Table && slices.Equal(a.Analysts, b.Analysts) }) {
				all = append(all, a)
			}
		}
	}
	return all
}
