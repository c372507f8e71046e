package strictyaml

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Places tells where each path of a text was read.
type Places map[string]*token.Position

// Locate fills in line and column of the problems that have a path, from the
// nearest enclosing path that the text has, and sorts them.
func (pl Places) Locate(ps Problems) {
	for i := range ps {
		if ps[i].Line > 0 {
			continue
		}
		for path := ps[i].Path; path != ""; path = parent(path) {
			if p := pl[path]; p != nil {
				ps[i].Line, ps[i].Column = p.Line, p.Column
				break
			}
		}
	}
	ps.Sort()
}

// parent cuts the last ".name" or "[index]" from a path.
func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

// Unmarshal reads text of at most limit bytes into the struct that dst points to.
// Keys are matched to "yaml" tags; fields without a key keep their value, so
// defaults can be set before. prefix starts every reported path and may be empty.
//
// Field types: string, bool, the signed integers, structs, pointers, slices and
// maps with string keys of these, and what implements encoding.TextUnmarshaler.
//
// The places are for later checks of the same text. If anything is wrong the
// error is [Problems].
func Unmarshal(text []byte, limit int, prefix string, dst any) (Places, error) {
	d := decoder{places: Places{}}
	root, problem := parse(text, limit)
	if problem != nil {
		problem.Path = prefix
		return d.places, Problems{*problem}
	}
	d.value(root, reflect.ValueOf(dst).Elem(), prefix, 0)
	d.problems.Sort()
	return d.places, d.problems.Err()
}

// MaxKey is the longest key of a mapping, in bytes.
const MaxKey = 128

type decoder struct {
	places   Places
	problems Problems
}

func (d *decoder) fail(n ast.Node, path, format string, args ...any) {
	if len(d.problems) == maxKept {
		return
	}
	p := Problem{Path: path, Message: fmt.Sprintf(format, args...)}
	if t := n.GetToken(); t != nil && t.Position != nil {
		p.Line, p.Column = t.Position.Line, t.Position.Column
	}
	d.problems = append(d.problems, p)
}

var textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

func (d *decoder) value(n ast.Node, v reflect.Value, path string, depth int) {
	if depth > MaxDepth {
		d.fail(n, path, "nested deeper than %d levels", MaxDepth)
		return
	}
	if _, seen := d.places[path]; !seen && n.GetToken() != nil {
		d.places[path] = n.GetToken().Position
	}
	if n.Type() == ast.NullType {
		d.fail(n, path, "has no value: give one or leave the key out")
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	if reflect.PointerTo(v.Type()).Implements(textUnmarshaler) {
		d.text(n, v.Addr().Interface().(encoding.TextUnmarshaler), path)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v, path, depth)
	case reflect.Map:
		d.mapping(n, v, path, depth)
	case reflect.Slice:
		d.sequence(n, v, path, depth)
	default:
		d.scalar(n, v, path)
	}
}

func (d *decoder) text(n ast.Node, u encoding.TextUnmarshaler, path string) {
	text, ok := scalarText(n)
	if !ok {
		d.fail(n, path, "wants a single value, not %s", describe(n))
		return
	}
	if err := u.UnmarshalText([]byte(text)); err != nil {
		d.fail(n, path, "%v", err)
	}
}

func (d *decoder) scalar(n ast.Node, v reflect.Value, path string) {
	text, ok := scalarText(n)
	if !ok {
		d.fail(n, path, "wants a single value, not %s", describe(n))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		if n.Type() != ast.BoolType {
			d.fail(n, path, "wants true or false")
			return
		}
		v.SetBool(strings.EqualFold(text, "true"))
	case reflect.Int, reflect.Int64:
		i, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, 64)
		if n.Type() != ast.IntegerType || err != nil {
			d.fail(n, path, "wants a whole number")
			return
		}
		v.SetInt(i)
	default:
		panic("strictyaml: field of type " + v.Type().String())
	}
}

// scalarText returns a scalar as it is written, without quotes.
func scalarText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func describe(n ast.Node) string {
	switch n.Type() {
	case ast.MappingType, ast.MappingValueType:
		return "a mapping (a value with a colon needs quotes)"
	case ast.SequenceType:
		return "a list"
	case ast.NullType:
		return "nothing"
	}
	return "a single value"
}

func (d *decoder) sequence(n ast.Node, v reflect.Value, path string, depth int) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.fail(n, path, "wants a list, not %s", describe(n))
		return
	}
	out := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		d.value(item, out.Index(i), fmt.Sprintf("%s[%d]", path, i), depth+1)
	}
	v.Set(out)
}

// entries returns the keys and values of a mapping; a repeated key is a problem.
func (d *decoder) entries(n ast.Node, path string) []*ast.MappingValueNode {
	var all []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		all = n.Values
	case *ast.MappingValueNode:
		all = []*ast.MappingValueNode{n}
	default:
		d.fail(n, path, "wants keys with values, not %s", describe(n))
	}
	seen := map[string]bool{}
	var out []*ast.MappingValueNode
	for _, e := range all {
		key, ok := scalarText(e.Key)
		switch {
		case !ok || len(key) > MaxKey:
			d.fail(e.Key, path, "a key must be a single value of at most %d bytes", MaxKey)
		case seen[key]:
			d.fail(e.Key, join(path, key), "appears twice")
		default:
			seen[key] = true
			d.places[join(path, key)] = e.Key.GetToken().Position
			out = append(out, e)
		}
	}
	return out
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func (d *decoder) structure(n ast.Node, v reflect.Value, path string, depth int) {
	fields, names := fieldsOf(v.Type())
	for _, e := range d.entries(n, path) {
		key, _ := scalarText(e.Key)
		i, known := fields[key]
		if !known {
			d.fail(e.Key, join(path, key), "unknown key%s", Suggest(key, names))
			continue
		}
		d.value(e.Value, v.Field(i), join(path, key), depth+1)
	}
}

func (d *decoder) mapping(n ast.Node, v reflect.Value, path string, depth int) {
	out := reflect.MakeMap(v.Type())
	for _, e := range d.entries(n, path) {
		key, _ := scalarText(e.Key)
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(e.Value, item, join(path, key), depth+1)
		out.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), item)
	}
	v.Set(out)
}

// fieldsOf returns the fields of a struct by key, and the keys in order.
func fieldsOf(t reflect.Type) (index map[string]int, names []string) {
	index = map[string]int{}
	for i := range t.NumField() {
		if name := Key(t.Field(i)); name != "" {
			index[name] = i
			names = append(names, name)
		}
	}
	return index, names
}

// Key returns the key under which a field is read: the name in its "yaml" tag, ""
// if it is not read.
func Key(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	if name == "-" || !f.IsExported() {
		return ""
	}
	return name
}
