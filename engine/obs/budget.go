package obs

import "github.com/prometheus/client_golang/prometheus"

// Steps of a privacy budget.
const (
	debited  = "debited"
	refunded = "refunded"
)

// budgetMetrics count what an owner's privacy budgets are spent on. They have no label for whose budget it is.
type budgetMetrics struct{ questions, rho *prometheus.CounterVec }

func newBudgetMetrics(label prometheus.Labels) *budgetMetrics {
	return &budgetMetrics{
		questions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tacit_budget_questions_total", Help: "Questions that were debited from a privacy budget, and refunded.", ConstLabels: label,
		}, []string{"step"}),
		rho: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tacit_budget_rho_total", Help: "What was debited from privacy budgets, and refunded, in rho of zCDP.", ConstLabels: label,
		}, []string{"step"}),
	}
}

func (b *budgetMetrics) count(step string, nanoRho uint64) {
	b.questions.WithLabelValues(step).Inc()
	b.rho.WithLabelValues(step).Add(float64(nanoRho) / 1e9)
}

// Debited counts a question that was debited, at a price in 1e-9 rho.
func (m *Metrics) Debited(nanoRho uint64) {
	if m != nil {
		m.budget.count(debited, nanoRho)
	}
}

// Refunded counts a debit that was taken back, in 1e-9 rho.
func (m *Metrics) Refunded(nanoRho uint64) {
	if m != nil {
		m.budget.count(refunded, nanoRho)
	}
}
