package draft

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
)

// Options say what the drafter cannot see.
type Options struct {
	Table     string                        // name of the table; "" takes the file's
	Owners    int                           // rows are dealt to so many owners; 0 with By
	By        string                        // column whose values are the owners; "" with Owners
	Unit      string                        // column of the privacy unit; "": every row is a unit
	MinCohort int                           // k; 0: charter.DefaultMinCohort
	Epsilon   string                        // largest of one question with noise; "": there are none
	Roles     map[string]charter.ColumnRole // roles that are not to be guessed, by column
	Curves    map[string]string             // steps of curves, by column; integers that are called a time have one anyway
	Models    int                           // rounds of one model; 0: there are none
	Seed      uint64                        // of the dealing
}

// Draft is a proposed charter and how the rows are split.
type Draft struct {
	Charter charter.Charter // without members: a lab adds them
	Choices []Choice        // one per column of the file
	Owners  []string        // member ids, in order
	Rows    int64

	opts   Options
	source *Source
	deal   string // SQL of the owner's id of a row
}

// Inspect drafts a charter for a file. The same file, options and seed give the same
// draft and the same split.
func Inspect(ctx context.Context, path string, rows Rows, o Options) (*Draft, error) {
	s, err := Open(ctx, path, rows)
	if err != nil {
		return nil, err
	}
	if n := len(s.Columns); n > charter.MaxColumns {
		return nil, ErrInput.New("%s has %d columns, a charter has at most %d", filepath.Base(path), n, charter.MaxColumns)
	}
	d := &Draft{opts: o, source: s}
	if err := d.count(ctx); err != nil {
		return nil, err
	}
	roles, err := d.wanted()
	if err != nil {
		return nil, err
	}
	for i := range s.Columns {
		c := &s.Columns[i]
		choice, err := s.choose(ctx, c, roles[c.Name])
		if err != nil {
			return nil, err
		}
		d.Choices = append(d.Choices, *choice)
	}
	if err := d.curves(); err != nil {
		return nil, err
	}
	if err := d.assign(ctx); err != nil {
		return nil, err
	}
	return d, d.fill()
}

// count counts the rows; a draft without any would propose nothing.
func (d *Draft) count(ctx context.Context) error {
	row, err := d.source.row(ctx, "count(*)")
	if err != nil {
		return err
	}
	if d.Rows = number(row[0]); d.Rows == 0 {
		return ErrInput.New("%s has no rows", filepath.Base(d.source.Path))
	}
	return nil
}

// wanted resolves the column names of the options.
func (d *Draft) wanted() (map[string]charter.ColumnRole, error) {
	roles := map[string]charter.ColumnRole{}
	for name, role := range d.opts.Roles {
		c, err := d.source.Find(name)
		if err != nil {
			return nil, err
		}
		roles[c.Name] = role
	}
	if d.opts.Unit != "" {
		c, err := d.source.Find(d.opts.Unit)
		if err != nil {
			return nil, err
		}
		d.opts.Unit = c.Name
		roles[c.Name] = charter.Identifier
	}
	if d.opts.By != "" {
		c, err := d.source.Find(d.opts.By)
		if err != nil {
			return nil, err
		}
		d.opts.By = c.Name
	}
	return roles, nil
}

// fill writes the charter from the choices.
func (d *Draft) fill() error {
	k := d.opts.MinCohort
	if k == 0 {
		k = charter.DefaultMinCohort
	}
	t := charter.Table{
		Name: d.opts.Table, Unit: d.opts.Unit, MinCohort: &k, MaxRows: maxRows(d.Rows),
	}
	if d.opts.Models > 0 {
		t.ModelRounds = &d.opts.Models
	}
	if t.Name == "" {
		base := filepath.Base(d.source.Path)
		t.Name = plainName(strings.TrimSuffix(base, filepath.Ext(base)))
	}
	for _, choice := range d.Choices {
		if choice.value != "" {
			t.Columns = append(t.Columns, choice.Column)
		}
	}
	n := len(d.Owners)
	corrupt := max(1, 3*n/10)
	d.Charter = charter.Charter{
		Format: charter.Format, Space: strings.ReplaceAll(strings.Trim(t.Name, "_"), "__", "_"), Version: 1,
		Amend: charter.Amend{Rule: charter.Unanimous},
		Rules: charter.Rules{
			MinContributors:     max(charter.Threshold(n, corrupt), corrupt+2),
			ToleratedCorruption: corrupt,
		},
		Tables: []charter.Table{t},
	}
	if d.opts.Epsilon != "" {
		return d.allowNoise()
	}
	if d.Charter.Space == "" {
		d.Charter.Space = "lab"
	}
	return nil
}

// maxRows is a power of ten of at least ten times the rows.
func maxRows(rows int64) int64 {
	limit := int64(1000)
	for limit < 10*rows && limit < charter.MaxRowsLimit {
		limit *= 10
	}
	return limit
}

// Table returns the drafted table.
func (d *Draft) Table() *charter.Table { return &d.Charter.Tables[0] }

// Hidden lists the columns that analysts cannot use.
func (d *Draft) Hidden() []string {
	var names []string
	for _, c := range d.Choices {
		if c.Column.Role == charter.Hidden {
			names = append(names, c.Column.Name)
		}
	}
	slices.Sort(names)
	return names
}
