package strictyaml

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

type inner struct {
	Name string  `yaml:"name"`
	Tags []words `yaml:"tags"`
}

type words []string

type outer struct {
	Title  string            `yaml:"title"`
	Count  int               `yaml:"count"`
	Flag   *bool             `yaml:"flag"`
	Inner  inner             `yaml:"inner"`
	List   []inner           `yaml:"list"`
	Named  map[string]inner  `yaml:"named"`
	Labels map[string]string `yaml:"labels"`
	When   time.Time         `yaml:"when"`
	Unread string
}

func read(text string) (*outer, error) {
	var o outer
	_, err := Unmarshal([]byte(text), 1<<20, "", &o)
	return &o, err
}

func TestUnmarshal(t *testing.T) {
	o, err := read(`
title: |
  two
  lines
count: -1_000
flag: false
inner: {name: 007, tags: [[a, "b c"], [d]]}
list:
  - name: x
  - {name: 'y: z'}
named:
  a: {name: null-ish}
labels: {1: one, "two": 2.50}
when: 2024-01-31T00:00:00Z
`)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%q %d %v %q %q %q %q %d", o.Title, o.Count, *o.Flag, o.Inner, o.List, o.Named, o.Labels, o.When.Year())
	want := `"two\nlines\n" -1000 false {"007" [["a" "b c"] ["d"]]} [{"x" []} {"y: z" []}] map["a":{"null-ish" []}] map["1":"one" "two":"2.50"] 2024`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "empty",
		"# only a comment":                    "empty",
		"just words":                          "wants keys with values",
		"[a]":                                 "wants keys with values, not a list",
		"title: [a]":                          "line 1: title: wants a single value, not a list",
		"title: {a: b}":                       "title: wants a single value, not a mapping",
		"title:":                              "title: has no value",
		"title: null":                         "title: has no value",
		"title: ~":                            "title: has no value",
		"count: 1.0":                          "count: wants a whole number",
		"count: 0x10":                         "count: wants a whole number",
		"count: '1'":                          "count: wants a whole number",
		"count: 99999999999999999999":         "count: wants a whole number",
		"flag: yes":                           "flag: wants true or false",
		"flag: 1":                             "flag: wants true or false",
		"list: {name: a}":                     "list: wants a list, not a mapping",
		"inner: [a]":                          "inner: wants keys with values, not a list",
		"named: {a: [b]}":                     "named.a: wants keys with values",
		"when: tomorrow":                      "when: ",
		"titel: a":                            `titel: unknown key (did you mean "title"?)`,
		"Unread: a":                           "Unread: unknown key",
		"inner: {nam: a}":                     `inner.nam: unknown key (did you mean "name"?)`,
		"title: a\ntitle: b":                  "line 2: title: appears twice",
		"labels: {a: b, a: c}":                "labels.a: appears twice",
		"[a]: b":                              "",
		"? title\n: a":                        "explicit keys (?) are not read here",
		"title: &a x":                         "anchors (&) are not read here",
		"title: *a":                           "aliases (*) are not read here",
		"inner:\n  <<: {name: a}":             "merge keys (<<) are not read here",
		"title: !!binary aGk=":                "tags (!) are not read here",
		"%YAML 1.2\n---\ntitle: a":            "directives (%) are not read here",
		"title: a\n---\ntitle: b":             "a second document",
		"title: \"a":                          "not YAML",
		"title: a\n\tcount: 1":                "not YAML",
		"title: a: b":                         "not YAML",
		"title: \xff":                         "not UTF-8",
		"title: a\x00b":                       "NUL",
		strings.Repeat("x", 1<<20+1):          "at most 1048576",
		strings.Repeat("k", 200) + ": a":      "a key must be a single value of at most 128 bytes",
		"list: " + strings.Repeat("[", 99):    "nested deeper",
		"list: " + strings.Repeat("{a: ", 99): "nested deeper",
		"list:\n" + strings.Repeat("- ", 99) + "a":                     "nested deeper",
		"list: " + strings.Repeat("[", 9) + strings.Repeat("]", 9):     "wants keys with values",
		"inner:\n  tags:\n    - - [a]\n      - b\n  name: {a: b}\n":    "line 3: inner.tags[0][0]: wants a single value, not a list",
		"labels:\n  a:\n    b:\n      c:\n        d: 1\ncount: many\n": "2 problems",
	} {
		_, err := read(text)
		var problems Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got %v, want %q", text, err, want)
		}
	}
}

