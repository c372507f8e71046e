package draft

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
)

// MaxOwners is the largest number of owners that a table is split over.
const MaxOwners = 200

// assign decides who owns which row.
func (d *Draft) assign(ctx context.Context) error {
	if d.opts.By != "" {
		return d.assignBy(ctx)
	}
	if d.opts.Owners < charter.MinOwners || d.opts.Owners > MaxOwners {
		return ErrOption.New("%d owners, wants %d to %d", d.opts.Owners, charter.MinOwners, MaxOwners).
			With("Give --owners a number from %d on: of two owners each could read the other's data off a sum.", charter.MinOwners)
	}
	width := len(fmt.Sprint(d.opts.Owners))
	for i := range d.opts.Owners {
		d.Owners = append(d.Owners, fmt.Sprintf("owner-%0*d", width, i+1))
	}
	return nil
}

// assignBy makes an owner of every value of a column.
func (d *Draft) assignBy(ctx context.Context) error {
	c, err := d.source.Find(d.opts.By)
	if err != nil {
		return err
	}
	p := &profile{SourceColumn: c, value: "CAST(" + d.source.value(c) + " AS VARCHAR)"}
	values, err := d.source.values(ctx, p, MaxOwners+1)
	if err != nil {
		return err
	}
	missing, err := d.source.row(ctx, "count(*) - count("+p.value+")")
	if err != nil {
		return err
	}
	taken := map[string]bool{}
	var arms strings.Builder
	for _, v := range values {
		owner := unique(memberID(v), taken)
		d.Owners = append(d.Owners, owner)
		fmt.Fprintf(&arms, " WHEN %s THEN %s", text(v), text(owner))
	}
	if number(missing[0]) > 0 {
		owner := unique("without-"+memberID(d.opts.By), taken)
		d.Owners = append(d.Owners, owner)
		fmt.Fprintf(&arms, " ELSE %s", text(owner))
	}
	if n := len(d.Owners); n < charter.MinOwners || n > MaxOwners {
		return ErrOption.New("column %q has %d different values, wants %d to %d owners", c.Original, n, charter.MinOwners, MaxOwners).
			With("Choose another column, or deal the rows with --owners N.")
	}
	d.deal = "CASE " + p.value + arms.String() + " END"
	return nil
}

// memberID turns a value into the id of a member.
func memberID(value string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(value) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	id := strings.TrimRight(b.String(), "-")
	if id == "" {
		id = "owner"
	}
	return id[:min(len(id), 56)]
}

// Split writes DIR/OWNER/TABLE.csv or .parquet, as the source is, for every owner.
// Rows are dealt in the order of a hash of the seed and the row number, or of the
// unit, whose rows stay together.
func (d *Draft) Split(ctx context.Context, dir string) error {
	ending, options := ".csv", "(FORMAT csv, HEADER)"
	if d.source.Parquet {
		ending, options = ".parquet", "(FORMAT parquet)"
	}
	if _, err := d.source.rows(ctx, "CREATE OR REPLACE TABLE dealt AS "+d.dealt()); err != nil {
		return d.source.unreadable(err)
	}
	for i, owner := range d.Owners {
		folder := filepath.Join(dir, owner)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		where := fmt.Sprintf("tacit_owner = %d", i)
		if d.deal != "" {
			where = "tacit_owner = " + text(owner)
		}
		_, err := d.source.rows(ctx, fmt.Sprintf("COPY (SELECT * EXCLUDE (tacit_owner, tacit_row) FROM dealt WHERE %s ORDER BY tacit_row) TO %s %s",
			where, text(filepath.Join(folder, d.Table().Name+ending)), options))
		if err != nil {
			return ErrInput.New("%w", err)
		}
	}
	_, err := d.source.rows(ctx, "DROP TABLE dealt")
	return err
}

// dealt is the query of all rows with their owner.
func (d *Draft) dealt() string {
	var list []string
	for _, c := range d.Choices {
		if c.value != "" {
			list = append(list, c.value+" AS "+ident(c.Column.Name))
		}
	}
	numbered := "SELECT " + strings.Join(list, ", ") + ", row_number() OVER () AS tacit_row"
	if d.deal != "" {
		return numbered + ", " + d.deal + " AS tacit_owner FROM " + d.source.from
	}
	key := "tacit_row"
	if d.opts.Unit != "" {
		key = ident(d.opts.Unit)
	}
	return fmt.Sprintf("SELECT *, (dense_rank() OVER (ORDER BY md5(concat('%d:', %s)), %s) - 1) %% %d AS tacit_owner FROM (%s FROM %s)",
		d.opts.Seed, key, key, len(d.Owners), numbered, d.source.from)
}
