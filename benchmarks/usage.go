package benchmarks

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// usage is what the processes of a lab have used since they began, by kind of role.
type usage map[string]*used

// used is the sum over the processes of one kind, of which there are so many.
type used struct {
	processes int
	cores     float64 // core-seconds; Linux only
	in, out   float64 // bytes of messages
}

// ticks is the unit of processor time in /proc: USER_HZ, which is 100 on every Linux that Go runs on.
const ticks = 100

func (sp *space) usage(ctx context.Context) (usage, error) {
	status, err := sp.lab.Status(ctx)
	if err != nil {
		return nil, err
	}
	all := usage{}
	for _, s := range status {
		u := all[s.Kind]
		if u == nil {
			u = &used{}
			all[s.Kind] = u
		}
		u.processes++
		u.cores += processorTime(s.PID)
		if s.Ops == "" {
			continue
		}
		if err := u.addBytes(ctx, s.Ops); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// processorTime returns the core-seconds of a process, 0 where there is no /proc.
func processorTime(pid int) float64 {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ") // behind the name
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / ticks
}

// addBytes reads the counters of messages of a role.
func (u *used) addBytes(ctx context.Context, ops string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+ops+"/metrics", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("the counters of a role: %w", err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if !strings.HasPrefix(lines.Text(), "tacit_bytes_total{") {
			continue
		}
		fields := strings.Fields(lines.Text())
		n, err := strconv.ParseFloat(fields[len(fields)-1], 64)
		switch {
		case err != nil:
			return fmt.Errorf("the counters of a role: %w", err)
		case strings.Contains(fields[0], `direction="in"`):
			u.in += n
		case strings.Contains(fields[0], `direction="out"`):
			u.out += n
		}
	}
	return lines.Err()
}

// since adds what was used between two readings: core-seconds and bytes of all processes of a kind.
func (u usage) since(before usage, name string, f figures) {
	for kind, now := range u {
		was := before[kind]
		if was == nil || was.processes != now.processes {
			continue // a role came or went
		}
		who := name + ", " + kind
		if now.processes > 1 {
			who = fmt.Sprintf("%s, %d of kind %s", name, now.processes, kind)
		}
		f.add(who+": processor", "core-s", now.cores-was.cores)
		if now.in+now.out > 0 {
			f.add(who+": bytes in", "bytes", now.in-was.in)
			f.add(who+": bytes out", "bytes", now.out-was.out)
		}
	}
}