// TestHostileTextEndsSoon: texts that cost parsers much time or stack for their
// length are refused or read at once.
func TestHostileTextEndsSoon(t *testing.T) {
	const size = 1<<18 - 100
	deep := func(unit string, indent int) string {
		var b strings.Builder
		for i := 0; b.Len()+len(unit)+i*indent < size; i++ {
			b.WriteString(strings.Repeat(" ", i*indent) + unit + "\n")
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"blank block":    "title: |\n" + strings.Repeat(strings.Repeat("\n", 99)+"  x\n", size/103),
		"blank blocks":   "list:\n" + strings.Repeat("- |\n"+strings.Repeat("\n", 99)+"  x\n", size/107),
		"document words": strings.Repeat("a\n---\n", size/6),
		"open lists":     "list: " + strings.Repeat("[", size),
		"open maps":      "list: " + strings.Repeat("{a: ", size/4),
		"dashes":         strings.Repeat("- ", size/2),
		"question marks": strings.Repeat("? ", size/2),
		"deep mapping":   deep("a:", 1),
		"deep list":      deep("-", 1),
		"many keys":      strings.Repeat("a: 1\n", size/5),
		"many unknown":   manyKeys(size),
		"many inline":    "labels: {" + strings.ReplaceAll(manyKeys(size/2), "\n", ", ") + "}",
		"quotes":         "title: " + strings.Repeat("'", size),
		"double quotes":  "title: " + strings.Repeat(`"`, size),
		"escapes":        `title: "` + strings.Repeat(`\`, size),
		"colons":         strings.Repeat(":", size),
		"colon blanks":   strings.Repeat(": ", size/2),
		"line ends":      strings.Repeat("\n", size),
		"bars":           "title: |\n" + strings.Repeat(" \n", size/2),
		"comments":       strings.Repeat("#\n", size/2),
		"documents":      strings.Repeat("---\n", size/4),
		"commas":         "list: [" + strings.Repeat(",", size),
		"tags":           "a: " + strings.Repeat("!", size),
		"blanks":         strings.Repeat(" ", size),
		"carriage":       strings.Repeat("\r", size),
	} {
		begin := time.Now()
		if _, err := read(text); err == nil && name != "quotes" && name != "blank block" && name != "many inline" {
			t.Errorf("%s: accepted", name)
		}
		if took := time.Since(begin); took > 20*time.Second {
			t.Errorf("%s: %v for %d bytes", name, took, len(text))
		}
		t.Logf("%-14s %v", name, time.Since(begin).Round(time.Millisecond))
	}
}

func manyKeys(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size-20; i++ {
		fmt.Fprintf(&b, "key%d: 1\n", i)
	}
	return b.String()
}

func TestJoin(t *testing.T) {
	first := Problems{{Path: "a.b"}, {Path: "list[1]"}}
	var later Problems
	for _, path := range []string{"a", "a.b", "a.b.c", "a.bc", "list[1].x", "list[10]", "list"} {
		later.Add(path, "wrong")
	}
	var got []string
	for _, p := range first.Join(later)[2:] {
		got = append(got, p.Path)
	}
	if want := "[a.bc list[10]]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestManyProblemsAreCut(t *testing.T) {
	var ps Problems
	for range MaxProblems + 5 {
		ps.Add("a", "wrong")
	}
	if text := ps.Error(); !strings.Contains(text, "45 problems") || !strings.HasSuffix(text, "and 5 more") {
		t.Error(text)
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, text := range []string{"title: a", "list: [{name: a}]", "labels: {a: 1}", "inner:\n  tags:\n  - [a]\n", "title: |\n  a\n", "a: &x [*x]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := read(text)
		var problems Problems
		if err != nil && !errors.As(err, &problems) || o.Unread != "" {
			t.Fatalf("%v", err)
		}
	})
}
