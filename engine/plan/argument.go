package plan

import (
	"errors"
	"strings"

	"github.com/tacit-space/tacit/crypto/wire"
)

// MaxArguments is the largest number of parameters of a template.
const MaxArguments = 16

// Argument is the value of one parameter of a template.
type Argument struct {
	Name  string
	Value Value // not Null
}

// As names the template that the question is asked by; without one it changes nothing.
func (s *Statement) As(template string, args []Argument) *Statement {
	s.Template = Instance(template, args)
	return s
}

// Instance is a template with its arguments, for people.
func Instance(template string, args []Argument) string {
	parts := make([]string, len(args))
	for i, a := range args {
		parts[i] = a.Name + " = " + a.Value.SQL()
	}
	if len(parts) == 0 {
		return template
	}
	return template + " with " + strings.Join(parts, ", ")
}

func putArguments(w *wire.Writer, args []Argument) {
	w.U32(uint32(len(args)))
	for _, a := range args {
		w.String(a.Name)
		putValue(w, a.Value)
	}
}

func (d decoder) arguments() []Argument {
	var out []Argument
	for range d.Count(MaxArguments) {
		out = append(out, Argument{Name: d.String(maxID), Value: d.value()})
		if d.Err() != nil {
			return nil
		}
	}
	return out
}

// asked checks the form of template and arguments; whether they are the charter's is
// the policy's question.
func (j *Job) asked() error {
	if len(j.Template) > maxID || len(j.Arguments) > MaxArguments {
		return errors.New("the name of the template is too long, or there are too many arguments")
	}
	if j.Template == "" && len(j.Arguments) > 0 {
		return errors.New("arguments without a template")
	}
	for i, a := range j.Arguments {
		switch {
		case a.Name == "" || len(a.Name) > maxID || i > 0 && j.Arguments[i-1].Name >= a.Name:
			return errors.New("arguments that are not in the order of their names")
		case a.Value.Kind == Null || !a.Value.canonical():
			return errors.New("an argument that is NULL or not canonical")
		}
	}
	return nil
}
