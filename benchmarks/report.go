package benchmarks

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Schema names the version of [Report]'s JSON form.
const Schema = "tacit/bench/v1"

// Report is what a run of benchmarks writes.
type Report struct {
	Schema   string    `json:"schema"`
	Machine  Machine   `json:"machine"`
	Software string    `json:"software"`
	Started  time.Time `json:"started"`
	Seed     uint64    `json:"seed"`
	Runs     int       `json:"runs"`
	Quick    bool      `json:"quick"`
	Full     bool      `json:"full"`
	Results  []*Result `json:"results"`
}

// Machine is where the benchmarks ran.
type Machine struct {
	CPU   string `json:"cpu"`
	Cores int    `json:"cores"`
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	Go    string `json:"go"`
}

// ThisMachine describes the machine that the program runs on.
func ThisMachine() Machine {
	return Machine{CPU: cpuName(), Cores: runtime.NumCPU(), OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version()}
}

func cpuName() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// Write prints the report for people.
func (r *Report) Write(w io.Writer) error {
	fmt.Fprintf(w, "%s, %d cores, %s/%s, %s, %s, %s, seed %d, %d runs\n",
		r.Machine.CPU, r.Machine.Cores, r.Machine.OS, r.Machine.Arch, r.Machine.Go, r.Software,
		r.Started.UTC().Format(time.DateOnly), r.Seed, r.Runs)
	if r.Quick {
		fmt.Fprintln(w, "Small sizes: the times mean nothing.")
	}
	for _, result := range r.Results {
		fmt.Fprintf(w, "\n%s, equal to %s\n", result.Name, result.Oracle)
		for _, key := range sortedKeys(result.Parameters) {
			fmt.Fprintf(w, "  %s = %v\n", key, result.Parameters[key])
		}
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(t, "min\tmedian\tmax\tunit\t  metric\t")
		for _, key := range sortedKeys(result.Metrics) {
			m := result.Metrics[key]
			fmt.Fprintf(t, "%.4g\t%.4g\t%.4g\t%s\t  %s\t\n", m.Min, m.Median, m.Max, m.Unit, key)
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
