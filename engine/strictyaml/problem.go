package strictyaml

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/fault"
)

// Problem is one thing that is wrong with a text.
type Problem struct {
	Path    string `json:"path"`   // "members[2].id"; empty: the text as a whole
	Line    int    `json:"line"`   // from 1; 0: unknown
	Column  int    `json:"column"` // from 1; 0: unknown
	Message string `json:"message"`
}

// String returns "line 4: members[2].id: message".
func (p Problem) String() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", p.Line)
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Message)
	return b.String()
}

// Problems is everything that is wrong with a text.
type Problems []Problem

// MaxProblems is the largest number of problems that [Problems.Error] prints, and
// maxKept that of problems that are kept at all.
const (
	MaxProblems = 40
	maxKept     = 1000
)

// Add appends a problem, unless there are too many already.
func (ps *Problems) Add(path, format string, args ...any) {
	if len(*ps) < maxKept {
		*ps = append(*ps, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
	}
}

// Err returns the problems as an error, nil if there are none.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// Error lists the problems, one a line if there are several.
func (ps Problems) Error() string {
	if len(ps) == 1 {
		return ps[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d problems", len(ps))
	for i, p := range ps {
		if i == MaxProblems {
			fmt.Fprintf(&b, "\n  and %d more", len(ps)-i)
			break
		}
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// Readable reports whether the text could be read at all, so that checks of its
// content make sense: no problem is about the text as a whole.
func (ps Problems) Readable() bool {
	return !slices.ContainsFunc(ps, func(p Problem) bool { return p.Path == "" })
}

// Join appends the later problems that are not about a value that already has one:
// what could not be decoded is not also reported as missing.
func (ps Problems) Join(later Problems) Problems {
	out := slices.Clone(ps)
	for _, l := range later {
		if !slices.ContainsFunc(ps, func(p Problem) bool { return related(p.Path, l.Path) }) {
			out = append(out, l)
		}
	}
	return out
}

// related reports whether one path is the other or encloses it.
func related(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	rest, ok := strings.CutPrefix(b, a)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// Sort orders the problems by their place in the text.
func (ps Problems) Sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
}

// Suggest returns ` (did you mean "x"?)` for the candidate that is closest to got,
// or "" if none is close.
func Suggest(got string, candidates []string) string {
	best := fault.Nearest(got, candidates)
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}
