package query

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

// BadCall is a table function that is not asked in its one form.
var BadCall = fault.Declare("TACIT-P160", "table function not understood",
	"A statistic is asked as SELECT * FROM name(table, argument => value, …), with constants as values and nothing else in the query.",
	"Write for example SELECT * FROM ttest(lung, 'age ~ sex', where => 'status = 2').")

// Call is a statistic as it was asked: SELECT * FROM name(table, arguments…).
type Call struct {
	Name  string
	At    int // byte offset of the name in the text
	Table string
	// TableAt is the byte offset of the table's name.
	TableAt   int
	Arguments []CallArgument // in the order of the text
}

// CallArgument is one argument after the table. Value is the text of a constant: a string without its quotes, a number
// as it was written, "true" or "false".
type CallArgument struct {
	Name  string // "": given by its place
	Value string
	At    int // byte offset
}

// ParseCall reads a text that asks for a table function; it is nil if the text asks for
// something else, which is then for [Compile].
func ParseCall(sql string) (*Call, error) {
	if f := acceptable(sql); f != nil {
		return nil, f
	}
	return parseCall(sql, sql, nil)
}

// TemplateCall is [ParseCall] of a template of the charter with arguments, for each parameter one, which stand
// for whole arguments of the table function. Faults: those of [Instantiate].
func TemplateCall(ch *charter.Charter, name string, args []plan.Argument) (*Call, error) {
	t, text, places, f := instance(ch, name, args)
	if f != nil {
		return nil, f
	}
	values := map[int]string{}
	for at, name := range places {
		i := slices.IndexFunc(args, func(a plan.Argument) bool { return a.Name == name })
		values[at] = args[i].Value.Text
	}
	return parseCall(t.SQL, text, values)
}

// parseCall reads a text with values in the places of parameters.
func parseCall(sql, text string, values map[int]string) (*Call, error) {
	text, privacy, f := cutPrivacy(text)
	if f != nil {
		return nil, f
	}
	text, names := maskNames(text)
	tree, err := pg.Parse(text)
	if err != nil || len(tree.Stmts) != 1 {
		return nil, nil
	}
	s := tree.Stmts[0].Stmt.GetSelectStmt()
	if s == nil || len(s.FromClause) == 0 || s.FromClause[0].GetRangeFunction() == nil {
		return nil, nil
	}
	r := &callReader{sql: sql, names: names, values: values}
	call := r.call(s)
	if r.fault == nil && privacy != nil {
		r.fail(int(privacy.pos), "noise (WITH PRIVACY) is not offered for statistics, whose standard errors would not be honest")
	}
	if r.fault != nil {
		return nil, r.fault
	}
	return call, nil
}

// callReader keeps its first fault.
type callReader struct {
	sql    string
	names  map[int]string // of arguments, by their offsets, where they were masked
	values map[int]string // of parameters, by their offsets
	fault  *fault.Fault
}

// maskNames puts other names of the same length in the place of names of arguments that are
// keywords, such as time and where, which PostgreSQL's grammar does not take there.
func maskNames(sql string) (text string, names map[int]string) {
	scan, err := pg.Scan(sql)
	if err != nil {
		return sql, nil
	}
	out, names := []byte(sql), map[int]string{}
	for i := 1; i < len(scan.Tokens); i++ {
		word := scan.Tokens[i-1]
		if scan.Tokens[i].Token == pg.Token_EQUALS_GREATER && word.KeywordKind != pg.KeywordKind_NO_KEYWORD {
			names[int(word.Start)] = strings.ToLower(sql[word.Start:word.End])
			copy(out[word.Start:word.End], strings.Repeat("x", int(word.End-word.Start)))
		}
	}
	return string(out), names
}

func (r *callReader) fail(at int, format string, args ...any) {
	if r.fault == nil {
		r.fault = BadCall.New(format, args...).Where(fault.At(r.sql, at))
	}
}

func (r *callReader) call(s *pg.SelectStmt) *Call {
	f := s.FromClause[0].GetRangeFunction()
	r.alone(s, f)
	if r.fault != nil {
		return nil
	}
	fn := f.Functions[0].GetList().GetItems()[0].GetFuncCall()
	switch {
	case fn == nil || len(fn.Funcname) != 1 || fn.AggStar || fn.AggDistinct || fn.FuncVariadic || fn.Over != nil || fn.AggFilter != nil || len(fn.AggOrder) > 0:
		r.fail(keyword(r.sql, "from"), "not a plain call of a table function")
		return nil
	case len(fn.Args) == 0 || fn.Args[0].GetColumnRef() == nil || len(fn.Args[0].GetColumnRef().Fields) != 1:
		r.fail(int(fn.Location), "the first argument is not the name of a table")
		return nil
	}
	table := fn.Args[0].GetColumnRef()
	call := &Call{
		Name: fn.Funcname[0].GetString_().GetSval(), At: int(fn.Location),
		Table: table.Fields[0].GetString_().GetSval(), TableAt: int(table.Location),
	}
	for _, arg := range fn.Args[1:] {
		call.Arguments = append(call.Arguments, r.argument(arg, int(fn.Location)))
	}
	return call
}

