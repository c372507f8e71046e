package policy

import (
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
)

// TableNotForThis is the refusal of a question about a table that is for others, or for other purposes.
var TableNotForThis = fault.Declare("TACIT-W147", "table is not for this analyst or purpose",
	"The charter gives the table to other analysts, or for other purposes.",
	"Ask for one of its purposes, or as one of its analysts; \"tacit space show\" lists them.")

// checkAccess checks who asks, and for what, against the lists of the table; an empty list allows all.
func checkAccess(ch *charter.Charter, r *Request) error {
	table := ch.Table(r.Job.Plan.Table)
	rule := OfCharter + "tables." + table.Name
	switch {
	case len(table.Analysts) > 0 && !slices.Contains(table.Analysts, r.Analyst.ID):
		return ByRule(rule+".analysts", TableNotForThis.New("table %q is not for analyst %q", table.Name, r.Analyst.ID))
	case len(table.Purposes) > 0 && !slices.Contains(table.Purposes, r.Job.Purpose):
		return ByRule(rule+".purposes", TableNotForThis.New("table %q is not for the stated purpose", table.Name))
	}
	return nil
}
