package charter

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// TestHashIsPinned: signatures of members rest on this value; a change of it is a
// change of the format.
func TestHashIsPinned(t *testing.T) {
	c, err := Parse(hospitals(t))
	if err != nil {
		t.Fatal(err)
	}
	const want = "51890012024747cd5fca26b85597712289d8f509e8353ee1e4f82fc1d9df7386"
	if got := c.HashText(); got != want {
		t.Errorf("hash of testdata/hospitals.yaml is %s, want %s", got, want)
	}
}

// TestHashIgnoresLayout: comments, quotes, order of keys and omitted defaults do
// not change what a charter says.
func TestHashIgnoresLayout(t *testing.T) {
	c, err := Parse(hospitals(t))
	if err != nil {
		t.Fatal(err)
	}
	text := string(hospitals(t))
	for name, other := range map[string]string{
		"comments":                       regexp.MustCompile(`(?m)$`).ReplaceAllString(text, " # said by nobody"),
		"line ends":                      strings.ReplaceAll(text, "\n", "\r\n"),
		"quotes":                         strings.ReplaceAll(text, "range: [0, 120]", `range: ["0", '120']`),
		"decimal zeros":                  strings.ReplaceAll(text, "resolution: 0.01", "resolution: 0.0100"),
		"defaults":                       strings.ReplaceAll(text, "max_rows:", "out_of_range: refuse\n    max_rows:"),
		"owners":                         strings.ReplaceAll(text, "max_rows:", "owners: [west, south, north]\n    max_rows:"),
		"boolean domain":                 strings.ReplaceAll(text, "type: boolean, role: category", "type: boolean, role: category, domain: [false, true]"),
		"lifetime":                       strings.ReplaceAll(text, "purposes:", "max_cells: 100000\n  job_lifetime: 1440m\n  purposes:"),
		"differencing":                   strings.ReplaceAll(text, "purposes:", "differencing: {mode: note, window: 43200m}\n  purposes:"),
		"sets":                           strings.ReplaceAll(strings.ReplaceAll(text, "[sum, count]", "[count, sum]"), "[owner, analyst]", "[analyst, owner]"),
		"a cohort that asks for no more": strings.ReplaceAll(text, "range: [0, 120]}", "range: [0, 120], min_cohort: 1}"),
		"order of keys":                  strings.ReplaceAll(text, "version: 1\namend: {rule: unanimous}\n", "amend: {rule: unanimous}\nversion: 1\n"),
		"all normalised":                 string(c.YAML()),
	} {
		if name != "all normalised" && other == text {
			t.Fatalf("%s: nothing changed", name)
		}
		o, err := Parse([]byte(other))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if o.Hash() != c.Hash() {
			t.Errorf("%s: another hash", name)
		}
	}
}

// TestHashCoversEveryField changes one field at a time, so that a field which is
// added to the types cannot be left out of what members sign.
func TestHashCoversEveryField(t *testing.T) {
	parse := func() *Charter {
		c, err := Parse([]byte(bounded(t)))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	before := parse().Hash()
	count := 0
	var visit func(v reflect.Value, path string, change func(reflect.Value))
	leaves := []string{}
	visit = func(v reflect.Value, path string, change func(reflect.Value)) {
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				visit(v.Field(i), path+"."+v.Type().Field(i).Name, change)
			}
		case reflect.Slice:
			for i := range v.Len() {
				visit(v.Index(i), fmt.Sprintf("%s[%d]", path, i), change)
			}
		case reflect.Pointer:
			if v.IsNil() {
				leaves = append(leaves, path)
				change(v)
				count++
				return
			}
			visit(v.Elem(), path, change)
		default:
			leaves = append(leaves, path)
			change(v)
			count++
		}
	}
	visit(reflect.ValueOf(parse()), "", func(reflect.Value) {})
	n := count
	for target := range n {
		c := parse()
		count, leaves = 0, nil
		visit(reflect.ValueOf(c), "", func(v reflect.Value) {
			if count == target {
				alter(v)
			}
		})
		if c.Hash() == before {
			t.Errorf("the hash does not cover %s", leaves[target])
		}
	}
	if n < 100 {
		t.Errorf("only %d fields visited", n)
	}
}

func alter(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		v.Elem().SetInt(2)
	default:
		v.SetInt(v.Int() + 1)
	}
}

// TestCanonicalLeavesTheCharterAlone: hashing must not write to a charter that
// others read.
func TestCanonicalLeavesTheCharterAlone(t *testing.T) {
	c := short()
	first := c.Canonical()
	if c.Tables[0].MinCohort != nil || c.Tables[0].Columns[0].Range[1] != "+2" || len(c.Members[0].Roles) != 2 || c.Members[0].Roles[0] != Owner {
		t.Error("Canonical changed the charter")
	}
	if !bytes.Equal(first, c.Canonical()) {
		t.Error("two encodings of one charter")
	}
}

// TestThreshold: the table of parameters in docs/charter.md.
func TestThreshold(t *testing.T) {
	for _, c := range []struct{ n, corrupt, want int }{{3, 1, 3}, {5, 1, 4}, {10, 3, 7}, {30, 9, 20}, {100, 33, 67}} {
		if got := Threshold(c.n, c.corrupt); got != c.want {
			t.Errorf("Threshold(%d, %d) = %d, want %d", c.n, c.corrupt, got, c.want)
		}
	}
	for n := 3; n <= 200; n++ {
		for corrupt := 0; corrupt < n; corrupt++ {
			if got := Threshold(n, corrupt); 2*got <= n+corrupt || 2*(got-1) > n+corrupt {
				t.Fatalf("Threshold(%d, %d) = %d is not the smallest", n, corrupt, got)
			}
		}
	}
}

func TestValidateNeverPanics(t *testing.T) {
	const seed = 1
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, seed))
	text, err := os.ReadFile("testdata/hospitals.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for range 300 {
		broken := bytes.Clone(text)
		for range 1 + r.IntN(4) {
			i := r.IntN(len(broken))
			switch r.IntN(3) {
			case 0:
				broken[i] = byte(32 + r.IntN(95))
			case 1:
				broken = append(broken[:i:i], broken[min(len(broken), i+1+r.IntN(20)):]...)
			default:
				broken = append(broken[:i:i], append([]byte("[{: -"[r.IntN(5):]), broken[i:]...)...)
			}
			if len(broken) == 0 {
				break
			}
		}
		if _, err := Parse(broken); err != nil && !ErrInvalid.Is(err) {
			t.Fatalf("%v", err)
		}
	}
	var c Charter
	if c.Validate() == nil {
		t.Error("the empty charter is valid")
	}
	c.Canonical()
}

func FuzzParse(f *testing.F) {
	text, err := os.ReadFile("testdata/hospitals.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(short().YAML())
	f.Add([]byte("a: &a [*a, *a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse(text)
		if err != nil {
			if !ErrInvalid.Is(err) {
				t.Fatal(err)
			}
			return
		}
		again, err := Parse(c.YAML())
		if err != nil || again.Hash() != c.Hash() {
			t.Fatalf("read back: %v", err)
		}
	})
}