// alone refuses everything around the one call.
func (r *callReader) alone(s *pg.SelectStmt, f *pg.RangeFunction) {
	plain := len(s.FromClause) == 1 && len(f.Functions) == 1 && !f.Lateral && !f.Ordinality && !f.IsRowsfrom && f.Alias == nil && len(f.Coldeflist) == 0
	rest := s.WhereClause != nil || len(s.GroupClause) > 0 || s.HavingClause != nil || len(s.SortClause) > 0 || s.LimitCount != nil ||
		s.LimitOffset != nil || s.WithClause != nil || s.IntoClause != nil || len(s.WindowClause) > 0 || len(s.DistinctClause) > 0 ||
		len(s.LockingClause) > 0 || s.Op != pg.SetOperation_SETOP_NONE
	star := len(s.TargetList) == 1 && len(s.TargetList[0].GetResTarget().GetVal().GetColumnRef().GetFields()) == 1 &&
		s.TargetList[0].GetResTarget().GetVal().GetColumnRef().Fields[0].GetAStar() != nil
	if !plain || rest || !star {
		r.fail(skipSpace(r.sql, 0), "a table function stands alone: SELECT * FROM name(…), and conditions are among its arguments (where => '…')")
	}
}

func (r *callReader) argument(n *pg.Node, near int) (a CallArgument) {
	if named := n.GetNamedArgExpr(); named != nil {
		a.Name, n, near = named.Name, named.Arg, int(named.Location)
		if name, ok := r.names[near]; ok {
			a.Name = name
		}
	}
	a.At = near
	sign := ""
	if minus := n.GetAExpr(); minus != nil && minus.Lexpr == nil && len(minus.Name) == 1 && minus.Name[0].GetString_().GetSval() == "-" {
		sign, n = "-", minus.Rexpr
	}
	if p := n.GetParamRef(); p != nil && sign == "" {
		if v, ok := r.values[int(p.Location)]; ok {
			a.At, a.Value = int(p.Location), v
			return a
		}
	}
	c := n.GetAConst()
	if c == nil || c.Isnull {
		r.fail(near, "an argument that is no constant")
		return a
	}
	a.At = int(c.Location)
	switch {
	case c.GetIval() != nil:
		a.Value = sign + numeral(r.sql[a.At:])
	case c.GetFval() != nil:
		a.Value = sign + c.GetFval().Fval
	case c.GetSval() != nil && sign == "":
		a.Value = c.GetSval().Sval
	case c.GetBoolval() != nil && sign == "":
		a.Value = map[bool]string{true: "true", false: "false"}[c.GetBoolval().Boolval]
	default:
		r.fail(near, "an argument that is no constant")
	}
	return a
}

// numeral is the digits that a text begins with.
func numeral(s string) string {
	return s[:len(s)-len(strings.TrimLeft(s, "0123456789_"))]
}

// CheckCondition makes sure that a text is one expression, so that it means within
// parentheses what it says: not "a) OR (b". What the expression may be is for [Compile].
func CheckCondition(text string) error {
	if f := acceptable(text); f != nil {
		return f
	}
	tree, err := pg.Parse("SELECT " + text + "\n")
	if err != nil {
		return syntax(text, err).Where(nil)
	}
	if len(tree.Stmts) == 1 {
		s := tree.Stmts[0].Stmt.GetSelectStmt()
		if s != nil && len(s.TargetList) == 1 && s.TargetList[0].GetResTarget() != nil && s.TargetList[0].GetResTarget().Name == "" &&
			bare(s) && !strings.ContainsRune(text, ';') {
			return nil
		}
	}
	return Syntax.New("not one condition")
}

// bare reports whether a SELECT has nothing but its target.
func bare(s *pg.SelectStmt) bool {
	return len(s.FromClause) == 0 && s.WhereClause == nil && len(s.GroupClause) == 0 && s.HavingClause == nil && len(s.SortClause) == 0 &&
		s.LimitCount == nil && s.LimitOffset == nil && s.WithClause == nil && s.IntoClause == nil && len(s.WindowClause) == 0 &&
		len(s.DistinctClause) == 0 && len(s.LockingClause) == 0 && s.Op == pg.SetOperation_SETOP_NONE
}

// FindTable returns a table of the charter, or a fault with the nearest name.
func FindTable(ch *charter.Charter, name string) (*charter.Table, *fault.Fault) {
	if t := ch.Table(name); t != nil {
		return t, nil
	}
	names := make([]string, len(ch.Tables))
	for i := range names {
		names[i] = ch.Tables[i].Name
	}
	return nil, suggest(plan.UnknownTable.New("no table %q", name), name, names)
}

// FindColumn returns a column of a table that questions may use, or a fault with the
// nearest name. A name matches whatever its case if nothing matches it exactly.
func FindColumn(t *charter.Table, name string) (*charter.Column, *fault.Fault) {
	c := &compiler{table: t}
	if col := c.lookup(&column{name: name}); col != nil {
		return col, plan.PresenceRule(col)
	}
	return nil, missing(t, name)
}

// Suggest adds the nearest of some names to a fault about a word, if one is near.
func Suggest(f *fault.Fault, word string, names []string) *fault.Fault {
	return suggest(f, word, names)
}
