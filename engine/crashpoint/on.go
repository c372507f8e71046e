//go:build tacitcrash

package crashpoint

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

// All lists every point, for a test that kills at each of them.
var All = []Point{
	AnalystQuestionBefore, AnalystQuestionAfter, AnalystSubmitAfter, AnalystOpenBefore,
	AnalystEraseBefore, AnalystEraseAfter,
	CoordinatorJobBefore, CoordinatorJobAfter, CoordinatorDecisionBefore, CoordinatorDecisionAfter,
	CoordinatorPersistBefore, CoordinatorPersistAfter, CoordinatorSendAfter,
	CoordinatorResultBefore, CoordinatorResultAfter,
	WorkerDecisionBefore, WorkerDecisionAfter, WorkerClaimBefore, WorkerClaimAfter, WorkerInputBefore, WorkerInputAfter, WorkerPersistBefore, WorkerPersistAfter,
	WorkerReleaseBefore, WorkerReleaseAfter, WorkerSendAfter,
}

// Approvals lists the points that a job passes only if a person has to decide about it, or stops everything.
var Approvals = []Point{
	WorkerParkBefore, WorkerParkAfter, WorkerApprovalBefore, WorkerDismissBefore, WorkerDismissAfter, WorkerHaltBefore, WorkerHaltAfter,
}

// Ends lists the points that a worker passes when a job is over, which may be after the analyst has the answer.
var Ends = []Point{WorkerEndBefore, WorkerEndAfter}

// Charters lists the points that are passed only if the charter is amended, or a key revoked.
var Charters = []Point{
	CoordinatorRevokeBefore, CoordinatorRevokeAfter, WorkerAmendBefore, WorkerAmendAfter, WorkerRevokeBefore, WorkerRevokeAfter,
}

var target, passages = parse(os.Getenv("TACIT_TEST_CRASH"))

var passed atomic.Int64

// parse reads "point" or "point:n", n from 1.
func parse(text string) (Point, int64) {
	name, count, found := strings.Cut(text, ":")
	if !found {
		return Point(name), 1
	}
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil || n < 1 {
		panic("TACIT_TEST_CRASH: want point or point:n, n from 1")
	}
	return Point(name), n
}

// Here kills the process if this is the passage that TACIT_TEST_CRASH names.
func Here(p Point) {
	if p != target || passed.Add(1) != passages {
		return
	}
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill()
	}
	select {} // the signal is on its way
}
