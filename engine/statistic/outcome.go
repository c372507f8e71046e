package statistic

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/formula"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
)

// Faults of outcomes.
var (
	BadFormula = fault.Declare("TACIT-P163", "formula not understood",
		"The formula is not in R's notation, or has a part that the statistic does not take.",
		"Write for example \"Surv(time, status == 2) ~ age + factor(sex)\"; docs/statistics has the notation.")
	EventCoding = fault.Declare("TACIT-P164", "event coding",
		"The event is a column that is coded neither 0/1, 1/2 nor false/true, and nothing says which value is the event.",
		"Say it: Surv(time, status == 2), or event => 'status = 2'.")
)

// formulaText is the parameter of a formula.
func formulaText(help string, required bool) Parameter {
	return Parameter{Name: "formula", Kind: Formula, Place: 1, Required: required, Help: help}
}

// parseFormula reads the parameter formula; nil if it was not given.
func (c *Call) parseFormula() (*formula.Formula, *fault.Fault) {
	if !c.Has("formula") {
		return nil, nil
	}
	f, err := formula.Parse(c.Text("formula"))
	if err == nil {
		return f, nil
	}
	bad := BadFormula.New("%w", err)
	var e *formula.Error
	if errors.As(err, &e) {
		bad = BadFormula.New("%s at %q", e.Reason, excerpt(c.Text("formula"), e.At))
	}
	return nil, c.At("formula", bad)
}

func excerpt(text string, at int) string {
	if at >= len(text) {
		return "the end"
	}
	if len(text)-at > 20 {
		return text[at:at+20] + "…"
	}
	return text[at:]
}

// named returns the column that a formula names.
func (c *Call) named(n formula.Name) (*charter.Column, *fault.Fault) {
	return c.Resolve("formula", n.Column)
}

// outcome is a time and the condition of its event.
type outcome struct {
	time    *charter.Column
	event   string            // a condition in SQL
	columns []*charter.Column // of the event
	from    string            // parameter of the time
	note    string
}

// outcome reads Surv(…) of a formula, or the parameters time and event.
func (c *Call) outcome(f *formula.Formula) (*outcome, *fault.Fault) {
	if f != nil && (c.Has("time") || c.Has("event")) {
		return nil, c.Refuse("formula", "and time or event exclude each other")
	}
	if f != nil {
		return c.surv(f)
	}
	if !c.Has("time") || !c.Has("event") {
		return nil, BadParameter.New("%s needs a formula, or time and event", c.Statistic.Name).
			With("Write formula => 'Surv(time, status == 2) ~ sex', or time => 'time', event => 'status = 2'.")
	}
	o := &outcome{event: c.Text("event"), from: "time"}
	var bad *fault.Fault
	if o.time, bad = c.Column("time"); bad != nil {
		return nil, bad
	}
	if col, missing := query.FindColumn(c.Table, strings.TrimSpace(o.event)); missing == nil {
		return o, c.At("event", o.code(col))
	}
	return o, c.At("event", o.mentioned(c))
}

func (c *Call) surv(f *formula.Formula) (*outcome, *fault.Fault) {
	if f.Response.Event == nil {
		return nil, c.At("formula", BadFormula.New("the left side is not Surv(time, event)"))
	}
	o := &outcome{from: "formula"}
	var bad *fault.Fault
	if o.time, bad = c.named(f.Response.Name); bad != nil {
		return nil, bad
	}
	col, bad := c.named(f.Response.Event.Name)
	if bad != nil {
		return nil, bad
	}
	if f.Response.Event.Value == nil {
		return o, c.At("formula", o.code(col))
	}
	o.event = plan.QuoteName(col.Name) + " = " + constant(col, *f.Response.Event.Value)
	o.columns = []*charter.Column{col}
	return o, nil
}

// constant writes a value as a column of this type is compared with.
func constant(col *charter.Column, text string) string {
	switch plan.Kind(col) {
	case plan.Text:
		return plan.Value{Kind: plan.Text, Text: text}.SQL()
	case plan.Date:
		return "DATE " + plan.Value{Kind: plan.Text, Text: text}.SQL()
	case plan.Timestamp:
		return "TIMESTAMP " + plan.Value{Kind: plan.Text, Text: text}.SQL()
	}
	if strings.Trim(text, "+-.0123456789eE") == "" || text == "true" || text == "false" {
		return text
	}
	return plan.Value{Kind: plan.Text, Text: text}.SQL() // refused with the column's type
}

// code takes a column by itself as the event, as R's Surv does: the larger of two codes.
func (o *outcome) code(col *charter.Column) *fault.Fault {
	name, domain := plan.QuoteName(col.Name), slices.Sorted(slices.Values(col.Domain))
	o.columns = []*charter.Column{col}
	switch {
	case col.Kind() == charter.KindBoolean:
		o.event = name
	case slices.Equal(domain, []string{"0", "1"}), slices.Equal(domain, []string{"1"}):
		o.event = name + " = 1"
	case slices.Equal(domain, []string{"1", "2"}):
		o.event = name + " = 2"
	case len(col.Range) == 2 && col.Range[0] == "0" && col.Range[1] == "1" && col.Kind() == charter.KindInteger:
		o.event = name + " = 1"
	default:
		return EventCoding.New("column %q is coded in another way than 0/1, 1/2 or false/true", col.Name)
	}
	o.note = "event: " + o.event
	return nil
}

// mentioned finds the columns of the event condition, by compiling it.
func (o *outcome) mentioned(c *Call) *fault.Fault {
	inner := "SELECT COUNT(*) FROM " + plan.QuoteName(c.Table.Name) + " WHERE (" + o.event + ")"
	q, err := query.Compile(inner, c.Charter)
	if err != nil {
		return outer(fault.From(err), inner, c.sql)
	}
	q.Plan.Where.Columns(func(name string) {
		if col := c.Table.Column(name); !slices.Contains(o.columns, col) {
			o.columns = append(o.columns, col)
		}
	})
	return nil
}

// known are conditions that hold where neither the event nor the given columns are missing.
func known(columns ...*charter.Column) []string {
	var out []string
	for _, col := range columns {
		if col.IsNullable() {
			out = append(out, plan.QuoteName(col.Name)+" IS NOT NULL")
		}
	}
	return out
}

// percent writes a level for people.
func percent(level float64) string { return fmt.Sprintf("%g %%", level*100) }
