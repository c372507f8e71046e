package query

import (
	"strings"
	"testing"
)

// FuzzClause: the text around the clause stays, byte for byte, and no query is made another.
func FuzzClause(f *testing.F) {
	f.Add("SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon 0.5, delta 1e-7)")
	f.Add("a WITH privacy ('(', $$ WITH PRIVACY ( $$)")
	f.Fuzz(func(t *testing.T, sql string) {
		if acceptable(sql) != nil {
			return
		}
		rest, c, fault := cutPrivacy(sql)
		switch {
		case fault != nil:
		case len(rest) != len(sql) || c == nil && rest != sql:
			t.Errorf("%q became %q", sql, rest)
		case c != nil && !strings.EqualFold(sql[c.at():c.at()+4], "with"):
			t.Errorf("the clause of %q is at %d", sql, c.at())
		}
	})
}
