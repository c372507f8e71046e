package obs

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/tacit-space/tacit/engine/fault"
)

// Directions of bytes.
const (
	In  = "in"
	Out = "out"
)

// other replaces a label that is on no list.
const other = "other"

// Metrics counts what a role does. Its methods may be called at the same time; those
// of a nil *Metrics do nothing, so tests need none.
type Metrics struct {
	registry *prometheus.Registry
	codes    map[string]bool
	jobs     *prometheus.GaugeVec
	ended    *prometheus.CounterVec
	phases   *prometheus.HistogramVec
	bytes    *prometheus.CounterVec
	workers  prometheus.Gauge
	differ   *prometheus.CounterVec
	budget   *budgetMetrics
}

// NewMetrics makes the metrics of a role ("coordinator", "worker"); each carries it
// as the label "role". The registry is its own, so several roles fit in one process.
func NewMetrics(role string) *Metrics {
	label := prometheus.Labels{"role": role}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		budget:   newBudgetMetrics(label),
		codes:    map[string]bool{"": true},
		jobs: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tacit_jobs", Help: "Jobs by state.", ConstLabels: label,
		}, []string{"state"}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tacit_jobs_ended_total", Help: "Jobs that reached a final state, with the code of a refusal or failure.", ConstLabels: label,
		}, []string{"state", "code"}),
		phases: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tacit_phase_seconds", Help: "Duration of a phase of a job.", ConstLabels: label,
			Buckets: prometheus.ExponentialBuckets(0.01, 4, 9), // 10 ms to 11 min
		}, []string{"phase"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tacit_bytes_total", Help: "Bytes of messages by direction.", ConstLabels: label,
		}, []string{"direction"}),
		differ: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tacit_differences_total", Help: "Questions that differ in a few units, from an earlier one or within themselves, by what is done about it.", ConstLabels: label,
		}, []string{"mode", "kind"}),
		workers: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "tacit_connected_workers", Help: "Workers that are connected now.", ConstLabels: label,
		}),
	}
	for _, kind := range fault.Declared() {
		m.codes[kind.Code] = true
	}
	m.registry.MustRegister(m.differ, m.jobs, m.ended, m.phases, m.bytes, m.workers, m.budget.questions, m.budget.rho,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Job moves one job between states; "" stands for not being there.
func (m *Metrics) Job(from, to string) {
	if m == nil {
		return
	}
	if from != "" {
		m.jobs.WithLabelValues(from).Dec()
	}
	if to != "" {
		m.jobs.WithLabelValues(to).Inc()
	}
}

// Ended counts a job that reached a final state. A code may come from a peer: one
// that this program does not know is counted as "other".
func (m *Metrics) Ended(state, code string) {
	if m == nil {
		return
	}
	if !m.codes[code] {
		code = other
	}
	m.ended.WithLabelValues(state, code).Inc()
}

// Difference counts that a question differs in a few units: within itself, or from an earlier one.
func (m *Metrics) Difference(mode string, within bool) {
	if m == nil {
		return
	}
	kind := "earlier"
	if within {
		kind = "within"
	}
	m.differ.WithLabelValues(mode, kind).Inc()
}

// Phase records how long a phase of a job took.
func (m *Metrics) Phase(name string, took time.Duration) {
	if m != nil {
		m.phases.WithLabelValues(name).Observe(took.Seconds())
	}
}

// Bytes counts bytes of messages, [In] or [Out].
func (m *Metrics) Bytes(direction string, n int) {
	if m != nil {
		m.bytes.WithLabelValues(direction).Add(float64(n))
	}
}

// Workers adds to the number of connected workers: 1 or -1.
func (m *Metrics) Workers(delta int) {
	if m != nil {
		m.workers.Add(float64(delta))
	}
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	if m == nil {
		return http.NotFoundHandler()
	}
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}
