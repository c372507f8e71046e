package schema

import (
	"encoding/json"
	"fmt"
)

// JSON returns the JSON schema (draft 2020-12) of a file.
func JSON(title string, root Key) []byte {
	s := node(root)
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = title
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err)
	}
	return append(out, '\n')
}

func node(k Key) map[string]any {
	s := structure(k)
	set := func(key string, value any, given bool) {
		if given {
			s[key] = value
		}
	}
	help := k.Help
	if k.Lo != nil && (k.Kind == Integer || k.Kind == Number) {
		s["minimum"], s["maximum"] = k.Lo, k.Hi
	} else if k.Lo != nil {
		help += fmt.Sprintf(" From %v to %v.", k.Lo, k.Hi)
	}
	set("description", help, help != "")
	set("enum", k.Words, k.Words != nil)
	set("pattern", k.Pattern, k.Pattern != "")
	set("default", k.Default, k.Default != nil)
	return s
}

// structure is what the kind of a value says.
func structure(k Key) map[string]any {
	switch k.Kind {
	case Struct:
		return object(k.Keys)
	case Mapping:
		return map[string]any{"type": "object", "additionalProperties": node(*k.Entry)}
	case List:
		return map[string]any{"type": "array", "items": node(*k.Entry)}
	case Text:
		if k.Form == Value {
			return map[string]any{"type": []string{"string", "number", "boolean"}}
		}
		return map[string]any{"type": "string"}
	}
	return map[string]any{"type": string(k.Kind)}
}

func object(keys []Key) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, k := range keys {
		properties[k.Name] = node(k)
		if k.Required {
			required = append(required, k.Name)
		}
	}
	s := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}
