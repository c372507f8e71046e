package charter

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestYAMLReadsBack(t *testing.T) {
	c, err := Parse(hospitals(t))
	if err != nil {
		t.Fatal(err)
	}
	c.Tables[0].Columns[1].Domain = []string{
		"null", "Null", "~", "true", "0x1F", "1e5", "1_000", "007", "-", "- a", "a: b", "#x", "a #b", "&a", "*a", "!a", "%a", "@a", "`a", "'a'", `"a"`,
		`a\b`, "[a]", "{a}", "a,b", "<<", "?", "=", "yes", ".inf", "2024-01-01", "12:30", "ä ö", "日本", "a|b", "<&>", "👩‍🔬", "a\u00ad",
	}
	c.Tables[0].Columns[1].Domain = slicesWithout(c.Tables[0].Columns[1].Domain, func(s string) bool { return unprintable(s) != "" })
	for name, charter := range map[string]*Charter{"normalised": c, "short": short()} {
		text := charter.YAML()
		again, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		want := charter.clone()
		want.Normalise()
		if diff := cmp.Diff(want, again); diff != "" {
			t.Errorf("%s: %s\n%s", name, diff, text)
		}
		if charter.Hash() != again.Hash() {
			t.Errorf("%s: another hash", name)
		}
	}
}

func slicesWithout(in []string, drop func(string) bool) (out []string) {
	for _, s := range in {
		if !drop(s) {
			out = append(out, s)
		}
	}
	return out
}

// short is a charter that leaves out all it can.
func short() *Charter {
	key := func(s string) string { return "tk1" + strings.Repeat(s, 52) }
	return &Charter{
		Format: Format, Space: "s", Version: 1, Amend: Amend{Rule: Quorum, Quorum: 3},
		Rules: Rules{MinContributors: 3, ToleratedCorruption: 1},
		Members: []Member{
			{ID: "a", Organisation: "A & B: \"C\"", Key: key("a"), Roles: []Role{Owner, Analyst}},
			{ID: "b", Organisation: "B", Key: key("b"), Roles: []Role{Owner}},
			{ID: "c", Organisation: "C", Key: key("c"), Roles: []Role{Owner}},
			{ID: "d", Organisation: "D", Key: key("d"), Roles: []Role{Coordinator}},
		},
		Tables: []Table{{Name: "t", MaxRows: 10, Columns: []Column{
			{Name: "x", Type: "decimal(5,2)", Role: Measure, Range: []string{"-1.50", "+2"}},
		}}},
	}
}

func TestYAMLHasComments(t *testing.T) {
	if !bytes.Contains(short().YAML(), []byte("# owners that may collude")) {
		t.Error("no comments")
	}
}
