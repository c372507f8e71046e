package charter

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/schema"
	"github.com/tacit-space/tacit/engine/strictyaml"
)

var update = flag.Bool("update", false, "write the generated files")

// TestSchemaFresh keeps docs/schema fresh; run with -update to write it.
func TestSchemaFresh(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "schema", "charter.schema.json")
	if *update {
		if err := os.WriteFile(file, Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(have, Schema()) {
		t.Errorf("%s is not what the structs say: run make gen-docs (%v)", file, err)
	}
}

// TestTagsAreChecked: what the tags "range" and "oneof" say is what [Charter.Validate] does. Each
// field is set to values at and beyond the ends, to each word and to one that is none. A value
// that the tag excludes is refused everywhere; one that it allows is accepted at least once,
// as some keys belong to columns of one role only.
func TestTagsAreChecked(t *testing.T) {
	parse := func() *Charter {
		c, err := Parse(hospitals(t))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	accepted, refused := map[string]bool{}, map[string]bool{}
	for i, place := range tagged(parse()) {
		for _, x := range trials(place.field) {
			c := parse()
			x.set(tagged(c)[i].value)
			key := entryNumber.ReplaceAllString(place.path, "[]") + " " + x.name
			problem := finds(c.problems(), place.path)
			accepted[key] = accepted[key] || x.good && !problem
			refused[key] = refused[key] || problem
			if !x.good && !problem {
				t.Errorf("%s is accepted as %s, against its tag", place.path, x.name)
			}
		}
	}
	for key := range refused {
		if !accepted[key] && !strings.HasSuffix(key, bad) {
			t.Errorf("%s is refused, against its tag", key)
		}
	}
	if len(refused) < 60 {
		t.Errorf("only %d values tried", len(refused))
	}
}

// finds reports whether a problem is at the path, or at an entry of the list there.
func finds(ps strictyaml.Problems, path string) bool {
	return slices.ContainsFunc(ps, func(p strictyaml.Problem) bool {
		return p.Path == path || strings.HasPrefix(p.Path, path+"[")
	})
}

var entryNumber = regexp.MustCompile(`\[[0-9]+\]`)

// place is a field with a tag somewhere in a charter.
type place struct {
	path  string
	field reflect.StructField
	value reflect.Value
}

// tagged lists the fields with a tag; what is left out in the charter is put in, empty.
func tagged(c *Charter) []place {
	var places []place
	var visit func(v reflect.Value, path string)
	visit = func(v reflect.Value, path string) {
		switch v.Kind() {
		case reflect.Pointer:
			if v.Type().Elem().Kind() == reflect.Struct {
				visit(settle(v), path)
			}
		case reflect.Slice:
			if v.Type().Elem().Kind() != reflect.Struct {
				return
			}
			if v.Len() == 0 {
				v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			}
			for i := range v.Len() {
				visit(v.Index(i), fmt.Sprintf("%s[%d]", path, i))
			}
		case reflect.Struct:
			for i := range v.NumField() {
				field := v.Type().Field(i)
				at := strings.TrimPrefix(path+"."+strictyaml.Key(field), ".")
				if _, _, bounded := schema.Bounds(field); bounded || schema.Words(field) != nil {
					places = append(places, place{at, field, v.Field(i)})
				}
				visit(v.Field(i), at)
			}
		}
	}
	visit(reflect.ValueOf(c).Elem(), "")
	return places
}

// trial is a value for a field, and whether the tag allows it.
type trial struct {
	name string
	set  func(reflect.Value)
	good bool
}

const bad = "(not allowed)"

func trials(field reflect.StructField) []trial {
	if words := schema.Words(field); words != nil {
		all := []trial{{bad, setWord("nonsense"), false}}
		for _, word := range words {
			all = append(all, trial{word, setWord(word), true})
		}
		return all
	}
	lo, hi, _ := schema.Bounds(field)
	if !lo.CanInt() {
		return nil // a number as text has checks of its own
	}
	all := []trial{
		{fmt.Sprint(lo), setNumber(lo.Int()), true}, {fmt.Sprint(hi), setNumber(hi.Int()), true}, {"above " + bad, setNumber(hi.Int() + 1), false},
	}
	unset := lo.Int() == 1 && strings.Contains(field.Tag.Get("yaml"), "omitempty") && field.Type.Kind() != reflect.Pointer
	if !unset { // 0 may stand for a key that was left out
		all = append(all, trial{"below " + bad, setNumber(lo.Int() - 1), false})
	}
	return all
}

func setNumber(n int64) func(reflect.Value) {
	return func(v reflect.Value) { settle(v).SetInt(n) }
}

func setWord(word string) func(reflect.Value) {
	return func(v reflect.Value) {
		if v.Kind() == reflect.Slice {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			v = v.Index(0)
		}
		settle(v).SetString(word)
	}
}

// settle returns what can be set: v, or what v points to, made if it is nil.
func settle(v reflect.Value) reflect.Value {
	if v.Kind() != reflect.Pointer {
		return v
	}
	if v.IsNil() {
		v.Set(reflect.New(v.Type().Elem()))
	}
	return v.Elem()
}

// TestEveryKeyHasHelp: the reference of keys would have a hole.
func TestEveryKeyHasHelp(t *testing.T) {
	var visit func(k schema.Key, path string)
	visit = func(k schema.Key, path string) {
		if k.Entry != nil {
			visit(*k.Entry, path)
		}
		for _, key := range k.Keys {
			if key.Help == "" {
				t.Errorf("%s.%s has no help", path, key.Name)
			}
			visit(key, path+"."+key.Name)
		}
	}
	visit(Keys(), "charter")
}
