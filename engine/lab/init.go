package lab

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tacit-space/tacit/engine/lab/draft"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/source"
)

// Init makes a lab of one table: a draft of the charter and each owner's part of
// the rows. On an error nothing is left in dir.
func Init(ctx context.Context, dir, from string, o draft.Options) (_ *draft.Draft, err error) {
	for _, part := range []string{"charter.yaml", "owners"} {
		if _, err := os.Lstat(filepath.Join(dir, part)); err == nil {
			return nil, ErrExists.New("%s already has %s", dir, part)
		}
	}
	if info, err := os.Stat(from); err != nil {
		return nil, draft.ErrInput.New("%w", err).With("Check the name after --from, and who may read the file.")
	} else if !info.Mode().IsRegular() {
		return nil, draft.ErrInput.New("%s is no file", from).With("Give one CSV or Parquet file.")
	}
	engine, err := source.Open(source.Config{})
	if err != nil {
		return nil, err
	}
	defer engine.Close()
	d, err := draft.Inspect(ctx, from, draft.EngineRows(engine), o)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, ErrFolder.New("%w", err)
	}
	fresh, err := os.MkdirTemp(dir, ".init-")
	if err != nil {
		return nil, ErrFolder.New("%w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(fresh)) }()
	if err := d.Split(ctx, filepath.Join(fresh, "owners")); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(fresh, "charter.yaml"), d.YAML(), 0o644); err != nil {
		return nil, ErrFolder.New("%w", err)
	}
	if err := (&Lab{Dir: fresh}).possible(); err != nil {
		return nil, err
	}
	for _, part := range []string{"owners", "charter.yaml"} {
		if err := os.Rename(filepath.Join(fresh, part), filepath.Join(dir, part)); err != nil {
			return nil, ErrFolder.New("%w", err)
		}
	}
	return d, nil
}

// possible checks the charter as it will be once the members have keys, so that no
// draft is written that could not be used.
func (l *Lab) possible() error {
	c, err := l.draft()
	if err != nil {
		return err
	}
	for i := range c.Members {
		number := strings.Map(letter, strconv.Itoa(i))
		c.Members[i].Key = "tk1" + strings.Repeat("a", 52-len(number)) + number
	}
	if err := c.Validate(); err != nil {
		return err
	}
	for i := range c.Tables {
		t := &c.Tables[i]
		if _, f := plan.NewLayout(plan.Smallest(t.Name), c); f != nil && plan.NoParameters.Is(f) {
			return draft.ErrOption.New("nothing could be asked with a minimum cohort of %d and %d owners: %w", t.K(), len(c.OwnersOf(t.Name)), f).
				With("Split the table over fewer owners, or release every number with --min-cohort 1.")
		}
	}
	return nil
}

// letter turns a digit into one that a fingerprint can have.
func letter(digit rune) rune { return 'b' + digit - '0' }
