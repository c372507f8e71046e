package store_test

import (
	"testing"

	"github.com/tacit-space/tacit/engine/store"
)

// end ends a job, whatever is refunded.
func end(t *testing.T, w *store.Worker, job store.JobID, e store.Ending) {
	t.Helper()
	_, err := w.End(job, e)
	must(t, err)
}
