package policy

import (
	"maps"
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/strictyaml"
)

// acceptPath is where an owner's own rules are in its configuration.
const acceptPath = "worker.accept"

// CheckAccept says what is wrong with an owner's own rules under a charter: names that it does not have, and
// values that would be laxer. The fault is [config.ErrInvalid].
func CheckAccept(ch *charter.Charter, own *config.Accept) error {
	var ps strictyaml.Problems
	ch.CheckQuotas(own.Quotas, acceptPath+".quotas", &ps)
	checkDeny(ch, &own.Deny, &ps)
	var tables []string
	for i := range ch.Tables {
		tables = append(tables, ch.Tables[i].Name)
	}
	for _, name := range slices.Sorted(maps.Keys(own.Columns)) {
		path := acceptPath + ".columns." + name
		if t := ch.Table(name); t != nil {
			checkNarrowed(t, own.Columns[name], path, &ps)
		} else {
			ps.Add(path, "the charter has no table %q%s", name, strictyaml.Suggest(name, tables))
		}
	}
	if len(ps) == 0 {
		return nil
	}
	return config.ErrInvalid.New("%w", ps)
}

// checkDeny: a name that nobody has would deny nobody, unseen.
func checkDeny(ch *charter.Charter, d *config.Deny, ps *strictyaml.Problems) {
	var ids, organisations []string
	for _, m := range ch.WithRole(charter.Analyst) {
		ids, organisations = append(ids, m.ID), append(organisations, m.Organisation)
	}
	known(d.Analysts, ids, "analysts", "analyst", ps)
	known(d.Organisations, organisations, "organisations", "organisation of an analyst", ps)
	if len(ch.Rules.Purposes) > 0 {
		known(d.Purposes, ch.Rules.Purposes, "purposes", "purpose", ps)
	}
}

func known(words, all []string, key, what string, ps *strictyaml.Problems) {
	for _, w := range words {
		if !slices.Contains(all, w) {
			ps.Add(acceptPath+".deny."+key, "the charter has no %s %q%s", what, w, strictyaml.Suggest(w, all))
		}
	}
}

func checkNarrowed(t *charter.Table, columns map[string]config.Column, path string, ps *strictyaml.Problems) {
	var names []string
	for i := range t.Columns {
		names = append(names, t.Columns[i].Name)
	}
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		own, at := columns[name], path+"."+name
		c := t.Column(name)
		if c == nil {
			ps.Add(at, "the table has no column %q%s", name, strictyaml.Suggest(name, names))
			continue
		}
		if own.Use != "" {
			oneOf(own.Use, []string{"charter", config.Unused}, at+".use", ps)
		}
		checkAggregates(c, &own, at+".aggregates", ps)
		checkGrain(c, &own, at+".grain", ps)
		if own.MinCohort != 0 && (own.MinCohort < max(t.K(), c.K()) || own.MinCohort > charter.MaxCohort) {
			ps.Add(at+".min_cohort", "%d outside %d, which the charter asks for, to %d", own.MinCohort, max(t.K(), c.K()), charter.MaxCohort)
		}
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
