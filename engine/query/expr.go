package query

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/result"
)

// Faults of single expressions.
var (
	Unsupported = fault.Declare("TACIT-P019", "expression not supported",
		"The query has an expression outside the supported grammar.",
		"See the SQL reference for what may be written.")
	UnknownFunction = fault.Declare("TACIT-P020", "function not supported",
		"The query calls a function that this version does not know.",
		"Aggregates: COUNT, SUM, AVG, VAR_SAMP, VAR_POP, STDDEV_SAMP, STDDEV_POP, COVAR_SAMP, COVAR_POP, CORR. Functions of released values: ROUND, ABS, SQRT, LN, EXP, COALESCE, NULLIF. Groups: date_trunc, width_bucket, curve.")
)

// functions are the names that a call may have, with the smallest and largest
// number of arguments.
var functions = map[string][2]int{
	"count": {1, 1}, "sum": {1, 1}, "avg": {1, 1}, "mean": {1, 1},
	"var_samp": {1, 1}, "variance": {1, 1}, "var_pop": {1, 1},
	"stddev": {1, 1}, "stddev_samp": {1, 1}, "stddev_pop": {1, 1},
	"covar_samp": {2, 2}, "covar_pop": {2, 2}, "corr": {2, 2},
	"date_trunc": {2, 2}, "width_bucket": {4, 4}, "curve": {1, 1},
	"round": {1, 2}, "abs": {1, 1}, "sqrt": {1, 1}, "ln": {1, 1}, "exp": {1, 1},
	"coalesce": {1, 64}, "nullif": {2, 2},
}

// instead says what answers a question that is often put with a function that is not there.
var instead = map[string]string{
	"median": useQuantile, "quantile": useQuantile, "quantile_cont": useQuantile, "quantile_disc": useQuantile,
	"percentile_cont": useQuantile, "percentile_disc": useQuantile, "mode": "Group by the column, and ORDER BY COUNT(*) DESC.",
	"min": useExtreme, "max": useExtreme, "concat": useCase, "upper": useCase, "lower": useCase, "substr": useCase, "substring": useCase,
}

const (
	useQuantile = "Medians and quantiles are a statistic: SELECT * FROM quantile(TABLE, 'COLUMN'), or tacit stats quantile TABLE COLUMN."
	useExtreme  = "The largest and smallest value are those of one person and not in this version. Ask for quantiles: SELECT * FROM quantile(TABLE, 'COLUMN')."
	useCase     = "Make other values of a column with CASE WHEN …; an owner may also map its columns with a SELECT of its own."
)

var aggregates = map[string]bool{
	"count": true, "sum": true, "avg": true, "mean": true,
	"var_samp": true, "variance": true, "var_pop": true,
	"stddev": true, "stddev_samp": true, "stddev_pop": true,
	"covar_samp": true, "covar_pop": true, "corr": true,
}

func isAggregate(e expr) bool {
	c, ok := e.(*call)
	return ok && aggregates[c.name]
}

// expr translates one expression. After a fault it returns a literal NULL, so that
// callers need not check.
func (r *reader) expr(n *pg.Node) expr {
	if r.depth++; r.depth > MaxDepth {
		r.fail(TooDeep, 0, "deeper than %d levels", MaxDepth)
	}
	defer func() { r.depth-- }()
	if r.fault != nil || n == nil {
		return &literal{}
	}
	switch n := n.Node.(type) {
	case *pg.Node_ColumnRef:
		return r.column(n.ColumnRef)
	case *pg.Node_AConst:
		return r.constant(n.AConst)
	case *pg.Node_AExpr:
		return r.operator(n.AExpr)
	case *pg.Node_BoolExpr:
		return r.logical(n.BoolExpr)
	case *pg.Node_NullTest:
		return &isNull{pos(n.NullTest.Location), r.expr(n.NullTest.Arg), n.NullTest.Nulltesttype == pg.NullTestType_IS_NOT_NULL}
	case *pg.Node_FuncCall:
		return r.call(n.FuncCall)
	case *pg.Node_CoalesceExpr:
		c := &call{pos: pos(n.CoalesceExpr.Location), name: "coalesce"}
		c.args = r.list(n.CoalesceExpr.Args)
		return r.counted(c)
	case *pg.Node_CaseExpr:
		return r.cases(n.CaseExpr)
	case *pg.Node_TypeCast:
		return r.cast(n.TypeCast)
	case *pg.Node_ParamRef:
		return r.parameter(n.ParamRef)
	default:
		return r.refuse(n)
	}
}

