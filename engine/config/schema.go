package config

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/tacit-space/tacit/engine/strictyaml"
)

// Roles names the configurations that have a schema.
var Roles = []string{"coordinator", "worker", "analyst"}

// Schema returns the JSON schema (draft 2020-12) of a role's configuration file.
func Schema(role string) []byte {
	var root any
	switch role {
	case "coordinator":
		root = DefaultCoordinator()
	case "worker":
		root = DefaultWorker()
	case "analyst":
		root = DefaultAnalyst()
	default:
		panic("config: no role " + role)
	}
	s := object(reflect.ValueOf(root).Elem())
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "tacit " + role
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err)
	}
	return append(out, '\n')
}

// object describes a struct; its values are the defaults.
func object(v reflect.Value) map[string]any {
	properties := map[string]any{}
	required := []string{}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		key := strictyaml.Key(field)
		if key == "" {
			continue
		}
		properties[key] = property(field, v.Field(i))
		if field.Tag.Get("required") != "" {
			required = append(required, key)
		}
	}
	s := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func property(field reflect.StructField, v reflect.Value) map[string]any {
	s := schemaOf(field.Type, v)
	if help := field.Tag.Get("help"); help != "" {
		s["description"] = help
	}
	if words := field.Tag.Get("oneof"); words != "" {
		s["enum"] = strings.Split(words, ",")
	}
	if lo, hi, ok := bounds(field); ok && s["type"] == "integer" {
		s["minimum"], s["maximum"] = lo.Int(), hi.Int()
	} else if ok {
		s["description"] = s["description"].(string) + " From " + lo.Interface().(interface{ String() string }).String() +
			" to " + hi.Interface().(interface{ String() string }).String() + "."
	}
	if single(field.Type) && !v.IsZero() {
		s["default"] = v.Interface()
	}
	return s
}

var (
	durationType = reflect.TypeFor[Duration]()
	bytesType    = reflect.TypeFor[Bytes]()
)

func schemaOf(t reflect.Type, v reflect.Value) map[string]any {
	switch {
	case t == durationType:
		return map[string]any{"type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"}
	case t == bytesType:
		return map[string]any{"type": "string", "pattern": "^[0-9]+(B|KiB|MiB|GiB|TiB)$"}
	case t.Kind() == reflect.Struct:
		return object(v)
	case t.Kind() == reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem(), reflect.Zero(t.Elem()))}
	case t.Kind() == reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem(), reflect.Zero(t.Elem()))}
	case t.Kind() == reflect.Int:
		return map[string]any{"type": "integer"}
	default:
		return map[string]any{"type": "string"}
	}
}
