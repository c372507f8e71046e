package benchmarks

import (
	"bufio"
	"context"
	"io/fs"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tacit-space/tacit/engine/lab"
)

// footprint is what the processes of one kind of role hold, by what.
type footprint map[string]float64

// held are the counters of a role that must not grow with the questions answered: name in /metrics, and unit and factor of the figure.
var held = []struct {
	counter, name, unit string
	factor              float64
}{
	{"go_goroutines", "goroutines", "goroutines", 1},
	{"process_open_fds", "open files", "files", 1},
	{"process_resident_memory_bytes", "resident memory", "MB", 1e-6},
	{"go_memstats_next_gc_bytes", "heap at the next collection", "MB", 1e-6}, // 1.5 times what lived after the last, see cmd/tacit
}

const storeSize = "store"

// footprints reads what the roles hold, the sum over those of a kind.
func (sp *space) footprints(ctx context.Context) (map[string]footprint, error) {
	status, err := sp.lab.Status(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]footprint{}
	for _, s := range status {
		kind := all[s.Kind]
		if kind == nil {
			kind = footprint{}
			all[s.Kind] = kind
		}
		if err := kind.add(ctx, sp.lab, s); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// add reads one role.
func (f footprint) add(ctx context.Context, l *lab.Lab, s lab.Status) error {
	counters, err := readCounters(ctx, s.Ops)
	if err != nil {
		return err
	}
	for _, h := range held {
		f[h.name] += counters[h.counter] * h.factor
	}
	size, err := folderSize(filepath.Join(l.Dir, ".lab", "state", s.Name))
	f[storeSize] += float64(size)
	return err
}

// readCounters reads the counters without labels of a role.
func readCounters(ctx context.Context, ops string) (map[string]float64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+ops+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	counters := map[string]float64{}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			counters[name] = v
		}
	}
	return counters, lines.Err()
}

// folderSize adds up the files below a folder; those that go meanwhile count as nothing.
func folderSize(dir string) (bytes int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if info, err := d.Info(); err == nil {
			bytes += info.Size()
		}
		return nil
	})
	return bytes, err
}
