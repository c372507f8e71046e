package query

import (
	"errors"
	"strings"
	"unicode/utf8"

	pg "github.com/pganalyze/pg_query_go/v6"
	"github.com/pganalyze/pg_query_go/v6/parser"

	"github.com/tacit-space/tacit/engine/fault"
)

// Limits of a query text. The parser is known to exhaust its stack on 62 KB.
const (
	MaxText   = 16 << 10 // bytes
	MaxTokens = 4096     // words, numbers and signs; the parse tree is no deeper
	MaxDepth  = 60       // nested expressions
)

// Faults of the text as a whole.
var (
	TooLong = fault.Declare("TACIT-P001", "query too long",
		"The query text is longer than 16 KB or has more than 4096 words and signs.",
		"Shorten the query, for example its IN lists.")
	NotText = fault.Declare("TACIT-P002", "query is not text",
		"The query holds a NUL byte or is not valid UTF-8.",
		"Save the query as UTF-8 text.")
	Syntax = fault.Declare("TACIT-P003", "syntax error",
		"The text is not SQL in PostgreSQL's grammar.",
		"Correct the query at the position.")
	NotSelect = fault.Declare("TACIT-P004", "not one SELECT",
		"The text is not exactly one SELECT statement.",
		"Write one SELECT over one shared table.")
	TooDeep = fault.Declare("TACIT-P005", "query too deeply nested",
		"The expressions of the query are nested deeper than 60 levels.",
		"Write long AND, OR and + chains flat, with parentheses only where needed, or use IN.")
	Join = fault.Declare("TACIT-P010", "more than one table",
		"The query names several tables. Tables of different owners are not joined in this version.",
		"Ask about one shared table; an owner can join its own data in its mapping of that table.")
	Subquery = fault.Declare("TACIT-P011", "subquery",
		"The query has a subquery. Over rows that are split between owners it would mean something else.",
		"Write one SELECT with WHERE, GROUP BY and HAVING.")
	WithQuery = fault.Declare("TACIT-P012", "WITH query",
		"The query has a WITH clause.",
		"Write one SELECT with WHERE, GROUP BY and HAVING.")
	SetOperation = fault.Declare("TACIT-P013", "set operation",
		"The query has UNION, INTERSECT, EXCEPT or VALUES.",
		"Ask one question per query.")
	Window = fault.Declare("TACIT-P014", "window function",
		"The query has a window (OVER). It would need the order of single rows.",
		"Use GROUP BY; rank released rows with ORDER BY.")
	Distinct = fault.Declare("TACIT-P015", "DISTINCT",
		"The query has DISTINCT. Counting distinct persons over owners is not in this version.",
		"Use GROUP BY for distinct groups; leave DISTINCT out.")
	Star = fault.Declare("TACIT-P016", "SELECT *",
		"The query selects whole rows. Rows never leave an owner.",
		"Select aggregates and group columns by name.")
	LimitBelow = fault.Declare("TACIT-P017", "LIMIT below an aggregate",
		"The query limits rows before it aggregates. Which rows these are depends on how they are split between owners.",
		"Limit released rows only: LIMIT at the end of the query.")
	Clause = fault.Declare("TACIT-P018", "clause not supported",
		"The query has a clause that this version does not know.",
		"Use SELECT, FROM, WHERE, GROUP BY, HAVING, ORDER BY, LIMIT and OFFSET.")
)

// parse reads one SELECT into the closed grammar of this package, with constants in the
// places of parameters.
func parse(sql string, constants map[int]*literal) (*statement, *fault.Fault) {
	if f := acceptable(sql); f != nil {
		return nil, f
	}
	if scan, err := pg.Scan(sql); err == nil && len(scan.Tokens) > MaxTokens {
		return nil, TooLong.New("%d words and signs, at most %d", len(scan.Tokens), MaxTokens).
			Where(fault.At(sql, int(scan.Tokens[MaxTokens].Start)))
	}
	text, privacy, f := cutPrivacy(sql)
	if f != nil {
		return nil, f
	}
	tree, err := pg.Parse(text)
	if err != nil {
		return nil, syntax(sql, err)
	}
	if len(tree.Stmts) != 1 {
		return nil, notOne(sql, tree.Stmts)
	}
	r := &reader{sql: sql, constants: constants}
	s := r.statement(tree.Stmts[0].Stmt)
	if r.fault != nil {
		return nil, r.fault
	}
	s.privacy = privacy
	return s, nil
}

