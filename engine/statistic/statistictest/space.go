// Package statistictest splits a table over owners in the open, so that tests of statistics can compare
// what a space answers with the pooled computation, whichever way rows are split.
//
// Start at [New], or [Deal] where it matters who has what.
package statistictest

import (
	"crypto/rand"
	"encoding/csv"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/lab/pooled"
)

// New deals rows, each a field per column of header, to so many owners at random by the
// seed, and opens them. An empty field is NULL.
func New(t testing.TB, table charter.Table, header []string, rows [][]string, owners int, seed uint64) *pooled.Space {
	t.Helper()
	random := mathrand.New(mathrand.NewPCG(seed, uint64(owners)))
	return Deal(t, table, header, rows, owners, func([]string) int { return random.IntN(owners) })
}

// Deal is [New] with a rule which owner, from 0, has a row.
func Deal(t testing.TB, table charter.Table, header []string, rows [][]string, owners int, owner func(row []string) int) *pooled.Space {
	t.Helper()
	ch := Charter(t, owners, table)
	dir := t.TempDir()
	dealt := make([][][]string, owners)
	for _, row := range rows {
		i := owner(row)
		dealt[i] = append(dealt[i], row)
	}
	file := func(owner, table string) string { return filepath.Join(dir, owner+"."+table+".csv") }
	for i, owner := range ch.OwnersOf(table.Name) {
		write(t, file(owner.ID, table.Name), header, dealt[i])
	}
	space, err := pooled.Open(t.Context(), ch, file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(space.Close)
	return space
}

func write(t testing.TB, file string, header []string, rows [][]string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := csv.NewWriter(f)
	if err := w.Write(header); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
}

// Charter is one of a space with so many owners and one table.
func Charter(t testing.TB, owners int, table charter.Table) *charter.Charter {
	t.Helper()
	c := &charter.Charter{
		Format: charter.Format, Space: "statistics", Version: 1,
		Amend:  charter.Amend{Rule: charter.Unanimous},
		Rules:  charter.Rules{MinContributors: max(3, charter.Threshold(owners, 1)), ToleratedCorruption: 1},
		Tables: []charter.Table{table},
	}
	public := map[string]identity.Public{}
	add := func(id string, role charter.Role) {
		who, err := identity.Generate(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		public[id] = who.Public()
		c.Members = append(c.Members, charter.Member{ID: id, Organisation: "Organisation " + id, Key: who.Public().Fingerprint(), Roles: []charter.Role{role}})
	}
	add("hub", charter.Coordinator)
	add("ada", charter.Analyst)
	for i := range owners {
		add(fmt.Sprintf("owner%d", i+1), charter.Owner)
	}
	bundle, err := charter.NewBundle(c.YAML(), public)
	if err != nil {
		t.Fatal(err)
	}
	return bundle.Charter()
}
