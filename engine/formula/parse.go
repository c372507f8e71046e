package formula

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a formula.
const (
	MaxText  = 4096 // bytes
	MaxTerms = 64
)

// Error says what cannot be read, and where.
type Error struct {
	At     int // byte offset
	Reason string
}

// Error returns the reason.
func (e *Error) Error() string { return e.Reason }

// Parse reads a formula. The error is an [*Error].
func Parse(text string) (*Formula, error) {
	if len(text) > MaxText || !utf8.ValidString(text) {
		return nil, &Error{0, fmt.Sprintf("the formula is not text of at most %d bytes", MaxText)}
	}
	p := &parser{text: text}
	f := p.formula()
	if p.err != nil {
		return nil, p.err
	}
	return f, nil
}

// parser keeps its first error; after one it reads nothing more.
type parser struct {
	text string
	at   int
	err  *Error
}

func (p *parser) fail(at int, format string, args ...any) {
	if p.err == nil {
		p.err = &Error{at, fmt.Sprintf(format, args...)}
		p.at = len(p.text)
	}
}

func (p *parser) space() {
	p.at = len(p.text) - len(strings.TrimLeftFunc(p.text[p.at:], unicode.IsSpace))
}

// next reports whether the text goes on with a sign, and reads it.
func (p *parser) next(sign string) bool {
	p.space()
	if !strings.HasPrefix(p.text[p.at:], sign) {
		return false
	}
	p.at += len(sign)
	return true
}

func (p *parser) want(sign string) {
	if !p.next(sign) {
		p.fail(p.at, "%q is missing", sign)
	}
}

func (p *parser) end() bool {
	p.space()
	return p.at == len(p.text)
}

// name reads a name as R and SQL write them, perhaps in quotes: `wt.loss`, "wt.loss".
func (p *parser) name() Name {
	p.space()
	start := p.at
	for _, quote := range []string{"`", `"`} {
		if p.next(quote) {
			length := strings.Index(p.text[p.at:], quote)
			if length < 1 {
				p.fail(start, "a name that does not end")
				return Name{}
			}
			n := Name{p.text[p.at : p.at+length], start}
			p.at += length + 1
			return n
		}
	}
	rest := p.text[start:]
	length := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '.' })
	if length < 0 {
		length = len(rest)
	}
	if length == 0 || unicode.IsDigit([]rune(rest)[0]) {
		p.fail(start, "a column is missing")
		return Name{}
	}
	p.at += length
	return Name{rest[:length], start}
}

// call reads "word(" and reports whether it was there.
func (p *parser) call(word string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.text[p.at:], word)
	if !ok || !strings.HasPrefix(strings.TrimLeftFunc(rest, unicode.IsSpace), "(") {
		return false
	}
	p.at += len(word)
	return p.next("(")
}

// constant reads a number or a string.
func (p *parser) constant() string {
	p.space()
	start := p.at
	for _, quote := range []string{"'", `"`} {
		if p.next(quote) {
			length := strings.Index(p.text[p.at:], quote)
			if length < 0 {
				p.fail(start, "a text that does not end")
				return ""
			}
			v := p.text[p.at : p.at+length]
			p.at += length + 1
			return v
		}
	}
	for p.at < len(p.text) && strings.ContainsRune("+-.0123456789", rune(p.text[p.at])) || p.word() {
		p.at++
	}
	if p.at == start {
		p.fail(start, "a value is missing")
	}
	return p.text[start:p.at]
}

// word reports whether a letter is next, as of TRUE.
func (p *parser) word() bool {
	return p.at < len(p.text) && (p.text[p.at] >= 'a' && p.text[p.at] <= 'z' || p.text[p.at] >= 'A' && p.text[p.at] <= 'Z')
}

func (p *parser) formula() *Formula {
	f := &Formula{Intercept: true}
	if !p.next("~") {
		f.Response = p.response()
		p.want("~")
	}
	for first := true; p.err == nil; first = false {
		minus := false
		switch {
		case first:
			minus = p.next("-")
		case p.end():
			return f
		case p.next("-"):
			minus = true
		default:
			p.want("+")
		}
		p.item(f, minus)
	}
	return f
}

func (p *parser) response() (r Response) {
	if !p.call("Surv") {
		r.Name = p.name()
		return r
	}
	r.Name = p.name()
	p.want(",")
	r.Event = &Event{Name: p.name()}
	if p.next("==") || p.next("=") {
		v := p.constant()
		r.Event.Value = &v
	}
	p.want(")")
	return r
}

// item reads what stands between two signs.
func (p *parser) item(f *Formula, minus bool) {
	p.space()
	start := p.at
	switch {
	case minus && !p.next("1"):
		p.fail(start, "only \"- 1\" can be taken away")
	case minus, p.next("0"):
		f.Intercept = false
	case p.next("1"):
	case p.call("strata"):
		for more := true; more && p.err == nil; more = p.next(",") {
			f.Strata = append(f.Strata, p.name())
		}
		p.want(")")
	case p.call("offset"):
		p.offset(f, start)
	default:
		p.product(f)
	}
}

func (p *parser) offset(f *Formula, start int) {
	o := &Offset{Log: p.call("log")}
	o.Name = p.name()
	if o.Log {
		p.want(")")
	}
	p.want(")")
	if f.Offset != nil {
		p.fail(start, "a second offset")
	}
	f.Offset = o
}

// product reads a:b and a*b.
func (p *parser) product(f *Formula) {
	groups := []Term{{p.factor()}} // of a*b each of a and b
	for p.err == nil {
		switch {
		case p.next(":"):
			last := len(groups) - 1
			groups[last] = append(groups[last], p.factor())
		case p.next("*"):
			groups = append(groups, Term{p.factor()})
		default:
			p.cross(f, groups)
			return
		}
	}
}

// cross adds every product of some of the groups, those of fewer first.
func (p *parser) cross(f *Formula, groups []Term) {
	if len(groups) > 4 {
		p.fail(p.at, "a product of more than four")
		return
	}
	for size := 1; size <= len(groups); size++ {
		for set := 1; set < 1<<len(groups); set++ {
			var t Term
			n := 0
			for i, g := range groups {
				if set&(1<<i) != 0 {
					t, n = append(t, g...), n+1
				}
			}
			if n == size {
				p.add(f, t)
			}
		}
	}
}

func (p *parser) add(f *Formula, t Term) {
	for i, factor := range t {
		if slices.ContainsFunc(t[:i], func(o Factor) bool { return o.Column == factor.Column }) {
			p.fail(factor.At, "%s stands twice in a product", factor.Column)
			return
		}
	}
	if slices.ContainsFunc(f.Terms, t.Same) {
		return
	}
	if len(f.Terms) == MaxTerms {
		p.fail(t[0].At, "more than %d terms", MaxTerms)
		return
	}
	f.Terms = append(f.Terms, t)
}

func (p *parser) factor() (f Factor) {
	f.Levels = p.call("factor")
	f.Name = p.name()
	if !f.Levels {
		if p.next("(") {
			p.fail(f.At, "the function %s is not known; there are factor, strata, offset, and Surv on the left", f.Column)
		}
		return f
	}
	if p.next(",") {
		p.want("ref")
		p.want("=")
		f.Reference = p.constant()
	}
	p.want(")")
	return f
}
