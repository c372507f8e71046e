package policy

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/strictyaml"
)

// acceptPath is where an owner's own rules are in its configuration.
const acceptPath = "worker.accept"

// CheckAccept says what is wrong with an owner's own rules under a charter: names that no version of it had, and
// values that would be laxer. The fault is [config.ErrInvalid]. Names that an amendment removed must not stop a worker
// that is to serve under it: these are returned, in words.
func CheckAccept(b *charter.Bundle, own *config.Accept) (gone []string, err error) {
	n := &names{bundle: b}
	ch := b.Charter()
	n.quotas(own.Quotas)
	n.deny(&own.Deny)
	for _, name := range slices.Sorted(maps.Keys(own.Columns)) {
		path := acceptPath + ".columns." + name
		if n.known(path, "table", name, tableNames) {
			n.columns(ch.Table(name), own.Columns[name], path)
		}
	}
	if len(n.problems) > 0 {
		return nil, config.ErrInvalid.New("%w", n.problems)
	}
	return n.gone, nil
}

// quotas: a name that an amendment removed is nobody's, so the quota bounds less; the rest is checked as it is.
func (n *names) quotas(all []config.Quota) {
	left := make([]config.Quota, len(all))
	for i, q := range all {
		path := fmt.Sprintf("%s.quotas[%d]", acceptPath, i)
		q.Analysts = n.present(path+".analysts", "analyst", q.Analysts, analystIDs)
		q.Organisations = n.present(path+".organisations", "organisation of an analyst", q.Organisations, organisations)
		q.Tables = n.present(path+".tables", "table", q.Tables, tableNames)
		left[i] = q
	}
	n.bundle.Charter().CheckQuotas(left, acceptPath+".quotas", &n.problems)
}

// deny: a name that nobody ever had would deny nobody, unseen.
func (n *names) deny(d *config.Deny) {
	list := func(words []string, key, what string, of func(*charter.Charter) []string) {
		for _, w := range words {
			n.known(acceptPath+".deny."+key, what, w, of)
		}
	}
	list(d.Analysts, "analysts", "analyst", analystIDs)
	list(d.Organisations, "organisations", "organisation of an analyst", organisations)
	if len(n.bundle.Charter().Rules.Purposes) > 0 {
		list(d.Purposes, "purposes", "purpose", purposes)
	}
}

func (n *names) columns(t *charter.Table, columns map[string]config.Column, path string) {
	of := func(c *charter.Charter) (names []string) {
		if u := c.Table(t.Name); u != nil {
			for i := range u.Columns {
				names = append(names, u.Columns[i].Name)
			}
		}
		return names
	}
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		if at := path + "." + name; n.known(at, "column", name, of) {
			own := columns[name]
			checkNarrowed(t, t.Column(name), &own, at, &n.problems)
		}
	}
}

func checkNarrowed(t *charter.Table, c *charter.Column, own *config.Column, at string, ps *strictyaml.Problems) {
	if own.Use != "" {
		oneOf(own.Use, []string{"charter", config.Unused}, at+".use", ps)
	}
	checkAggregates(c, own, at+".aggregates", ps)
	checkGrain(c, own, at+".grain", ps)
	if own.MinCohort != 0 && (own.MinCohort < max(t.K(), c.K()) || own.MinCohort > charter.MaxCohort) {
		ps.Add(at+".min_cohort", "%d outside %d, which the charter asks for, to %d", own.MinCohort, max(t.K(), c.K()), charter.MaxCohort)
	}
}

func checkAggregates(c *charter.Column, own *config.Column, path string, ps *strictyaml.Problems) {
	switch {
	case own.Aggregates == nil:
	case c.Role != charter.Measure:
		ps.Add(path, "has no meaning for the role %s", c.Role)
	case len(own.Aggregates) == 0:
		ps.Add(path, "empty: name some, or write use: none")
	}
	for _, a := range own.Aggregates {
		if oneOf(a, charter.Aggregates, path, ps) && c.Role == charter.Measure && !c.Allows(a) {
			ps.Add(path, "%s is more than the charter allows", a)
		}
	}
}

func checkGrain(c *charter.Column, own *config.Column, path string, ps *strictyaml.Problems) {
	switch {
	case own.Grain == "":
	case c.Role != charter.Time:
		ps.Add(path, "has no meaning for the role %s", c.Role)
	case oneOf(own.Grain, charter.Grains, path, ps) && slices.Index(charter.Grains, own.Grain) < slices.Index(charter.Grains, c.Grain):
		ps.Add(path, "%s is finer than the charter's %s", own.Grain, c.Grain)
	}
}

func oneOf(word string, words []string, path string, ps *strictyaml.Problems) bool {
	if slices.Contains(words, word) {
		return true
	}
	ps.Add(path, "%q is none of %v%s", word, words, strictyaml.Suggest(word, words))
	return false
}
