package query

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

// BadPrivacy is a clause that cannot be read.
var BadPrivacy = fault.Declare("TACIT-P155", "WITH PRIVACY not understood",
	"The clause that asks for noise is not in its form, or not at the end of the query.",
	"End the query with WITH PRIVACY (epsilon 0.5, delta 1e-6); delta may be left out, and \"only required\" added.")

// clause is WITH PRIVACY (…) as it was written.
type clause struct {
	pos
	epsilon      dp.Epsilon
	delta        dp.Delta // not valid if it was left out
	onlyRequired bool
}

// cutPrivacy finds the clause at the end of a query, which PostgreSQL's grammar does not have, and returns
// the query with blanks in its place, so that positions stay. PostgreSQL's own scanner tells it
// from strings, quoted names and comments. A text that cannot be scanned is left to the
// parser.
func cutPrivacy(sql string) (string, *clause, *fault.Fault) {
	words := significant(sql)
	for i := 1; i+1 < len(words); i++ {
		if words[i].token == pg.Token_WITH && words[i+1].is("privacy") {
			r := &clauseReader{sql: sql, words: words[i+2:], end: words[i].start}
			c, f := r.clause()
			if f != nil {
				return "", nil, f
			}
			return sql[:words[i].start] + strings.Repeat(" ", r.end-words[i].start) + sql[r.end:], c, nil
		}
	}
	return sql, nil, nil
}

// word is a token of a query that is no comment.
type word struct {
	token      pg.Token
	text       string
	start, end int
}

func (w word) is(name string) bool { return strings.EqualFold(w.text, name) }

func significant(sql string) []word {
	scan, err := pg.Scan(sql)
	if err != nil {
		return nil
	}
	var words []word
	for _, t := range scan.Tokens {
		if t.Token != pg.Token_SQL_COMMENT && t.Token != pg.Token_C_COMMENT {
			words = append(words, word{t.Token, sql[t.Start:t.End], int(t.Start), int(t.End)})
		}
	}
	return words
}

// clauseReader reads what follows WITH PRIVACY.
type clauseReader struct {
	sql   string
	words []word
	end   int // of what was read
}

func (r *clauseReader) fail(format string, args ...any) *fault.Fault {
	at := len(r.sql)
	if len(r.words) > 0 {
		at = r.words[0].start
	}
	return BadPrivacy.New(format, args...).Where(fault.At(r.sql, at))
}

// next takes a word if it is there.
func (r *clauseReader) next(name string) bool {
	if len(r.words) == 0 || !r.words[0].is(name) {
		return false
	}
	r.take()
	return true
}

func (r *clauseReader) take() word {
	w := r.words[0]
	r.words, r.end = r.words[1:], w.end
	return w
}

func (r *clauseReader) clause() (*clause, *fault.Fault) {
	c := &clause{pos: pos(r.end)}
	if !r.next("(") {
		return nil, r.fail(`wants "("`)
	}
	for {
		if f := r.item(c); f != nil {
			return nil, f
		}
		if r.next(")") {
			break
		}
		if !r.next(",") {
			return nil, r.fail(`wants "," or ")"`)
		}
	}
	end := r.end
	if c.epsilon == 0 {
		return nil, r.fail("no epsilon")
	}
	for r.next(";") {
	}
	if len(r.words) > 0 {
		return nil, r.fail("something follows the clause")
	}
	r.end = end
	return c, nil
}

func (r *clauseReader) item(c *clause) *fault.Fault {
	switch {
	case c.epsilon == 0 && r.next("epsilon"):
		e, err := dp.ParseEpsilon(r.number())
		if err != nil || e == 0 {
			return r.fail("epsilon wants a number above 0 with at most nine digits after the point, such as 0.5")
		}
		c.epsilon = e
		r.take()
	case c.delta == dp.Delta{} && r.next("delta"):
		d, err := dp.ParseDelta(r.number())
		if err != nil {
			return r.fail("delta wants a small probability, such as 1e-6")
		}
		c.delta = d
		r.take()
	case !c.onlyRequired && r.next("only"):
		if !r.next("required") {
			return r.fail(`wants "only required"`)
		}
		c.onlyRequired = true
	default:
		return r.fail(`wants "epsilon", "delta" or "only required", each once`)
	}
	return nil
}

// number returns the text of the number that comes next, "" if none does.
func (r *clauseReader) number() string {
	if len(r.words) > 0 && (r.words[0].token == pg.Token_FCONST || r.words[0].token == pg.Token_ICONST) {
		return strings.ToLower(r.words[0].text)
	}
	return ""
}

// AddPrivacy adds the clause to a query that has none, where the query ends: before its semicolon
// and the comments behind it. An empty delta is left out. It is not checked here: [Compile] does.
func AddPrivacy(sql, epsilon, delta string, onlyRequired bool) (string, error) {
	if f := acceptable(sql); f != nil {
		return "", f
	}
	if _, c, f := cutPrivacy(sql); f != nil || c != nil {
		if f == nil {
			f = BadPrivacy.New("the query has a clause WITH PRIVACY already").Where(fault.At(sql, c.at()))
		}
		return "", f
	}
	if _, err := dp.ParseEpsilon(epsilon); err != nil {
		return "", BadPrivacy.New("epsilon is no number such as 0.5")
	}
	text := "WITH PRIVACY (epsilon " + epsilon
	if delta != "" {
		if _, err := dp.ParseDelta(delta); err != nil {
			return "", BadPrivacy.New("delta is no small probability such as 1e-6")
		}
		text += ", delta " + delta
	}
	if onlyRequired {
		text += ", only required"
	}
	end := 0
	for _, w := range significant(sql) {
		if w.token != pg.Token_ASCII_59 {
			end = w.end
		}
	}
	return sql[:end] + " " + text + ")" + sql[end:], nil
}

// privacy makes the clause a part of the plan, once its sums are known.
func (c *compiler) privacy(s *statement, _ *Query) *fault.Fault {
	at := pos(skipSpace(c.sql, 0))
	if s.privacy != nil {
		at = s.privacy.pos
		v := &plan.Privacy{Epsilon: s.privacy.epsilon, Delta: s.privacy.delta, Scope: plan.ScopeAll}
		if v.Delta == (dp.Delta{}) {
			v.Delta = c.charter.Rules.Privacy.Delta()
		}
		if s.privacy.onlyRequired {
			v.Scope = plan.ScopeRequired
		}
		c.plan.Privacy = v
	}
	return c.place(plan.CheckPrivacy(&c.plan, c.charter), at)
}
