package config

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/tacit-space/tacit/engine/strictyaml"
)

// walk calls f for every key below a struct, outer before inner, in order.
func walk(v reflect.Value, path string, f func(path string, field reflect.StructField, v reflect.Value)) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		key := strictyaml.Key(field)
		if key == "" {
			continue
		}
		at := path + "." + key
		f(at, field, v.Field(i))
		if field.Type.Kind() == reflect.Struct {
			walk(v.Field(i), at, f)
		}
	}
}

// variable is the name of the environment variable for a path.
func variable(path string) string {
	return "TACIT_" + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// override sets single values from the environment.
func override(v reflect.Value, role string, environ []string, problems *strictyaml.Problems) {
	set := map[string]reflect.Value{}
	walk(v, role, func(path string, field reflect.StructField, v reflect.Value) {
		if single(field.Type) {
			set[variable(path)] = v
		}
	})
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, variable(role)+"_") {
			continue
		}
		target, known := set[name]
		if !known {
			problems.Add(name, "no such setting, or one that only the file can give%s", strictyaml.Suggest(name, names))
			continue
		}
		if err := setText(target, value); err != nil {
			problems.Add(name, "%v", err)
		}
	}
}

// single reports whether a value of the type is one word, so that a variable can set it.
func single(t reflect.Type) bool {
	return t.Kind() != reflect.Struct && t.Kind() != reflect.Map && t.Kind() != reflect.Slice
}

func setText(v reflect.Value, text string) error {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("wants a whole number")
		}
		v.SetInt(int64(n))
	default:
		panic("config: field of type " + v.Type().String())
	}
	return nil
}

// check applies the tags.
func check(v reflect.Value, role string, problems *strictyaml.Problems) {
	walk(v, role, func(path string, field reflect.StructField, v reflect.Value) {
		if field.Tag.Get("required") != "" && empty(v) {
			problems.Add(path, "missing: %s", field.Tag.Get("help"))
		}
		if words := field.Tag.Get("oneof"); words != "" && !slices.Contains(strings.Split(words, ","), v.String()) {
			problems.Add(path, "%q is none of %s", v.String(), strings.ReplaceAll(words, ",", ", "))
		}
		if lo, hi, ok := bounds(field); ok && (v.Int() < lo.Int() || v.Int() > hi.Int()) {
			problems.Add(path, "%v outside [%v, %v]", v, lo, hi)
		}
	})
}

func empty(v reflect.Value) bool {
	return v.IsZero() || v.Kind() == reflect.Map && v.Len() == 0
}

// bounds returns the ends of the "range" tag as values of the field's type.
func bounds(field reflect.StructField) (lo, hi reflect.Value, ok bool) {
	first, last, ok := strings.Cut(field.Tag.Get("range"), ",")
	if !ok {
		return lo, hi, false
	}
	lo, hi = reflect.New(field.Type).Elem(), reflect.New(field.Type).Elem()
	if setText(lo, first) != nil || setText(hi, last) != nil {
		panic("config: range of " + field.Name)
	}
	return lo, hi, true
}

// resolve makes every path relative to dir.
func resolve(v reflect.Value, dir string) {
	walk(v, "", func(_ string, _ reflect.StructField, v reflect.Value) {
		switch x := v.Addr().Interface().(type) {
		case *Path:
			x.resolve(dir)
		case *map[string]Table:
			for _, table := range *x {
				for i := range table.Files {
					table.Files[i].resolve(dir)
				}
			}
		}
	})
}
