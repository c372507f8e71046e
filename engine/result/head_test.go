package result_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/result"
)

// Head shows some rows, as the whole does, and says how many there are.
func TestHead(t *testing.T) {
	table := &result.Table{Columns: []result.Column{{Name: "n", Type: result.Type{Kind: result.BigInt}}}, Notes: []string{"a note"}}
	for i := range 30 {
		table.Rows = append(table.Rows, []result.Value{int64(i)})
	}
	table.Suppress(1, 0, 10)
	table.Rows[1][0] = nil
	var all, head bytes.Buffer
	if err := table.WriteTable(&all); err != nil {
		t.Fatal(err)
	}
	if err := table.Head(5).WriteTable(&head); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(head.String(), "\n")
	if !strings.HasPrefix(all.String(), strings.Join(lines[:2], "\n")) || !strings.Contains(lines[3], "< 10") || strings.Contains(head.String(), " 5\n") ||
		!strings.Contains(head.String(), "a note") || !strings.Contains(head.String(), "25 more rows are not shown") {
		t.Errorf("%s", head.String())
	}
	if len(table.Rows) != 30 || len(table.Notes) != 1 || table.Head(30) != table {
		t.Error("the table has changed, or a whole one is cut")
	}
}