func acceptable(sql string) *fault.Fault {
	switch {
	case len(sql) > MaxText:
		return TooLong.New("%d bytes, at most %d", len(sql), MaxText).Where(fault.At(sql[:MaxText], MaxText))
	case !utf8.ValidString(sql):
		bad := len(strings.ToValidUTF8(sql, ""))
		for i, c := range sql {
			if c == utf8.RuneError && !strings.HasPrefix(sql[i:], "\uFFFD") {
				bad = i
				break
			}
		}
		return NotText.New("not UTF-8").Where(fault.At(sql, bad))
	case strings.IndexByte(sql, 0) >= 0:
		return NotText.New("a NUL byte").Where(fault.At(sql, strings.IndexByte(sql, 0)))
	}
	return nil
}

// syntax turns a parser error into a fault without the text that it quotes.
func syntax(sql string, err error) *fault.Fault {
	var e *parser.Error
	if !errors.As(err, &e) {
		return TooDeep.New("the parse tree is too deep").Where(fault.At(sql, 0))
	}
	message, _, _ := strings.Cut(e.Message, ` "`)
	message = strings.TrimSuffix(message, " at or near")
	return Syntax.New("%s", message).Where(fault.At(sql, byteOffset(sql, e.Cursorpos)))
}

// byteOffset returns the byte offset of the n-th character, counted from 1.
func byteOffset(sql string, n int) int {
	for i := range sql {
		if n--; n <= 0 {
			return i
		}
	}
	return len(sql)
}

func skipSpace(sql string, offset int) int {
	offset = min(max(offset, 0), len(sql))
	return len(sql) - len(strings.TrimLeft(sql[offset:], " \t\r\n;"))
}

// reader translates a parse tree and keeps its first fault.
type reader struct {
	sql   string
	depth int
	fault *fault.Fault

	constants map[int]*literal // of parameters, by their offsets
}

// notOne refuses no statement, and several.
func notOne(sql string, all []*pg.RawStmt) *fault.Fault {
	if len(all) == 0 {
		return NotSelect.New("the query is empty").Where(fault.At(sql, skipSpace(sql, 0)))
	}
	return NotSelect.New("%d statements", len(all)).Where(fault.At(sql, skipSpace(sql, int(all[1].StmtLocation))))
}

// fail records a fault at a byte offset; -1 is the beginning.
func (r *reader) fail(k *fault.Kind, offset int, format string, args ...any) *fault.Fault {
	f := k.New(format, args...).Where(fault.At(r.sql, offset))
	if r.fault == nil {
		r.fault = f
	}
	return f
}

func (r *reader) statement(n *pg.Node) *statement {
	s := n.GetSelectStmt()
	if s == nil {
		r.fail(NotSelect, skipSpace(r.sql, 0), "another statement than SELECT")
		return nil
	}
	if r.refuseClauses(s); r.fault != nil {
		return nil
	}
	out := &statement{}
	r.from(s.FromClause, out)
	for _, t := range s.TargetList {
		out.targets = append(out.targets, r.target(t))
	}
	out.where = r.optional(s.WhereClause)
	for _, g := range s.GroupClause {
		if gs := g.GetGroupingSet(); gs != nil {
			r.fail(Clause, int(gs.Location), "GROUPING SETS, ROLLUP and CUBE are not supported")
			return nil
		}
		out.group = append(out.group, r.expr(g))
	}
	out.having = r.optional(s.HavingClause)
	for _, o := range s.SortClause {
		out.order = append(out.order, r.order(o))
	}
	out.limit, out.offset = r.optional(s.LimitCount), r.optional(s.LimitOffset)
	return out
}

func (r *reader) optional(n *pg.Node) expr {
	if n == nil {
		return nil
	}
	return r.expr(n)
}

func (r *reader) refuseClauses(s *pg.SelectStmt) {
	start := skipSpace(r.sql, 0)
	switch {
	case s.WithClause != nil:
		r.fail(WithQuery, int(s.WithClause.Location), "WITH is not supported")
	case s.Op != pg.SetOperation_SETOP_NONE:
		r.fail(SetOperation, keyword(r.sql, "union", "intersect", "except"), "UNION, INTERSECT and EXCEPT are not supported")
	case len(s.ValuesLists) > 0:
		r.fail(SetOperation, start, "VALUES is not supported")
	case len(s.DistinctClause) > 0:
		r.fail(Distinct, keyword(r.sql, "distinct"), "SELECT DISTINCT is not supported").With("Use GROUP BY.")
	case len(s.WindowClause) > 0:
		r.fail(Window, start, "WINDOW is not supported")
	case s.IntoClause != nil:
		r.fail(Clause, start, "INTO is not supported")
	case len(s.LockingClause) > 0:
		r.fail(Clause, start, "FOR UPDATE and the like are not supported")
	case s.GroupDistinct:
		r.fail(Clause, start, "GROUP BY DISTINCT is not supported")
	case s.LimitOption == pg.LimitOption_LIMIT_OPTION_WITH_TIES:
		r.fail(Clause, start, "WITH TIES is not supported")
	case len(s.TargetList) == 0:
		r.fail(NotSelect, start, "the select list is empty")
	}
}