// refuse gives the nodes that people are likely to write their own fault.
func (r *reader) refuse(n any) expr {
	switch n := n.(type) {
	case *pg.Node_SubLink:
		r.fail(Subquery, int(n.SubLink.Location), "a subquery is not supported")
	case *pg.Node_BooleanTest:
		r.fail(Unsupported, int(n.BooleanTest.Location), "IS TRUE and IS FALSE are not supported").
			With("Write the boolean column by itself, or NOT before it.")
	case *pg.Node_MinMaxExpr:
		r.fail(UnknownFunction, int(n.MinMaxExpr.Location), "GREATEST and LEAST are not supported").With("Use CASE.")
	case *pg.Node_SqlvalueFunction:
		r.fail(Unsupported, int(n.SqlvalueFunction.Location), "the current time or user is not supported").With("Write the constant.")
	default:
		r.fail(Unsupported, 0, "an expression that this version does not know")
	}
	return &literal{}
}

// parameter returns the constant that stands for a parameter of a template.
func (r *reader) parameter(p *pg.ParamRef) expr {
	if l := r.constants[int(p.Location)]; l != nil {
		return l
	}
	r.fail(Unsupported, int(p.Location), "parameters are not supported").With("Write the constant.")
	return &literal{}
}

func (r *reader) list(nodes []*pg.Node) []expr {
	out := make([]expr, len(nodes))
	for i, n := range nodes {
		out[i] = r.expr(n)
	}
	return out
}

func (r *reader) column(c *pg.ColumnRef) expr {
	at := int(c.Location)
	var names []string
	for _, f := range c.Fields {
		if f.GetAStar() != nil {
			r.fail(Star, at, "whole rows cannot be selected")
			return &literal{}
		}
		names = append(names, f.GetString_().GetSval())
	}
	out := &column{pos: pos(at), name: names[len(names)-1]}
	switch len(names) {
	case 1:
	case 2:
		out.qualifier = names[0]
	default:
		r.fail(Unsupported, at, "a column is written name or table.name")
	}
	out.quoted = at < len(r.sql) && r.sql[at] == '"'
	out.written = out.name
	if end := at + len(out.name); !out.quoted && out.qualifier == "" && end <= len(r.sql) && strings.EqualFold(r.sql[at:end], out.name) {
		out.written = r.sql[at:end]
	}
	return out
}

func (r *reader) logical(b *pg.BoolExpr) expr {
	at := pos(b.Location)
	args := r.list(b.Args)
	switch b.Boolop {
	case pg.BoolExprType_AND_EXPR:
		return &logical{at, "and", args}
	case pg.BoolExprType_OR_EXPR:
		return &logical{at, "or", args}
	default:
		return &unary{at, "not", args[0]}
	}
}

var operators = map[string]string{
	"+": "+", "-": "-", "*": "*", "/": "/", "=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
}

func (r *reader) operator(e *pg.A_Expr) expr {
	at := pos(e.Location)
	name := ""
	if len(e.Name) == 1 {
		name = e.Name[0].GetString_().GetSval()
	}
	switch e.Kind {
	case pg.A_Expr_Kind_AEXPR_OP:
		return r.arithmetic(e, at, name)
	case pg.A_Expr_Kind_AEXPR_IN:
		list := e.Rexpr.GetList()
		if list == nil {
			r.fail(Unsupported, int(at), "IN wants a list of constants")
			return &literal{}
		}
		return &in{at, r.expr(e.Lexpr), r.list(list.Items), name == "<>"}
	case pg.A_Expr_Kind_AEXPR_BETWEEN, pg.A_Expr_Kind_AEXPR_NOT_BETWEEN:
		ends := e.Rexpr.GetList().GetItems()
		if len(ends) != 2 {
			r.fail(Unsupported, int(at), "BETWEEN wants two ends")
			return &literal{}
		}
		return &between{at, r.expr(e.Lexpr), r.expr(ends[0]), r.expr(ends[1]), e.Kind == pg.A_Expr_Kind_AEXPR_NOT_BETWEEN}
	case pg.A_Expr_Kind_AEXPR_NULLIF:
		return r.counted(&call{pos: at, name: "nullif", args: []expr{r.expr(e.Lexpr), r.expr(e.Rexpr)}})
	case pg.A_Expr_Kind_AEXPR_LIKE, pg.A_Expr_Kind_AEXPR_ILIKE, pg.A_Expr_Kind_AEXPR_SIMILAR:
		r.fail(Unsupported, int(at), "LIKE is not supported: text is compared whole").With("Use = or IN with values of the declared domain.")
	default:
		r.fail(Unsupported, int(at), "this operator is not supported")
	}
	return &literal{}
}

func (r *reader) arithmetic(e *pg.A_Expr, at pos, name string) expr {
	op, ok := operators[name]
	if !ok {
		r.fail(Unsupported, int(at), "this operator is not supported").With("Use + - * / = <> < <= > >=, AND, OR and NOT.")
		return &literal{}
	}
	if e.Lexpr == nil {
		return negated(at, op, r.expr(e.Rexpr))
	}
	return folded(&binary{at, op, r.expr(e.Lexpr), r.expr(e.Rexpr)})
}

