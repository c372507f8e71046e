package ledger

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Units says in a statement about how many privacy units a table of the member has. A statement is
// read by others, so it names a step of [Coarse] and never the number.
type Units struct {
	Table string `json:"table"`
	Least uint64 `json:"least"`
	Most  uint64 `json:"most"`
}

// minStep is the least width of a step, in units: the usual k, also where the charter has a lower one, as a
// statement is read by others than analysts.
const minStep = 10

const unitsPrefix = "units of "

// Coarse returns the step that holds a number of units. Steps are k wide up to 100 k, then 10 k up to 1000 k,
// and so on, where k is at least 10. They do not overlap, and each holds at least k numbers; the first one,
// which says fewer than k, holds 0 too.
func Coarse(table string, units uint64, k int) Units {
	step := uint64(max(k, minStep))
	for units/step >= 100 {
		step *= 10
	}
	least := units / step * step
	return Units{Table: table, Least: least, Most: least + step - 1}
}

// isStep reports whether it is what [Coarse] returns for some number and k.
func (u Units) isStep() bool {
	width := u.Most - u.Least + 1
	return u.Most > u.Least && width >= minStep && u.Least%width == 0 && u.Least/width < 100
}

// Served returns the tables about which jobs were released in a month, sorted.
func Served(entries []Entry, period string) ([]string, error) {
	from, until, err := Month(period)
	if err != nil {
		return nil, err
	}
	about := map[[16]byte]string{}
	var tables []string
	for i := range entries {
		switch e := &entries[i]; {
		case e.Kind == Asked:
			about[e.Job] = e.About.Table
		case e.Kind == Released && e.Time >= from.UnixMilli() && e.Time < until.UnixMilli() && about[e.Job] != "":
			tables = append(tables, about[e.Job])
		}
	}
	slices.Sort(tables)
	return slices.Compact(tables), nil
}

func (u Units) String() string {
	return fmt.Sprintf("%s%s: %d to %d", unitsPrefix, u.Table, u.Least, u.Most)
}

// parseUnits reads what [Units.String] writes, with the canonical form left to be compared by the caller.
func parseUnits(name, value string) (Units, error) {
	least, most, _ := strings.Cut(value, " to ")
	u := Units{Table: strings.TrimPrefix(name, unitsPrefix)}
	var first, second error
	u.Least, first = strconv.ParseUint(least, 10, 63)
	u.Most, second = strconv.ParseUint(most, 10, 63)
	if first != nil || second != nil || cut(u.Table, maxTable) != u.Table || !u.isStep() {
		return u, Malformed.New("a statement with malformed numbers of units")
	}
	return u, nil
}

// checkUnits: only of tables about which something was released is anything said.
func (s *Statement) checkUnits(entries []Entry) error {
	served, err := Served(entries, s.Period)
	if err != nil {
		return err
	}
	for _, u := range s.Units {
		if !slices.Contains(served, u.Table) {
			return WrongStatement.New("by the ledger nothing about table %q was released, and the statement has its units", u.Table)
		}
	}
	return nil
}

// inOrder reports whether each table is there once, sorted.
func inOrder(units []Units) bool {
	for i := 1; i < len(units); i++ {
		if units[i-1].Table >= units[i].Table {
			return false
		}
	}
	return true
}