// keyword returns the offset of the first of some words in the text, for clauses that
// have no position in the parse tree.
func keyword(sql string, words ...string) int {
	lower := strings.ToLower(sql)
	best := len(sql)
	for _, w := range words {
		if i := strings.Index(lower, w); i >= 0 {
			best = min(best, i)
		}
	}
	return best % max(1, len(sql))
}

func (r *reader) from(list []*pg.Node, out *statement) {
	if len(list) == 0 {
		r.fail(NotSelect, skipSpace(r.sql, 0), "the query names no table").With("Add FROM and a shared table.")
		return
	}
	if len(list) > 1 {
		offset := 0
		if v := list[1].GetRangeVar(); v != nil {
			offset = int(v.Location)
		}
		r.fail(Join, offset, "%d tables, one is supported", len(list))
		return
	}
	switch {
	case list[0].GetRangeVar() != nil:
		r.table(list[0].GetRangeVar(), out)
	case list[0].GetJoinExpr() != nil:
		r.fail(Join, joinOffset(list[0].GetJoinExpr()), "joins are not supported")
	case list[0].GetRangeSubselect() != nil:
		r.subselect(list[0].GetRangeSubselect())
	default:
		r.fail(Clause, skipSpace(r.sql, 0), "FROM wants the name of a shared table")
	}
}

func joinOffset(j *pg.JoinExpr) int {
	if v := j.Rarg.GetRangeVar(); v != nil {
		return int(v.Location)
	}
	return 0
}

func (r *reader) subselect(s *pg.RangeSubselect) {
	if inner := s.Subquery.GetSelectStmt(); inner != nil && (inner.LimitCount != nil || inner.LimitOffset != nil) {
		r.fail(LimitBelow, locate(inner.LimitCount, inner.LimitOffset), "LIMIT in a subquery")
		return
	}
	r.fail(Subquery, subqueryOffset(r.sql), "FROM with a subquery is not supported")
}

// locate returns the offset of the first constant among nodes.
func locate(nodes ...*pg.Node) int {
	for _, n := range nodes {
		if c := n.GetAConst(); c != nil {
			return int(c.Location)
		}
	}
	return 0
}

// subqueryOffset finds the parenthesis after FROM; the parse tree has no position for it.
func subqueryOffset(sql string) int {
	from := strings.Index(strings.ToLower(sql), "from")
	if from < 0 {
		return 0
	}
	if open := strings.IndexByte(sql[from:], '('); open >= 0 {
		return from + open
	}
	return from
}

func (r *reader) table(v *pg.RangeVar, out *statement) {
	if v.Catalogname != "" || v.Schemaname != "" {
		r.fail(Clause, int(v.Location), "a table has no schema").With("Write the bare name of the table.")
		return
	}
	if v.Alias != nil && len(v.Alias.Colnames) > 0 {
		r.fail(Clause, int(v.Location), "column aliases of a table are not supported")
		return
	}
	out.table, out.alias, out.from = v.Relname, v.Relname, pos(v.Location)
	if v.Alias != nil {
		out.alias = v.Alias.Aliasname
	}
}

func (r *reader) target(n *pg.Node) target {
	t := n.GetResTarget()
	if t == nil || len(t.Indirection) > 0 || t.Val == nil {
		r.fail(Clause, skipSpace(r.sql, 0), "an entry of the select list is not supported")
		return target{}
	}
	return target{pos: pos(t.Location), expr: r.expr(t.Val), alias: t.Name}
}

func (r *reader) order(n *pg.Node) order {
	s := n.GetSortBy()
	if s == nil || s.SortbyDir == pg.SortByDir_SORTBY_USING {
		r.fail(Clause, skipSpace(r.sql, 0), "ORDER BY … USING is not supported")
		return order{}
	}
	return order{
		expr:       r.expr(s.Node),
		desc:       s.SortbyDir == pg.SortByDir_SORTBY_DESC,
		nullsFirst: s.SortbyNulls == pg.SortByNulls_SORTBY_NULLS_FIRST,
	}
}
