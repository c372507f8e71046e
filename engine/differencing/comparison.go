package differencing

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// Limits of one comparison.
const (
	MaxPacked = 60   // cells of a series that is kept as bits of a word
	MaxWords  = 64   // words of 60 bits
	MaxWide   = 32   // series with more cells
	Cap       = 20   // units that are told apart; no k is larger
	dense     = 4096 // pairs of cells that are kept in a table
)

// Comparison of one question with itself and with earlier ones. It is filled row by row
// ([Comparison.Rows], [Comparison.Unit]) and then asked ([Comparison.Find]). It has one owner.
type Comparison struct {
	Series []Series // those that are compared with another
	Places []Place  // of their cells
	Left   []int    // earlier questions that cannot be evaluated any more, as indices into earlier

	unit   bool // the table has a unit column
	pairs  []*pair
	nested nested
}

// New prepares the comparison of a question with earlier ones about the same table. Nothing is to compare if the result has no series. The question must be one that
// [plan.Check] accepts. It fails with [TooMany] beyond the limits.
func New(question *plan.Plan, earlier []*plan.Plan, ch *charter.Charter) (*Comparison, error) {
	t := ch.Table(question.Table)
	c := &Comparison{unit: t.Unit != ""}
	all, err := seriesOf(question, ch, 0)
	if err != nil {
		return nil, err
	}
	curves := alongs(question, earlier)
	for i, p := range earlier {
		if p.Table != question.Table || !fits(p, t) || slices.ContainsFunc(curves, func(c string) bool { return mixed(p, c) }) {
			c.Left = append(c.Left, i)
			continue
		}
		more, err := seriesOf(p, ch, i+1)
		if err != nil {
			return nil, err
		}
		for _, s := range more {
			all = merge(all, s)
		}
	}
	if all, err = project(all); err != nil {
		return nil, err
	}
	c.choose(all)
	if err := c.place(); err != nil {
		return nil, err
	}
	c.nest()
	return c, nil
}

// choose keeps the series that are compared with another, and pairs them.
func (c *Comparison) choose(all []Series) {
	at := make([]int, len(all))
	for i := range all {
		at[i] = -1
		if slices.ContainsFunc(all, func(o Series) bool { return o.key != all[i].key && all[i].comparable(&o) }) {
			at[i] = len(c.Series)
			c.Series = append(c.Series, all[i])
		}
	}
	for i := range c.Series {
		for j := i + 1; j < len(c.Series); j++ {
			if c.Series[i].comparable(&c.Series[j]) {
				c.pairs = append(c.pairs, newPair(c.Series, i, j))
			}
		}
	}
}

// Place is where the cells of a series are found: each is a bit of a word, so that those of several rows
// can be joined; or they have numbers, if they are more than [MaxPacked].
type Place struct {
	Word  int // index into words, or into the series with numbers
	First int // bit of cell 0
	Bits  int // number of cells; 0: numbers
}

// place finds room for every series, within the limits.
func (c *Comparison) place() error {
	var used []int // bits of each word
	wide := 0
	for i := range c.Series {
		n := c.Series[i].Plan.Cells()
		if n > MaxPacked {
			c.Places = append(c.Places, Place{Word: wide})
			wide++
			continue
		}
		word := slices.IndexFunc(used, func(bits int) bool { return bits+n <= MaxPacked })
		if word < 0 {
			word, used = len(used), append(used, 0)
		}
		c.Places = append(c.Places, Place{word, used[word], n})
		used[word] += n
	}
	if len(used) > MaxWords || wide > MaxWide {
		return TooMany.New("more series than are compared in one scan")
	}
	return nil
}

// Words is the number of words that have bits of cells.
func (c *Comparison) Words() int {
	n := 0
	for _, at := range c.Places {
		if at.Bits > 0 {
			n = max(n, at.Word+1)
		}
	}
	return n
}

// cells are one of each of two series.
type cells struct{ a, b int }

// Rows adds rows that lie in the same cells: cells has one per series, -1 for none; units is how
// many units have one of the rows, and few names them if they are fewer than [Cap]. Rows of
// a table without unit are named by nobody: few is nil then, and each row is a unit.
func (c *Comparison) Rows(cells []int, units int, few []uint64) {
	for _, p := range c.pairs {
		a, b := cells[p.i], cells[p.j]
		if a < 0 && b < 0 {
			continue
		}
		u := p.at(a, b)
		switch {
		case !c.unit:
			u.add(units)
		case units >= Cap:
			u.add(Cap)
		default:
			u.name(few)
		}
	}
}

// Find returns the first finding, or nil.
func (c *Comparison) Find() *Finding {
	for _, p := range c.pairs {
		if why := c.judge(p); why != "" {
			return &Finding{Question: max(p.s.Question, p.t.Question), How: why}
		}
	}
	return nil
}

// All returns every way in which the question differs in a few units, each once: first those within the question,
// then by earlier question.
func (c *Comparison) All() []Finding {
	var all []Finding
	for _, p := range c.pairs {
		if how := c.judge(p); how != "" {
			all = append(all, Finding{Question: max(p.s.Question, p.t.Question), How: how})
		}
	}
	slices.SortFunc(all, func(a, b Finding) int {
		return cmp.Or(a.Question-b.Question, strings.Compare(string(a.How), string(b.How)))
	})
	return slices.Compact(all)
}

// Finding says that the rule applies. It holds no number of units.
type Finding struct {
	Question int // 0: within the new question; i: with earlier question i-1
	How      How
}

// How two series are found to differ in a few units.
type How string

// Ways.
const (
	ByRows  How = "a cell against a cell"
	ByUnits How = "the units of a cell against those of a cell"
	ByParts How = "a cell against parts of it"
	ByName  How = "a cell against a part of it that is empty here"
)

// Fault returns the refusal, for everybody.
func (f *Finding) Fault() error {
	if f.Question == 0 {
		return Within.New("two numbers of the question, or a total and its parts, differ in a few units of this owner")
	}
	return Earlier.New("a number of the question differs from one of an earlier question in a few units of this owner")
}
