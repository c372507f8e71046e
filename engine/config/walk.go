package config

import (
	"reflect"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/schema"
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
		if err := schema.Set(target, value); err != nil {
			problems.Add(name, "%v", err)
		}
	}
}

// single reports whether a value of the type is one word, so that a variable can set it.
func single(t reflect.Type) bool {
	return t.Kind() != reflect.Struct && t.Kind() != reflect.Map && t.Kind() != reflect.Slice
}

// check applies the tags.
func check(v reflect.Value, role string, problems *strictyaml.Problems) {
	walk(v, role, func(path string, field reflect.StructField, v reflect.Value) {
		if field.Tag.Get("required") != "" && empty(v) {
			problems.Add(path, "missing: %s", field.Tag.Get("help"))
		}
		if words := schema.Words(field); words != nil && !slices.Contains(words, v.String()) {
			problems.Add(path, "%q is none of %s", v.String(), strings.Join(words, ", "))
		}
		if lo, hi, ok := schema.Bounds(field); ok && (v.Int() < lo.Int() || v.Int() > hi.Int()) {
			problems.Add(path, "%v outside [%v, %v]", v, lo, hi)
		}
	})
}

func empty(v reflect.Value) bool {
	return v.IsZero() || v.Kind() == reflect.Map && v.Len() == 0
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
