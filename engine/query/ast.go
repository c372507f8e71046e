package query

import (
	"math/big"

	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

// expr is one expression of the query; every node knows its byte offset.
type expr interface{ at() int }

type pos int

func (p pos) at() int { return int(p) }

// column is a name, perhaps of a column, perhaps of an alias.
type column struct {
	pos
	qualifier string // "" if there is none
	name      string // folded to lower case unless quoted
	quoted    bool
	written   string // as in the text, for the header
}

// literal is a constant. Numbers have num, others value.
type literal struct {
	pos
	value plan.Value // Null, Text, Boolean, Date or Timestamp
	num   *big.Rat
	typ   result.Type // of a number; zero for NULL
	text  string      // as in the text, for the header
}

func (l *literal) null() bool { return l.num == nil && l.value.Kind == plan.Null }

type unary struct {
	pos
	op  string // "-", "+", "not"
	arg expr
}

type binary struct {
	pos
	op   string // + - * / = <> < <= > >=
	l, r expr
}

type logical struct {
	pos
	op   string // "and", "or"
	args []expr
}

type in struct {
	pos
	arg  expr
	list []expr
	not  bool
}

type between struct {
	pos
	arg, lo, hi expr
	not         bool
}

type isNull struct {
	pos
	arg expr
	not bool
}

type call struct {
	pos
	name   string // lower case
	args   []expr
	star   bool
	filter expr // nil without FILTER
}

// when is one arm of a CASE; cond is a condition, or a value if the CASE has an argument.
type when struct{ cond, then expr }

// cases is CASE; arg is nil in the form CASE WHEN condition.
type cases struct {
	pos
	arg   expr
	whens []when
	other expr // ELSE, nil if there is none
}

type cast struct {
	pos
	arg expr
	typ result.Type
}

// compiled stands for an expression that is compiled already, so that one which is
// used several times is compiled once.
type compiled struct {
	pos
	node *node
}

type target struct {
	pos
	expr  expr
	alias string
}

type order struct {
	expr       expr
	desc       bool
	nullsFirst bool
}

// statement is one SELECT.
type statement struct {
	targets []target
	table   string
	alias   string
	from    pos
	where   expr
	group   []expr
	having  expr
	order   []order
	limit   expr
	offset  expr
	privacy *clause
}

// condition returns the condition of arm i, given what stands for the argument.
func (e *cases) condition(i int, arg expr) expr {
	if e.arg == nil {
		return e.whens[i].cond
	}
	return &binary{pos(e.whens[i].cond.at()), "=", arg, e.whens[i].cond}
}

// children returns the direct parts of e.
func children(e expr) []expr {
	switch e := e.(type) {
	case *unary:
		return []expr{e.arg}
	case *binary:
		return []expr{e.l, e.r}
	case *logical:
		return e.args
	case *in:
		return append([]expr{e.arg}, e.list...)
	case *between:
		return []expr{e.arg, e.lo, e.hi}
	case *isNull:
		return []expr{e.arg}
	case *call:
		if e.filter != nil {
			return append(append([]expr{}, e.args...), e.filter)
		}
		return e.args
	case *cases:
		return caseParts(e)
	case *cast:
		return []expr{e.arg}
	default:
		return nil
	}
}

func caseParts(e *cases) []expr {
	var out []expr
	if e.arg != nil {
		out = append(out, e.arg)
	}
	for _, w := range e.whens {
		out = append(out, w.cond, w.then)
	}
	if e.other != nil {
		out = append(out, e.other)
	}
	return out
}

// find returns the first node of e, itself included, that ok accepts; nil if none.
func find(e expr, ok func(expr) bool) expr {
	if e == nil {
		return nil
	}
	if ok(e) {
		return e
	}
	for _, c := range children(e) {
		if hit := find(c, ok); hit != nil {
			return hit
		}
	}
	return nil
}
