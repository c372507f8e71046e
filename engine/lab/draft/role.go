package draft

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"

	"github.com/tacit-space/tacit/engine/charter"
)

// Most distinct values of a column that is proposed as a category.
const (
	fewWords    = 50
	fewNumbers  = 10 // of an integer whose name says nothing
	repeats     = 3  // rows for each value, on average, of such an integer
	smallCodes  = 30 // largest distance between them
	fewIfCoded  = 50 // of an integer whose name says that it is a code
	freeText    = 20 // rows from which words that never repeat are free text
	mostInCases = charter.MaxDomain
)

var (
	// codes are names of integers that stand for something else.
	codes = regexp.MustCompile(`(^|_)(code|type|kind|class|cat|category|group|grp|arm|treat|trt|status|state|stage|grade|level|sex|gender|race|` +
		`inst|institution|cent(er|re)|site|region|zone|district|dept|month|weekday|dow|day_of_week|hour|quarter|flag|is|has)($|_)`)
	// amounts are names of numbers that are counted or measured, however few values they have.
	amounts = regexp.MustCompile(`(^|_)(age|count|cnt|num|number|n|qty|quantity|amount|total|sum|price|cost|value|time|days|years|hours|minutes|` +
		`score|rate|weight|height|length|size|nodes|visits|kwh|mw|kw)($|_)`)
	// keys are names of columns that tell units apart.
	keys = regexp.MustCompile(`(^|_)(id|uuid|guid|key|ssn|mrn|serial)$`)
)

// Choice is a column of the draft and why it is so.
type Choice struct {
	Column charter.Column
	Source *SourceColumn
	Reason string // for people
	value  string // SQL of what the owners' files hold
}

// propose decides the role of a column; wanted is "" or the role that was asked for.
func (p *profile) propose(wanted charter.ColumnRole) (charter.ColumnRole, string, error) {
	if wanted != "" {
		if !slices.Contains(p.possible(), wanted) {
			return "", "", ErrOption.New("column %q cannot have the role %s: its values are %s; possible: %v",
				p.Original, wanted, p.shape, p.possible())
		}
		return wanted, "as asked", nil
	}
	switch p.shape {
	case truth:
		return charter.Category, "true or false", nil
	case day, moment:
		return charter.Time, "instants", nil
	case word:
		return p.proposeWord()
	case integer:
		return p.proposeInteger()
	case exact, double:
		return charter.Measure, "numbers with decimals", nil
	}
	return charter.Hidden, "a type that charters do not have", nil
}

func (p *profile) proposeWord() (charter.ColumnRole, string, error) {
	switch {
	case p.known == 0:
		return charter.Hidden, "no values", nil
	case p.everyRow() && p.named(keys):
		return charter.Identifier, "different in every row", nil
	case p.distinct <= fewWords && p.longest <= charter.MaxDomainValue && !(p.everyRow() && p.rows > freeText):
		return charter.Category, fmt.Sprintf("%d different words", p.distinct), nil
	default:
		return charter.Hidden, fmt.Sprintf("free text, %d different words", p.distinct), nil
	}
}

func (p *profile) proposeInteger() (charter.ColumnRole, string, error) {
	switch {
	case p.named(keys) && p.distinct > fewWords || p.everyRow() && p.named(keys):
		return charter.Identifier, "the name of a key", nil
	case p.known == 0 || p.named(amounts):
		return charter.Measure, "the name of an amount", nil
	case p.distinct <= fewIfCoded && p.named(codes):
		return charter.Category, fmt.Sprintf("the name of a code, %d different values", p.distinct), nil
	case p.distinct <= fewNumbers && p.span() <= smallCodes && p.known >= repeats*p.distinct:
		return charter.Category, fmt.Sprintf("%d different values; measure is possible too", p.distinct), nil
	default:
		return charter.Measure, "whole numbers", nil
	}
}

// span is the distance between the smallest and the largest integer.
func (p *profile) span() float64 {
	lo, err1 := strconv.ParseFloat(p.lo, 64)
	hi, err2 := strconv.ParseFloat(p.hi, 64)
	if err1 != nil || err2 != nil {
		return math.Inf(1)
	}
	return hi - lo
}

// named reports whether the column's name is one of a kind, however it is written.
func (p *profile) named(kind *regexp.Regexp) bool { return kind.MatchString(plainName(p.Original)) }

func (p *profile) everyRow() bool { return p.distinct == p.rows && p.rows > 1 }

// possible lists the roles that a column of this shape can have.
func (p *profile) possible() []charter.ColumnRole {
	switch p.shape {
	case integer, exact:
		return []charter.ColumnRole{charter.Measure, charter.Category, charter.Identifier, charter.Hidden}
	case double:
		return []charter.ColumnRole{charter.Measure, charter.Hidden}
	case word:
		return []charter.ColumnRole{charter.Category, charter.Identifier, charter.Hidden}
	case truth:
		return []charter.ColumnRole{charter.Category, charter.Measure, charter.Hidden}
	case day:
		return []charter.ColumnRole{charter.Time, charter.Category, charter.Hidden}
	case moment:
		return []charter.ColumnRole{charter.Time, charter.Hidden}
	}
	return []charter.ColumnRole{charter.Hidden}
}

// String says what the values are, for people.
func (s shape) String() string {
	return [...]string{"of a type that charters do not have", "whole numbers", "decimals", "floating-point numbers", "text", "true or false", "dates", "timestamps"}[s]
}
