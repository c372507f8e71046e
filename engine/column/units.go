package column

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// counts holds the privacy units per guard and group of cells that are released together: a cell, or
// the points of a curve. The columns of the guards are the last of a record.
type counts struct {
	units  [][]uint64 // [guard][group]; nil without guards
	seen   []bool     // groups whose units have come
	points int        // cells of a group
	adds   bool       // each row is a unit: those of a group may come in several rows
}

func (c *counts) prepare(schema *arrow.Schema, guards, cells int) error {
	if guards == 0 {
		return nil
	}
	cells /= c.points
	for i := range guards {
		if t := schema.Field(schema.NumFields() - guards + i).Type; t.ID() != arrow.INT64 {
			return ErrShape.New("guard %d: a column of type %s", i+1, t)
		}
		c.units = append(c.units, make([]uint64, cells))
	}
	c.seen = make([]bool, cells)
	return nil
}

// add takes the units of the cells that the rows of a record belong to. A row without
// any is one of sums.
func (c *counts) add(cells []int, rec arrow.Record) error {
	if len(c.units) == 0 {
		return nil
	}
	columns := make([]*array.Int64, len(c.units))
	for i := range columns {
		columns[i] = rec.Column(int(rec.NumCols()) - len(columns) + i).(*array.Int64)
	}
	for row, cell := range cells {
		if !slices.ContainsFunc(columns, func(a *array.Int64) bool { return a.IsValid(row) }) {
			continue
		}
		cell /= c.points
		if c.seen[cell] && !c.adds {
			return ErrShape.New("the units of a cell come in two rows")
		}
		c.seen[cell] = true
		for i, a := range columns {
			if a.IsNull(row) {
				return ErrShape.New("guard %d is NULL where others are not", i+1)
			}
			n := uint64(a.Value(row)) // a negative one is beyond all rows
			if c.units[i][cell] += n; c.units[i][cell] < n {
				return ErrBound.New("guard %d counts more units than there can be", i+1)
			}
		}
	}
	return nil
}

// within checks that no group has more units than rows: each has a row of its own.
func (c *counts) within(rows func(cell int) uint64) error {
	for group := range c.seen {
		most := uint64(0)
		for cell := range c.points {
			most += rows(group*c.points + cell)
		}
		for i, units := range c.units {
			if units[group] > most {
				return ErrBound.New("guard %d counts more units than there are rows", i+1)
			}
		}
	}
	return nil
}
