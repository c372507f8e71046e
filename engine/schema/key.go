package schema

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/tacit-space/tacit/engine/strictyaml"
)

// Kind is what is written behind a key.
type Kind string

// Kinds of values.
const (
	Text    Kind = "text"
	Integer Kind = "integer"
	Number  Kind = "number"
	Boolean Kind = "boolean"
	Struct  Kind = "keys"    // see [Key.Keys]
	List    Kind = "list"    // see [Key.Entry]
	Mapping Kind = "mapping" // from names of the author's choice: see [Key.Entry]
)

// Value is the form of a text that is a value of a column: it may be written as a number or
// truth value too.
const Value = "value"

// Form is implemented by types that are written as one word of some form.
type Form interface {
	// Form returns what people call it ("duration"), and a regular expression that
	// matches every word of it.
	Form() (name, pattern string)
}

// Key describes a key of a file, or the entries of a list or mapping, which have no name.
type Key struct {
	Name     string
	Help     string
	Kind     Kind
	Form     string // of a text: what people call it; "": any text
	Pattern  string // of a text with a form
	Required bool
	Words    []string // of a text: all that are possible; nil: it has no such bound
	Lo, Hi   any      // the range, in the type of the field; nil: none
	Default  any      // in the type of the field; nil: none
	Keys     []Key    // of kind Struct, in the order of the type
	Entry    *Key     // of kinds List and Mapping
}

// Of describes the file that is read into the struct that root points to, whose values
// are the defaults.
func Of(root any) Key { return describe(reflect.ValueOf(root).Elem()) }

var kinds = map[reflect.Kind]Kind{
	reflect.String: Text, reflect.Int: Integer, reflect.Int64: Integer, reflect.Float64: Number, reflect.Bool: Boolean,
}

// describe says what a value of the type of v may be.
func describe(v reflect.Value) Key {
	if form, ok := v.Interface().(Form); ok {
		name, pattern := form.Form()
		return Key{Kind: Text, Form: name, Pattern: pattern}
	}
	switch v.Kind() {
	case reflect.Pointer:
		return describe(pointedTo(v))
	case reflect.Struct:
		return Key{Kind: Struct, Keys: keysOf(v)}
	case reflect.Slice:
		entry := describe(first(v))
		return Key{Kind: List, Entry: &entry}
	case reflect.Map:
		entry := describe(first(v))
		return Key{Kind: Mapping, Entry: &entry}
	}
	kind, ok := kinds[v.Kind()]
	if !ok {
		panic(fmt.Sprintf("schema: a value of type %s", v.Type()))
	}
	return Key{Kind: kind}
}

// pointedTo returns what a pointer points to, the zero value if it is nil.
func pointedTo(v reflect.Value) reflect.Value {
	if v.IsNil() {
		return reflect.Zero(v.Type().Elem())
	}
	return v.Elem()
}

// first returns an entry of a list or a map, the zero value if it has none.
func first(v reflect.Value) reflect.Value {
	switch {
	case v.Len() == 0:
		return reflect.Zero(v.Type().Elem())
	case v.Kind() == reflect.Map:
		return v.MapIndex(v.MapKeys()[0])
	}
	return v.Index(0)
}

func keysOf(v reflect.Value) []Key {
	var keys []Key
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if name := strictyaml.Key(field); name != "" {
			keys = append(keys, keyOf(name, field, v.Field(i)))
		}
	}
	return keys
}

func keyOf(name string, field reflect.StructField, v reflect.Value) Key {
	k := describe(v)
	k.Name, k.Help, k.Required = name, field.Tag.Get("help"), field.Tag.Get("required") != ""
	words := &k // what the tags say of texts
	if k.Kind == List {
		words = k.Entry
	}
	words.Words = Words(field)
	if lo, hi, ok := Bounds(field); ok {
		k.Lo, k.Hi = lo.Interface(), hi.Interface()
	}
	if form := field.Tag.Get("form"); form != "" {
		words.Form = form
	}
	if !k.Required {
		k.Default = preset(v)
	}
	return k
}

// preset returns the default that v stands for, nil if it is none.
func preset(v reflect.Value) any {
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem() // a pointer is there to tell a value from none: false and 0 are values
	} else if v.IsZero() {
		return nil
	}
	switch v.Kind() {
	case reflect.Struct, reflect.Map, reflect.Pointer:
		return nil
	case reflect.Slice:
		if v.Len() == 0 || v.Type().Elem().Kind() != reflect.String {
			return nil
		}
	}
	return v.Interface()
}

// Words returns the words of the "oneof" tag, nil if there is none.
func Words(field reflect.StructField) []string {
	if words := field.Tag.Get("oneof"); words != "" {
		return strings.Split(words, ",")
	}
	return nil
}

// Bounds returns the ends of the "range" tag as values of the field's type, or of what it
// points to.
func Bounds(field reflect.StructField) (lo, hi reflect.Value, ok bool) {
	first, last, ok := strings.Cut(field.Tag.Get("range"), ",")
	if !ok {
		return lo, hi, false
	}
	t := field.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	lo, hi = reflect.New(t).Elem(), reflect.New(t).Elem()
	if Set(lo, first) != nil || Set(hi, last) != nil {
		panic("schema: range of " + field.Name)
	}
	return lo, hi, true
}

// Set reads a single value from its text.
func Set(v reflect.Value, text string) error {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return errors.New("wants a whole number")
		}
		v.SetInt(n)
	default:
		panic("schema: a value of type " + v.Type().String())
	}
	return nil
}
