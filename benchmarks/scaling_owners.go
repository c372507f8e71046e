package benchmarks

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tacit-space/tacit/engine/lab/pooled"
)

// ScalingOwners asks the same question of more and more owners, each a process of its own.
var ScalingOwners = Benchmark{
	Name:  "scaling-owners",
	About: "a small grouped question, masked and guarded, to more and more owners; time, bytes and memory of each role",
	Run:   runScalingOwners,
}

func (o Options) ownerSizes() (owners []int, rows int) {
	switch {
	case o.Quick:
		return []int{3, 4}, 200
	case o.Full:
		return []int{3, 6, 12, 24, 48, 96}, 10_000
	default:
		return []int{3, 6, 12, 24}, 10_000
	}
}

// visitsCharter has visits as a masked table and, with a minimum cohort, as a guarded one.
func visitsCharter(owners int) string {
	corrupt := max(1, (owners-1)/3)
	head := strings.Replace(latencyCharter, "min_contributors: 4, tolerated_corruption: 1",
		fmt.Sprintf("min_contributors: %d, tolerated_corruption: %d", max(3, owners-corrupt), corrupt), 1)
	_, table, _ := strings.Cut(head, "tables:\n")
	return head + strings.NewReplacer("name: visits", "name: guarded", "min_cohort: 1\n", fmt.Sprintf("min_cohort: %d\n", cohort)).Replace(table)
}

// visits writes the same rows for both tables and returns the files.
func (o Options) visits(dir string, owners, rows int) (mapping, []string, error) {
	files, err := writeVisits(filepath.Join(dir, "..", "rows"), o.Seed, owners, rows)
	if err != nil {
		return nil, nil, err
	}
	m := mapping{"visits": files, "guarded": files}
	return m, files, m.write(dir)
}

// knowVisits are the masked and the guarded question about visits, each asked once.
func (sp *space) knowVisits(ctx context.Context, o Options, m mapping) ([]*known, error) {
	open, err := pooled.Open(ctx, sp.charter, m.file)
	if err != nil {
		return nil, err
	}
	defer open.Close()
	var list []*known
	for _, q := range [][3]string{
		{maskedLine, latencySQL, latencySQL},
		{guardedLine, strings.Replace(latencySQL, "FROM visits", "FROM guarded", 1), ""},
	} {
		k, err := sp.know(ctx, o, open, q[0], q[1], q[2])
		if err == nil {
			err = k.warm(ctx, sp)
		}
		if err != nil {
			return nil, err
		}
		list = append(list, k)
	}
	return list, nil
}

func runScalingOwners(ctx context.Context, o Options) (*Result, error) {
	sizes, rows := o.ownerSizes()
	s := &scaling{over: "owners", sizes: sizes, figures: figures{}}
	for _, owners := range sizes {
		if err := ownersOnce(ctx, o, s, owners, rows); err != nil {
			return nil, fmt.Errorf("%d owners: %w", owners, err)
		}
	}
	curves := []Curve{s.curve("Time over owners", "owners", "s", maskedLine, guardedLine, plainLine)}
	for _, c := range [][2]string{
		{"processor of an owner", "core-s"}, {"processor of the coordinator", "core-s"}, {"an owner sends", "bytes"}, {"an owner receives", "bytes"},
	} {
		curves = append(curves, s.curve("Over owners: "+c[0], "owners", c[1], maskedLine+", "+c[0], guardedLine+", "+c[0]))
	}
	curves = append(curves, s.curve("Over owners: peak memory", "owners", "MB", "peak memory, coordinator", "peak memory, largest owner"))
	return s.result("scaling-owners", "the pooled query, and the open sums with small groups suppressed",
		map[string]any{"rows of an owner": rows, "min_cohort of guarded questions": cohort, "sql": latencySQL}, curves...), nil
}

// ownersOnce measures a space of so many owners.
func ownersOnce(ctx context.Context, o Options, s *scaling, owners, rows int) error {
	var m mapping
	lab := spec{charter: visitsCharter(owners), table: "visits", owners: func(_ context.Context, dir string) (files []string, err error) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		m, files, err = o.visits(dir, owners, rows)
		return files, err
	}}
	return withSpace(ctx, o, lab, func(ctx context.Context, sp *space) error {
		questions, err := sp.knowVisits(ctx, o, m)
		if err != nil {
			return err
		}
		for run := range o.Runs {
			o.Say("scaling-owners: %d owners, run %d of %d", owners, run+1, o.Runs)
			_, took, err := sp.plain(ctx, latencySQL)
			if err != nil {
				return err
			}
			s.add(plainLine, "s", owners, took.Seconds())
			for _, k := range questions {
				if err := k.measure(ctx, sp, s, owners); err != nil {
					return err
				}
			}
		}
		peaks, err := sp.peaks(ctx)
		if mb, ok := peaks["worker"]; ok {
			s.add("peak memory, largest owner", "MB", owners, mb)
			s.add("peak memory, coordinator", "MB", owners, peaks["coordinator"])
		}
		return err
	})
}
