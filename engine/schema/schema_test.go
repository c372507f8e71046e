package schema

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type colour string

func (colour) Form() (name, pattern string) { return "colour", "^#[0-9a-f]{6}$" }

type inner struct {
	On    *bool  `yaml:"on" help:"Whether."`
	Count *int64 `yaml:"count" range:"1,9" help:"How many."`
}

type file struct {
	Name   string           `yaml:"name" required:"true" help:"Name."`
	Mode   string           `yaml:"mode" oneof:"a,b" help:"Mode."`
	Size   int              `yaml:"size" range:"0,5" help:"Size."`
	Paint  colour           `yaml:"paint" range:"#000000,#00000f" help:"Paint."`
	Tags   []string         `yaml:"tags" oneof:"x,y" help:"Tags."`
	Values []string         `yaml:"values" form:"value" help:"Values."`
	Parts  []inner          `yaml:"parts" help:"Parts."`
	ByName map[string]inner `yaml:"by_name" help:"By name."`
	Maybe  *inner           `yaml:"maybe" help:"Maybe."`
	Ratio  float64          `yaml:"ratio" help:"Ratio."`
	Gone   string           `yaml:"-"`
}

const want = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "file", "type": "object", "additionalProperties": false,
  "required": ["name"],
  "properties": {
    "name": {"type": "string", "description": "Name."},
    "mode": {"type": "string", "description": "Mode.", "enum": ["a", "b"], "default": "a"},
    "size": {"type": "integer", "description": "Size.", "minimum": 0, "maximum": 5},
    "paint": {"type": "string", "description": "Paint. From #000000 to #00000f.", "pattern": "^#[0-9a-f]{6}$"},
    "tags": {"type": "array", "description": "Tags.", "items": {"type": "string", "enum": ["x", "y"]}, "default": ["x"]},
    "values": {"type": "array", "description": "Values.", "items": {"type": ["string", "number", "boolean"]}},
    "parts": {"type": "array", "description": "Parts.", "items": {"type": "object", "additionalProperties": false, "properties": {
      "on": {"type": "boolean", "description": "Whether.", "default": false},
      "count": {"type": "integer", "description": "How many.", "minimum": 1, "maximum": 9}}}},
    "by_name": {"type": "object", "description": "By name.", "additionalProperties": {"type": "object", "additionalProperties": false, "properties": {
      "on": {"type": "boolean", "description": "Whether."},
      "count": {"type": "integer", "description": "How many.", "minimum": 1, "maximum": 9, "default": 3}}}},
    "maybe": {"type": "object", "description": "Maybe.", "additionalProperties": false, "properties": {
      "on": {"type": "boolean", "description": "Whether."},
      "count": {"type": "integer", "description": "How many.", "minimum": 1, "maximum": 9}}},
    "ratio": {"type": "number", "description": "Ratio.", "default": 0.5}
  }
}`

func TestJSON(t *testing.T) {
	off, three := false, int64(3)
	root := &file{
		Name: "required keys have no default", Mode: "a", Tags: []string{"x"}, Ratio: 0.5,
		Parts: []inner{{On: &off}}, ByName: map[string]inner{"any": {Count: &three}},
	}
	var have, expected any
	if err := json.Unmarshal(JSON("file", Of(root)), &have); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &expected); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(expected, have); diff != "" {
		t.Error(diff)
	}
}

// TestOrder: keys come in the order of the type, which is that of the file.
func TestOrder(t *testing.T) {
	var names []string
	for _, k := range Of(&file{}).Keys {
		names = append(names, k.Name)
	}
	if diff := cmp.Diff([]string{"name", "mode", "size", "paint", "tags", "values", "parts", "by_name", "maybe", "ratio"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownTypePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a channel was described")
		}
	}()
	Of(&struct {
		C chan int `yaml:"c"`
	}{})
}

func TestBounds(t *testing.T) {
	field := func(v any, name string) reflect.StructField {
		f, _ := reflect.TypeOf(v).FieldByName(name)
		return f
	}
	if lo, hi, ok := Bounds(field(inner{}, "Count")); !ok || lo.Int() != 1 || hi.Int() != 9 {
		t.Errorf("%v %v %v", lo, hi, ok)
	}
	if _, _, ok := Bounds(field(inner{}, "On")); ok {
		t.Error("bounds without a tag")
	}
}
