package charter

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// YAML returns the charter as a text for people, with a comment at each part.
// [Parse] reads it back as the same charter.
func (c *Charter) YAML() []byte {
	var p printer
	p.line("# Charter of the space %s. docs/charter.md explains each key.", c.Space)
	p.line("# What this file says, and not how it is laid out, is what members sign.")
	p.line("tacit: %s", c.Format)
	p.line("space: %s", scalar(c.Space))
	p.line("version: %d", c.Version)
	p.block("", optional(nil, "previous", quoted(c.Previous)+" # the version that this one amends", c.Previous != ""))
	p.line("amend: %s", flow(c.Amend.pairs()))
	p.rules(&c.Rules)
	p.line("")
	p.line("# Organisations, by the fingerprints of their keys. The order of owners is the order of every roster.")
	p.line("members:")
	for i := range c.Members {
		p.line("  - %s", flow(c.Members[i].pairs()))
	}
	p.line("")
	p.line("# What is shared. A column that is not listed does not exist for analysts.")
	p.line("tables:")
	for i := range c.Tables {
		p.table(&c.Tables[i])
	}
	p.templates(c.Templates)
	return []byte(p.text.String())
}

type printer struct{ text strings.Builder }

func (p *printer) line(format string, args ...any) { fmt.Fprintf(&p.text, format+"\n", args...) }

// pair is a key and its value in YAML.
type pair struct{ key, value string }

// block prints pairs one a line.
func (p *printer) block(indent string, pairs []pair) {
	for _, q := range pairs {
		p.line("%s%s: %s", indent, q.key, q.value)
	}
}

func flow(pairs []pair) string {
	parts := make([]string, len(pairs))
	for i, q := range pairs {
		parts[i] = q.key + ": " + q.value
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (a *Amend) pairs() []pair {
	pairs := []pair{{"rule", scalar(a.Rule)}}
	if a.Quorum != 0 {
		pairs = append(pairs, pair{"quorum", strconv.Itoa(a.Quorum)})
	}
	return pairs
}

func (p *printer) rules(r *Rules) {
	p.line("rules:")
	p.line("  min_contributors: %d     # owners whose data must be in every answer", r.MinContributors)
	p.line("  tolerated_corruption: %d # owners that may collude with coordinator and analyst", r.ToleratedCorruption)
	pairs := optional(nil, "purposes", list(r.Purposes), len(r.Purposes) > 0)
	pairs = optional(pairs, "max_cells", strconv.Itoa(r.MaxCells), r.MaxCells != 0)
	pairs = optional(pairs, "job_lifetime", r.JobLifetime.String(), r.JobLifetime != 0)
	pairs = optional(pairs, "verification", r.Verification, r.Verification != "")
	pairs = optional(pairs, "differencing", flow(r.Differencing.pairs()), r.Differencing != Differencing{})
	pairs = optional(pairs, "privacy", flow(r.Privacy.pairs()), r.Privacy.Allowed())
	pairs = optional(pairs, "questions", r.Questions, r.Questions != "")
	p.block("  ", pairs)
	p.quotas(r.Quotas)
}

func optional(pairs []pair, key, value string, given bool) []pair {
	if given {
		pairs = append(pairs, pair{key, value})
	}
	return pairs
}

func (d *Differencing) pairs() []pair {
	pairs := optional(nil, "mode", scalar(d.Mode), d.Mode != "")
	return optional(pairs, "window", d.Window.String(), d.Window != 0)
}

func (m *Member) pairs() []pair {
	return []pair{
		{"id", scalar(m.ID)},
		{"organisation", scalar(m.Organisation)},
		{"key", scalar(m.Key)},
		{"roles", list(m.Roles)},
	}
}

func (p *printer) table(t *Table) {
	p.line("  - name: %s", scalar(t.Name))
	pairs := optional(nil, "title", scalar(t.Title), t.Title != "")
	pairs = optional(pairs, "unit", scalar(t.Unit)+" # the column that tells whom we protect", t.Unit != "")
	if t.MinCohort != nil {
		pairs = append(pairs, pair{"min_cohort", strconv.Itoa(*t.MinCohort) + " # units that must stand behind a cell"})
	}
	pairs = append(pairs, pair{"max_rows", strconv.FormatInt(t.MaxRows, 10) + " # of one owner, at most"})
	pairs = optional(pairs, "out_of_range", scalar(t.OutOfRange), t.OutOfRange != "")
	pairs = optional(pairs, "owners", list(t.Owners), len(t.Owners) > 0)
	pairs = optional(pairs, "contribution", flow(t.Contribution.pairs()), t.Contribution != Contribution{})
	if t.ModelRounds != nil {
		pairs = append(pairs, pair{"model_rounds", strconv.Itoa(*t.ModelRounds)})
	}
	pairs = optional(pairs, "privacy", t.Privacy, t.Privacy != "")
	pairs = optional(pairs, "questions", t.Questions, t.Questions != "")
	pairs = optional(pairs, "analysts", list(t.Analysts), len(t.Analysts) > 0)
	pairs = optional(pairs, "purposes", list(t.Purposes), len(t.Purposes) > 0)
	p.block("    ", pairs)
	p.line("    columns:")
	for i := range t.Columns {
		p.column(t.Columns[i].pairs())
	}
}

// maxLine is the longest line on which a column is printed as a whole.
const maxLine = 130

func (p *printer) column(pairs []pair) {
	if text := flow(pairs); len(text) <= maxLine {
		p.line("      - %s", text)
		return
	}
	p.line("      - %s: %s", pairs[0].key, pairs[0].value)
	p.block("        ", pairs[1:])
}

func (c *Column) pairs() []pair {
	pairs := []pair{{"name", scalar(c.Name)}}
	pairs = optional(pairs, "title", scalar(c.Title), c.Title != "")
	pairs = append(pairs, pair{"type", scalar(c.Type)}, pair{"role", scalar(string(c.Role))})
	if c.Nullable != nil && !*c.Nullable {
		pairs = append(pairs, pair{"nullable", "false"})
	}
	pairs = optional(pairs, "unit", scalar(c.Unit), c.Unit != "")
	pairs = optional(pairs, "range", list(c.Range), len(c.Range) > 0)
	pairs = optional(pairs, "resolution", scalar(c.Resolution), c.Resolution != "")
	pairs = optional(pairs, "curve", scalar(c.Curve), c.Curve != "")
	pairs = optional(pairs, "grain", scalar(c.Grain), c.Grain != "")
	pairs = optional(pairs, "domain", list(c.Domain), len(c.Domain) > 0)
	narrowed := len(c.Aggregates) > 0 && !slices.Equal(c.Aggregates, sorted(Aggregates))
	pairs = optional(pairs, "aggregates", list(c.Aggregates), narrowed)
	pairs = optional(pairs, "min_cohort", strconv.Itoa(c.K()), c.MinCohort != nil)
	return optional(pairs, "privacy", c.Privacy, c.Privacy != "")
}

func list[S ~[]E, E ~string](items S) string {
	parts := make([]string, len(items))
	for i, item := range items {
		parts[i] = scalar(string(item))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// plain matches what needs no quotes: words, numbers, dates.
var plain = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9_/-]*( [A-Za-z0-9_/-]+)*|-?[0-9]+(\.[0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2})$`)

// scalar writes a text as one YAML scalar: as it is, or as a JSON string.
func scalar(text string) string {
	if plain.MatchString(text) && !strings.EqualFold(text, "null") {
		return text
	}
	return quoted(text)
}

// quoted writes a text as a JSON string, which is one YAML scalar.
func quoted(text string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(text) != nil {
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}
