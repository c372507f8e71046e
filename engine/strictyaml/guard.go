package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits of a text.
const (
	MaxDepth  = 16   // nesting of mappings and sequences
	MaxKeys   = 1000 // keys of a mapping in block style
	MaxBlanks = 100  // empty lines in a row, and characters of an empty line
)

// parse returns the one mapping of the text. A parser that panics is a problem of
// the text, not of the process: the text may come from another organisation.
func parse(text []byte, limit int) (root ast.Node, problem *Problem) {
	defer func() {
		if recover() != nil {
			root, problem = nil, &Problem{Message: "cannot be read as YAML"}
		}
	}()
	if p := guardText(text, limit); p != nil {
		return nil, p
	}
	tokens := lexer.Tokenize(string(text))
	if p := guardTokens(tokens); p != nil {
		return nil, p
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxProblem(err)
	}
	return single(file)
}

func guardText(text []byte, limit int) *Problem {
	switch {
	case len(text) > limit:
		return &Problem{Message: fmt.Sprintf("%d bytes long, at most %d are read", len(text), limit)}
	case !utf8.Valid(text):
		return &Problem{Message: "not UTF-8 text"}
	case bytes.IndexByte(text, 0) >= 0:
		return &Problem{Message: "holds a NUL byte"}
	}
	return guardBlanks(text)
}

// guardBlanks refuses long runs of empty lines: at the start of a block text the
// lexer takes time that grows with their square and more.
func guardBlanks(text []byte) *Problem {
	run, number := 0, 0
	for line := range bytes.Lines(text) {
		number++
		run++
		if len(bytes.TrimSpace(line)) > 0 {
			run = 0
		}
		if run > MaxBlanks || run > 0 && len(line) > MaxBlanks {
			return &Problem{Line: number, Message: "a long empty part"}
		}
	}
	return nil
}

// guardTokens refuses what the package does not read, and what would make the
// parser slow or deep, before it runs: it is recursive, and takes time quadratic in
// the keys of a mapping.
func guardTokens(tokens token.Tokens) *Problem {
	shape := shape{keys: map[int]int{}}
	documents := 0
	for i, t := range tokens {
		if t.Type == token.DocumentHeaderType {
			documents++
		}
		if documents > 1 {
			return at(t, "a second document; one file holds one")
		}
		if name := refused(t.Type); name != "" {
			return at(t, name+" are not read here")
		}
		first := i == 0 || tokens[i-1].Position.Line != t.Position.Line
		if wrong := shape.add(t, first); wrong != "" {
			return at(t, wrong)
		}
	}
	return nil
}

// shape follows the nesting of a text token by token.
type shape struct {
	flow   int         // open brackets
	dashes int         // sequence entries on this line
	last   int         // column of the token before
	keys   map[int]int // keys of each open block mapping, by its column
}

// add returns why the text is refused after a token, "" if it is not.
func (s *shape) add(t *token.Token, first bool) string {
	column := t.Position.Column
	if first {
		s.dashes = 0
		s.dedent(column)
	}
	switch t.Type {
	case token.MappingStartType, token.SequenceStartType:
		s.flow++
	case token.MappingEndType, token.SequenceEndType:
		s.flow--
	case token.SequenceEntryType:
		s.dashes++
	case token.MappingValueType:
		if s.flow == 0 {
			s.keys[s.last]++
		}
	}
	s.last = column
	if s.flow > MaxDepth || s.dashes > MaxDepth || len(s.keys) > MaxDepth {
		return fmt.Sprintf("nested deeper than %d levels", MaxDepth)
	}
	for _, n := range s.keys {
		if n > MaxKeys {
			return fmt.Sprintf("more than %d keys in a mapping", MaxKeys)
		}
	}
	return ""
}

// dedent ends the block mappings that are to the right of a line's first token.
func (s *shape) dedent(column int) {
	if s.flow > 0 {
		return
	}
	for c := range s.keys {
		if c > column {
			delete(s.keys, c)
		}
	}
}

func refused(t token.Type) string {
	switch t {
	case token.AnchorType:
		return "anchors (&)"
	case token.AliasType:
		return "aliases (*)"
	case token.MergeKeyType:
		return "merge keys (<<)"
	case token.TagType:
		return "tags (!)"
	case token.DirectiveType:
		return "directives (%)"
	case token.MappingKeyType:
		return "explicit keys (?)"
	}
	return ""
}

func at(t *token.Token, message string) *Problem {
	return &Problem{Line: t.Position.Line, Column: t.Position.Column, Message: message}
}

func syntaxProblem(err error) *Problem {
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) && syntax.Token != nil {
		return at(syntax.Token, "not YAML: "+syntax.Message)
	}
	return &Problem{Message: "not YAML"}
}

func single(file *ast.File) (ast.Node, *Problem) {
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.CommentType || doc.Body.Type() == ast.CommentGroupType {
			continue
		}
		if body != nil {
			return nil, at(doc.Body.GetToken(), "a second document; one file holds one")
		}
		body = doc.Body
	}
	if body == nil {
		return nil, &Problem{Message: "empty"}
	}
	return body, nil
}