func (r *reader) call(f *pg.FuncCall) expr {
	at := int(f.Location)
	name := f.Funcname[len(f.Funcname)-1].GetString_().GetSval()
	switch {
	case f.Over != nil:
		r.fail(Window, at, "OVER is not supported")
	case len(f.Funcname) != 1 || functions[name] == [2]int{}:
		f := r.fail(UnknownFunction, at, "this function is not supported")
		if way := instead[name]; way != "" {
			f.With("%s", way)
		}
	case f.AggDistinct:
		r.fail(Distinct, at, "%s(DISTINCT …) is not in this version", strings.ToUpper(name)).
			With("Leave DISTINCT out; the number of rows is COUNT(*).")
	case len(f.AggOrder) > 0 || f.AggWithinGroup || f.FuncVariadic:
		r.fail(Unsupported, at, "ORDER BY and VARIADIC inside a call are not supported")
	case f.AggStar && name != "count":
		r.fail(Unsupported, at, "only COUNT takes *")
	case f.AggFilter != nil && !aggregates[name]:
		r.fail(Unsupported, at, "FILTER belongs to aggregates")
	}
	if r.fault != nil {
		return &literal{}
	}
	c := &call{pos: pos(at), name: name, star: f.AggStar, args: r.list(f.Args), filter: r.optional(f.AggFilter)}
	return r.counted(c)
}

// counted checks the number of arguments.
func (r *reader) counted(c *call) expr {
	n := functions[c.name]
	if !c.star && (len(c.args) < n[0] || len(c.args) > n[1]) {
		r.fail(Unsupported, c.at(), "%s with %d arguments", strings.ToUpper(c.name), len(c.args))
	}
	return c
}

func (r *reader) cases(c *pg.CaseExpr) expr {
	out := &cases{pos: pos(c.Location), arg: r.optional(c.Arg), other: r.optional(c.Defresult)}
	for _, n := range c.Args {
		w := n.GetCaseWhen()
		if w == nil {
			r.fail(Unsupported, int(c.Location), "a CASE without WHEN")
			return &literal{}
		}
		out.whens = append(out.whens, when{r.expr(w.Expr), r.expr(w.Result)})
	}
	return out
}

var typeNames = map[string]result.Kind{
	"bool": result.Boolean, "int4": result.Integer, "int": result.Integer, "integer": result.Integer,
	"int8": result.BigInt, "bigint": result.BigInt, "hugeint": result.HugeInt, "int128": result.HugeInt,
	"float8": result.Double, "double": result.Double, "numeric": result.Decimal, "decimal": result.Decimal,
	"text": result.Varchar, "varchar": result.Varchar, "date": result.Date, "timestamp": result.Timestamp,
}

func (r *reader) cast(c *pg.TypeCast) expr {
	at := pos(c.Location)
	if at < 0 { // DATE '…'
		at = pos(c.TypeName.GetLocation())
	}
	t, ok := r.typeName(c.TypeName)
	if !ok {
		r.fail(Unsupported, int(c.TypeName.GetLocation()), "a cast to this type is not supported").
			With("Cast to BOOLEAN, INTEGER, BIGINT, HUGEINT, DECIMAL(p,s), DOUBLE, VARCHAR, DATE or TIMESTAMP.")
		return &literal{}
	}
	return r.typed(&cast{at, r.expr(c.Arg), t})
}

func (r *reader) typeName(t *pg.TypeName) (result.Type, bool) {
	if t == nil || t.Setof || t.PctType || len(t.ArrayBounds) > 0 || len(t.Names) == 0 {
		return result.Type{}, false
	}
	if len(t.Names) > 2 || len(t.Names) == 2 && t.Names[0].GetString_().GetSval() != "pg_catalog" {
		return result.Type{}, false
	}
	kind, ok := typeNames[t.Names[len(t.Names)-1].GetString_().GetSval()]
	if !ok {
		return result.Type{}, false
	}
	if kind == result.Decimal {
		return decimalType(t.Typmods)
	}
	return result.Type{Kind: kind}, len(t.Typmods) == 0
}

// decimalType reads (p), (p,s) or nothing, which is DECIMAL(18,3) as in DuckDB.
func decimalType(mods []*pg.Node) (result.Type, bool) {
	t := result.Type{Kind: result.Decimal, Precision: 18, Scale: 3}
	if len(mods) > 2 {
		return t, false
	}
	for i, m := range mods {
		c := m.GetAConst()
		if c == nil || c.GetIval() == nil {
			return t, false
		}
		n := int(c.GetIval().Ival)
		if i == 0 {
			t.Precision, t.Scale = n, 0
		} else {
			t.Scale = n
		}
	}
	return t, t.Precision >= 1 && t.Precision <= 38 && t.Scale >= 0 && t.Scale <= t.Precision
}
