package plan_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/tacit-space/tacit/crypto/guard"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
)

// TestGuarded runs testdata/guarded/*.txt. Arguments change the charter: k, owners, rows
// (max_rows), columns=(name:k,…), unit=no, cells (max_cells), verification. "layout" shows in
// what form a query is released, or why it is refused; "explain" the whole statement, which
// is signed, word for word.
func TestGuarded(t *testing.T) {
	datadriven.Walk(t, "testdata/guarded", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			ch := guardedCharter(t, d)
			q, err := query.Compile(d.Input, ch)
			if err != nil {
				f := fault.From(err)
				return f.Code + ": " + f.Message + "\n" + f.Remedy + "\n"
			}
			if d.Cmd == "explain" {
				return plan.Explain(&q.Plan, ch).Text()
			}
			l, f := plan.NewLayout(&q.Plan, ch)
			if f != nil {
				t.Fatalf("%s: %v", d.Pos, f)
			}
			return layoutText(&q.Plan, l)
		})
	})
}

func guardedCharter(t *testing.T, d *datadriven.TestData) *charter.Charter {
	t.Helper()
	ch := loadCharter(t)
	table, k, own := ch.Table("visits"), 10, map[string]int{}
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("%s: %v", d.Pos, err)
		}
		return n
	}
	for _, arg := range d.CmdArgs {
		switch value := arg.Vals[0]; arg.Key {
		case "k":
			k = number(value)
		case "owners":
			withOwners(ch, number(value))
		case "rows":
			table.MaxRows = int64(number(value))
		case "cells":
			ch.Rules.MaxCells = number(value)
		case "unit":
			table.Unit = ""
		case "verification":
			ch.Rules.Verification = value
		case "columns":
			for _, pair := range arg.Vals {
				name, k, _ := strings.Cut(pair, ":")
				own[name] = number(k)
			}
		default:
			t.Fatalf("%s: unknown argument %s", d.Pos, arg.Key)
		}
	}
	return cohorts(ch, k, own)
}

// layoutText shows a layout: set, margin, and each group with its runs as
// guards×limbs.
func layoutText(p *plan.Plan, l *plan.Layout) string {
	if l == nil {
		return "nothing is guarded\n"
	}
	var b strings.Builder
	s := l.Shape
	fmt.Fprintf(&b, "%s, verified by %s; margin %.1f bits, spare %.1f; %d ciphertexts in, %d out\n",
		s.Set, s.Verify, l.Budget.Margin, l.Budget.Spare, s.Inputs(), s.Outputs())
	for at := 0; at < len(s.Groups); {
		same := at + 1 // groups that look alike are shown once
		for same < len(s.Groups) && groupText(s.Groups[same]) == groupText(s.Groups[at]) {
			same++
		}
		times := ""
		if same-at > 1 {
			times = fmt.Sprintf("%d times ", same-at)
		}
		b.WriteString(times + groupText(s.Groups[at]) + "\n")
		at = same
	}
	return b.String()
}

func groupText(g guard.Group) string {
	kind := "columns"
	if g.Packed {
		kind = "packed"
	}
	text := fmt.Sprintf("k = %d, %s:", g.K, kind)
	for _, r := range g.Runs {
		text += fmt.Sprintf(" %d×%d", r.Guards, r.Limbs)
		if r.Open {
			text += " open"
		}
	}
	return text
}
