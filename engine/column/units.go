package column

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// counts holds the privacy units per guard and cell. The columns of the guards are the
// last of a record.
type counts struct {
	units [][]uint64 // [guard][cell]; nil without guards
	seen  []bool     // cells whose units have come
}

func (c *counts) prepare(schema *arrow.Schema, guards, cells int) error {
	if guards == 0 {
		return nil
	}
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
		if c.seen[cell] {
			return ErrShape.New("the units of a cell come in two rows")
		}
		c.seen[cell] = true
		for i, a := range columns {
			if a.IsNull(row) {
				return ErrShape.New("guard %d is NULL where others are not", i+1)
			}
			c.units[i][cell] = uint64(a.Value(row)) // a negative one is beyond all rows
		}
	}
	return nil
}

// within checks that no cell has more units than rows: each has a row of its own.
func (c *counts) within(rows func(cell int) uint64) error {
	for i, units := range c.units {
		for cell, n := range units {
			if n > rows(cell) {
				return ErrBound.New("guard %d counts more units than the cell has rows", i+1)
			}
		}
	}
	return nil
}
