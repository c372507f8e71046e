package protocol

import (
	"encoding/hex"
	"slices"

	"github.com/tacit-space/tacit/crypto/guard"
	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// KeyTerms returns the terms of a key set that the owners of a table make ahead, under an id
// that is used once.
func KeyTerms(b *charter.Bundle, table, set string, id [16]byte) (guard.Terms, error) {
	hash := b.Hash()
	rules := b.Charter().Rules
	owners := b.Charter().OwnersOf(table)
	t := guard.Terms{
		Context: session.Hash("tacit/engine/v1/key set", hash[:], []byte(table), []byte(set), id[:]),
		Set:     set,
		Least:   max(rules.MinContributors, cryptojob.ThresholdFor(len(owners), rules.ToleratedCorruption), rules.ToleratedCorruption+2),
	}
	for _, m := range owners {
		t.Roster = append(t.Roster, cryptojob.Member{ID: m.ID, Key: b.Identity(m.ID)})
	}
	return t, t.Check()
}

// KeyUse says what a key set can be used for: a roster under a charter, and a parameter set.
func KeyUse(b *charter.Bundle, roster []string, set string) string {
	hash := b.Hash()
	parts := [][]byte{hash[:], []byte(set)}
	for _, id := range roster {
		parts = append(parts, []byte(id))
	}
	use := session.Hash("tacit/engine/v1/key use", parts...)
	return hex.EncodeToString(use[:])
}

// KeyStock is a kind of key set worth having.
type KeyStock struct {
	Table, Set, Use string
	Roster          []string // member ids
}

// KeyStocks returns the kinds of key sets that questions about the tables of a charter are
// likely to use: for each guarded table the parameter set of its simplest question.
func KeyStocks(b *charter.Bundle) []KeyStock {
	ch := b.Charter()
	var stocks []KeyStock
	for i := range ch.Tables {
		p := plan.Smallest(ch.Tables[i].Name)
		layout, f := plan.NewLayout(p, ch)
		if f != nil || layout == nil {
			continue
		}
		s := KeyStock{Table: p.Table, Set: layout.Shape.Set}
		for _, m := range ch.OwnersOf(p.Table) {
			s.Roster = append(s.Roster, m.ID)
		}
		s.Use = KeyUse(b, s.Roster, s.Set)
		if !slices.ContainsFunc(stocks, func(o KeyStock) bool { return o.Use == s.Use }) {
			stocks = append(stocks, s)
		}
	}
	return stocks
}

// JobKeyUse returns the use of the key set of a job in which these workers take part, and
// "" if none can have been made ahead: a masked sum, or fewer workers than the roster.
func JobKeyUse(b *charter.Bundle, m *cryptojob.Manifest, participants int) string {
	if !Guarded(m) || participants != len(m.Roster) {
		return ""
	}
	shape, err := guard.ParseShape(m.Guard, len(m.Roster))
	if err != nil {
		return ""
	}
	roster := make([]string, len(m.Roster))
	for i, member := range m.Roster {
		roster[i] = member.ID
	}
	return KeyUse(b, roster, shape.Set)
}
