package query

import (
	"math/big"
	"regexp"
	"strings"
	"time"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

var numberPattern = regexp.MustCompile(`^[0-9]{0,80}(\.[0-9]{0,80})?([eE][+-]?[0-9]{1,3})?$`)

func (r *reader) constant(c *pg.A_Const) expr {
	at := pos(c.Location)
	switch v := c.Val.(type) {
	case *pg.A_Const_Ival:
		return number(at, big.NewRat(int64(v.Ival.Ival), 1), result.Type{Kind: result.Integer})
	case *pg.A_Const_Fval:
		return r.float(at, v.Fval.Fval)
	case *pg.A_Const_Boolval:
		b := plan.BoolValue(v.Boolval.Boolval)
		return &literal{pos: at, value: b, typ: result.Type{Kind: result.Boolean}, text: b.Text}
	case *pg.A_Const_Sval:
		return &literal{
			pos: at, value: plan.Value{Kind: plan.Text, Text: v.Sval.Sval}, typ: result.Type{Kind: result.Varchar},
			text: plan.Value{Kind: plan.Text, Text: v.Sval.Sval}.SQL(),
		}
	}
	if c.Isnull {
		return &literal{pos: at, text: "NULL"}
	}
	r.fail(Unsupported, int(at), "this kind of constant is not supported")
	return &literal{}
}

// float reads a number that is not a small integer. Its type is the one that DuckDB
// gives the text: integers by size, a point makes a DECIMAL, an exponent a DOUBLE.
func (r *reader) float(at pos, text string) expr {
	plain, negative := strings.CutPrefix(text, "-")
	if plain == "" || plain == "." || !numberPattern.MatchString(plain) {
		r.fail(Unsupported, int(at), "this kind of number is not supported").With("Write a decimal number.")
		return &literal{}
	}
	v, ok := new(big.Rat).SetString(plain)
	if !ok {
		r.fail(Unsupported, int(at), "this number is not supported").With("Write a decimal number.")
		return &literal{}
	}
	if negative {
		v.Neg(v)
	}
	return number(at, v, numberType(plain, v))
}

func numberType(text string, v *big.Rat) result.Type {
	whole, fraction, point := strings.Cut(text, ".")
	switch {
	case strings.ContainsAny(text, "eE"):
		return result.Type{Kind: result.Double}
	case point && len(whole)+len(fraction) <= 38:
		return result.Type{Kind: result.Decimal, Precision: len(whole) + len(fraction), Scale: len(fraction)}
	case point:
		return result.Type{Kind: result.Double}
	case v.Num().IsInt64():
		return result.Type{Kind: result.BigInt}
	case v.Num().BitLen() <= 127:
		return result.Type{Kind: result.HugeInt}
	default:
		return result.Type{Kind: result.Double}
	}
}

func number(at pos, v *big.Rat, t result.Type) *literal {
	digits := 0
	if t.Kind == result.Decimal {
		digits = t.Scale
	} else if !v.IsInt() {
		digits, _ = v.FloatPrec()
	}
	return &literal{pos: at, num: v, typ: t, text: v.FloatString(digits)}
}

// negated folds a sign into a number.
func negated(at pos, op string, arg expr) expr {
	l, ok := arg.(*literal)
	if !ok || l.num == nil || op != "-" && op != "+" {
		return &unary{at, op, arg}
	}
	if op == "-" {
		return number(at, new(big.Rat).Neg(l.num), l.typ)
	}
	return l
}

// folded computes arithmetic of two numbers where that is exact in every type.
func folded(b *binary) expr {
	l, okL := b.l.(*literal)
	r, okR := b.r.(*literal)
	if !okL || !okR || l.num == nil || r.num == nil {
		return b
	}
	t, f := arithmeticType(b.op, l.typ, r.typ)
	if f != "" {
		return b
	}
	v := new(big.Rat)
	switch b.op {
	case "+":
		v.Add(l.num, r.num)
	case "-":
		v.Sub(l.num, r.num)
	case "*":
		v.Mul(l.num, r.num)
	default:
		return b
	}
	if !fits(v, t) {
		return b
	}
	return number(l.pos, v, t)
}

// typed turns a cast of a text constant into a constant of the type.
func (r *reader) typed(c *cast) expr {
	l, ok := c.arg.(*literal)
	if !ok {
		return c
	}
	switch {
	case l.value.Kind == plan.Text && c.typ.Kind == result.Boolean:
		if text := strings.ToLower(l.value.Text); text == "t" || text == "true" || text == "f" || text == "false" {
			v := plan.BoolValue(text[0] == 't')
			return &literal{pos: c.pos, value: v, typ: c.typ, text: v.Text}
		}
	case l.value.Kind == plan.Text && (c.typ.Kind == result.Date || c.typ.Kind == result.Timestamp):
		kind := plan.Date
		if c.typ.Kind == result.Timestamp {
			kind = plan.Timestamp
		}
		if v, ok := instant(kind, l.value.Text); ok {
			return &literal{pos: c.pos, value: v, typ: c.typ, text: v.SQL()}
		}
		r.fail(plan.WrongType, l.at(), "not a date such as 2024-01-31, or timestamp such as 2024-01-31 23:59:59")
	case l.num != nil && c.typ.Kind == result.Double:
		return number(c.pos, l.num, c.typ)
	}
	return c
}

var instantLayouts = []string{
	"2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05.999999",
	"2006-01-02T15:04", "2006-01-02T15:04:05.999999",
}

// instant reads the text of a date or timestamp without zone. A date may be
// written as its midnight.
func instant(kind plan.ValueKind, text string) (plan.Value, bool) {
	for _, layout := range instantLayouts {
		t, err := time.Parse(layout, text)
		if err != nil || t.Year() < 1 || t.Nanosecond()%1000 != 0 {
			continue
		}
		if kind == plan.Date && !t.Equal(t.Truncate(24*time.Hour)) {
			return plan.Value{}, false
		}
		return plan.InstantValue(kind, t), true
	}
	return plan.Value{}, false
}
