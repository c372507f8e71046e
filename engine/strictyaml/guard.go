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

// MaxDepth is the deepest nesting of mappings and sequences.
const MaxDepth = 16

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
	return nil
}

// guardTokens refuses what the package does not read, and nesting that would make
// the recursive parser deep, before the parser runs.
func guardTokens(tokens token.Tokens) *Problem {
	flow, inline, line := 0, 0, 0
	for _, t := range tokens {
		if name := refused(t.Type); name != "" {
			return at(t, name+" are not read here")
		}
		if t.Position.Line != line {
			line, inline = t.Position.Line, 0
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		case token.SequenceEntryType:
			inline++
		}
		if flow > MaxDepth || inline > MaxDepth {
			return at(t, fmt.Sprintf("nested deeper than %d levels", MaxDepth))
		}
	}
	return nil
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
