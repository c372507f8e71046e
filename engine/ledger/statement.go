package ledger

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Statement says what a member contributed in one month, by its ledger.
type Statement struct {
	Origin Origin
	Period string    // YYYY-MM, UTC
	Made   time.Time // by the member's clock, whole seconds; before the end of the period it is a part of it
	Size   uint64    // of the ledger that it was made from
	Root   tlog.Hash
	Counts Counts
	Units  []Units // of tables about which something was released, when it was made; sorted by table, nil: not said

	Note []byte // the signed note
}

// Counts are the numbers of a statement.
type Counts struct {
	Asked     uint64 `json:"asked"`
	Accepted  uint64 `json:"accepted"`
	Refused   uint64 `json:"refused"`
	Withdrawn uint64 `json:"withdrawn"`
	Released  uint64 `json:"released"` // jobs served
	Sent      uint64 `json:"sent_bytes"`
	Compute   uint64 `json:"compute_ms"`
}

const statementTitle = "tacit contribution statement v1"

// Month returns the times of a period: from, inclusive, and until, exclusive.
func Month(period string) (from, until time.Time, err error) {
	from, err = time.Parse("2006-01", period)
	if err != nil || from.Format("2006-01") != period {
		return from, from, Malformed.New("%q is no month; write YYYY-MM", period)
	}
	return from, from.AddDate(0, 1, 0), nil
}

// Count adds up the entries of a month.
func Count(entries []Entry, period string) (Counts, error) {
	from, until, err := Month(period)
	if err != nil {
		return Counts{}, err
	}
	var c Counts
	for i := range entries {
		if e := &entries[i]; e.Time >= from.UnixMilli() && e.Time < until.UnixMilli() {
			c.add(e)
		}
	}
	return c, nil
}

func (c *Counts) add(e *Entry) {
	switch e.Kind {
	case Asked:
		c.Asked++
	case Accepted:
		c.Accepted++
	case Refused:
		c.Refused++
	case Withdrawn:
		c.Withdrawn++
	case Released:
		c.Released++
	case Ended:
		c.Sent += e.Usage.Sent
		c.Compute += e.Usage.Compute
	}
}

// State makes and signs the statement of a month from a whole ledger of the keeper, with units that were counted now.
func (k Keeper) State(v *Verified, period string, units []Units, now time.Time) (*Statement, error) {
	if !v.Complete || v.Origin.Member != k.Member || v.Origin.Space != k.Space {
		return nil, NotProved.New("a statement is made from one's own, whole ledger")
	}
	counts, err := Count(v.Entries, period)
	if err != nil {
		return nil, err
	}
	s := &Statement{
		Origin: v.Origin, Period: period, Made: now.UTC().Truncate(time.Second), Size: v.Size, Root: v.Root, Counts: counts, Units: units,
	}
	if err := s.checkUnits(v.Entries); err != nil {
		return nil, err
	}
	s.Note, err = k.sign(&note.Note{Text: s.Text()}, labelStatement)
	return s, err
}

// lines are the names of the numbers, in the order in which they are written.
func (s *Statement) lines() []struct {
	name  string
	value *uint64
} {
	c := &s.Counts
	return []struct {
		name  string
		value *uint64
	}{
		{"entries", &s.Size},
		{"jobs asked", &c.Asked},
		{"accepted", &c.Accepted},
		{"refused", &c.Refused},
		{"withdrawn", &c.Withdrawn},
		{"released", &c.Released},
		{"sent bytes", &c.Sent},
		{"compute milliseconds", &c.Compute},
	}
}

// Text returns the text that is signed.
func (s *Statement) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nledger: %s\nperiod: %s\nmade: %s\nroot: %s\n",
		statementTitle, s.Origin, s.Period, s.Made.UTC().Format(time.RFC3339), s.Root)
	for _, l := range s.lines() {
		fmt.Fprintf(&b, "%s: %d\n", l.name, *l.value)
	}
	for _, u := range s.Units {
		fmt.Fprintln(&b, u)
	}
	return b.String()
}

// OpenStatement verifies the signature of a statement. Errors: [Malformed], [Forged].
func OpenStatement(signed []byte, in *Space) (*Statement, error) {
	n, err := openNote(signed, in, labelStatement)
	if err != nil {
		return nil, err
	}
	s, err := parseStatement(n.Text)
	if err != nil {
		return nil, err
	}
	s.Note = signed
	return s, s.Origin.signed(n, in)
}

func parseStatement(text string) (*Statement, error) {
	values := map[string]string{}
	s := &Statement{}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		if !strings.HasPrefix(name, unitsPrefix) {
			values[name] = value
			continue
		}
		u, err := parseUnits(name, value)
		if err != nil {
			return nil, err
		}
		s.Units = append(s.Units, u)
	}
	s.Period = values["period"]
	var err error
	if s.Origin, err = parseOrigin(values["ledger"]); err != nil {
		return nil, err
	}
	if _, _, err := Month(s.Period); err != nil {
		return nil, err
	}
	if s.Made, err = time.Parse(time.RFC3339, values["made"]); err != nil {
		return nil, Malformed.New("a statement without the time of its making")
	}
	if s.Root, err = tlog.ParseHash(values["root"]); err != nil {
		return nil, Malformed.New("a statement without a root")
	}
	for _, l := range s.lines() {
		if *l.value, err = strconv.ParseUint(values[l.name], 10, 64); err != nil {
			return nil, Malformed.New("a statement without a number of %q", l.name)
		}
	}
	if s.Size > maxSize || !inOrder(s.Units) || s.Text() != text {
		return nil, Malformed.New("the statement is not as it is written")
	}
	return s, nil
}

// Check compares a statement with the whole ledger that it was made from, or with a
// later state of it. Errors: [WrongStatement], [NotProved], and those of
// [Verified.Extends].
func (s *Statement) Check(v *Verified) error {
	if !v.Complete {
		return NotProved.New("the export has only a part of the ledger")
	}
	if err := v.Extends(Checkpoint{Origin: s.Origin, Size: s.Size, Root: s.Root}); err != nil {
		return err
	}
	counts, err := Count(v.Entries[:s.Size], s.Period)
	if err != nil {
		return err
	}
	if counts != s.Counts {
		return WrongStatement.New("by the ledger the numbers are %+v, by the statement %+v", counts, s.Counts)
	}
	return s.checkUnits(v.Entries[:s.Size])
}
