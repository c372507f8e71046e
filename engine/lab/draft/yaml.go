package draft

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
)

// YAML writes the draft with comments for whoever edits it.
func (d *Draft) YAML() []byte {
	var b bytes.Buffer
	c, t := &d.Charter, d.Table()
	fmt.Fprintf(&b, `# A draft, made from %s: read it, edit it, and delete this line.
# Ranges and domains were taken from the rows. In a real space they must be what everybody
# knows anyway, as the charter is public among the members: widen them.
# The members are the folders in owners/, a coordinator and an analyst.
tacit: %s
space: %s
version: %d
amend: {rule: %s}
rules:
  min_contributors: %d      # owners that must stay to the end, of %d
  tolerated_corruption: %d  # owners that may collude with the coordinator and the analyst
%s
tables:
  - name: %s
`, strings.ToValidUTF8(oneLine(filepath.Base(d.source.Path)), "?"), c.Format, c.Space, c.Version, c.Amend.Rule,
		c.Rules.MinContributors, len(d.Owners), c.Rules.ToleratedCorruption, noise(&c.Rules.Privacy), scalar(t.Name))
	if t.Unit != "" {
		fmt.Fprintf(&b, "    unit: %s  # whose privacy is at stake\n", scalar(t.Unit))
	}
	b.WriteString(cohort(t))
	fmt.Fprintf(&b, "    max_rows: %d  # of one owner, at most; %d rows were split over %d owners\n", t.MaxRows, d.Rows, len(d.Owners))
	if n := t.Rounds(); n > 0 {
		fmt.Fprintf(&b, "    model_rounds: %d  # of one logistic, Poisson or Cox model; its weights tell more of single rows than counts do: leave it out where nobody needs one\n", n)
	}
	b.WriteString("    # roles: identifier (privacy unit), category (GROUP BY, equality), measure (aggregates, ranges, bins),\n")
	b.WriteString("    # time (date_trunc, ranges), hidden (nothing)\n    columns:\n")
	for _, choice := range d.Choices {
		choice.write(&b)
	}
	return b.Bytes()
}

// cohort writes how many units must stand behind a number.
func cohort(t *charter.Table) string {
	k := t.K()
	if k == 1 {
		return "    min_cohort: 1  # every number is released, of one unit too; with 10, small groups are suppressed\n"
	}
	units := "rows, unless unit: names the column of a person"
	if t.Unit != "" {
		units = "different " + oneLine(t.Unit)
	}
	return fmt.Sprintf("    min_cohort: %d  # so many must stand behind a released number: %s\n", k, units)
}

func (ch *Choice) write(b *bytes.Buffer) {
	c := &ch.Column
	if ch.value == "" {
		fmt.Fprintf(b, "      # %s is left out: %s (%s)\n", oneLine(ch.Source.Original), ch.Reason, oneLine(ch.Source.Engine))
		return
	}
	fmt.Fprintf(b, "      - name: %s  # %s\n        type: %s\n        role: %s\n", scalar(c.Name), ch.Reason, c.Type, c.Role)
	if ch.Source.Original != c.Name {
		fmt.Fprintf(b, "        title: %s\n", quoted(oneLine(ch.Source.Original)))
	}
	if c.Nullable != nil && !*c.Nullable {
		b.WriteString("        nullable: false\n")
	}
	if len(c.Range) == 2 {
		fmt.Fprintf(b, "        range: [%s, %s]\n", quoted(c.Range[0]), quoted(c.Range[1]))
	}
	if c.Resolution != "" {
		fmt.Fprintf(b, "        resolution: %s\n", quoted(c.Resolution))
	}
	if c.Curve != "" {
		fmt.Fprintf(b, "        curve: %s  # finest step of curves along it, such as survival curves; a single point may show a single person\n", quoted(c.Curve))
	}
	if c.Grain != "" {
		fmt.Fprintf(b, "        grain: %s\n", c.Grain)
	}
	if len(c.Domain) > 0 {
		b.WriteString("        domain: [" + wrap(c.Domain) + "]\n")
	}
	if c.Role == charter.Hidden && len(ch.hint()) > 0 {
		fmt.Fprintf(b, "        # %s\n", ch.hint())
	}
}

// hint says how a hidden column becomes usable.
func (ch *Choice) hint() string {
	if ch.Column.Type == "text" {
		return "for GROUP BY: role category, with its domain"
	}
	return ""
}

// wrap joins quoted values, a new line about every hundred bytes.
func wrap(values []string) string {
	var b strings.Builder
	line := 0
	for i, v := range values {
		q := quoted(v)
		if i > 0 {
			b.WriteString(",")
			if line += len(q) + 2; line > 100 {
				b.WriteString("\n         ")
				line = len(q)
			}
			b.WriteString(" ")
		}
		b.WriteString(q)
	}
	return b.String()
}

var bare = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// scalar writes a name, quoted where YAML would read something else.
func scalar(s string) string {
	switch {
	case s == "null", s == "true", s == "false", s == "yes", s == "no", s == "on", s == "off", s == "y", s == "n", !bare.MatchString(s):
		return quoted(s)
	}
	return s
}

// quoted writes a YAML double-quoted scalar. The text is printable, so only two
// characters need escaping.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// oneLine makes foreign text fit for a comment or a title.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u0085' || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	return strings.TrimSpace(s[:min(len(s), charter.MaxTitle)])
}
