package worker

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/webhook"

	cryptojob "github.com/tacit-space/tacit/crypto/job"
)

// maxNotices is how often a notice is tried: after 10 s, 20 s, 40 s and so on, in all for about a day.
const maxNotices = 14

// notice is the body of a notice. It holds no constant of a predicate.
type notice struct {
	Type string     `json:"type"`
	Time time.Time  `json:"timestamp"`
	Data noticeData `json:"data"`
}

type noticeData struct {
	Job          string    `json:"job"`
	Space        string    `json:"space"`
	Owner        string    `json:"owner"`
	Analyst      string    `json:"analyst"`
	Organisation string    `json:"organisation"`
	Table        string    `json:"table"`
	Purpose      string    `json:"purpose"`
	Deadline     time.Time `json:"deadline"`
}

const noticeType = "tacit.question.waits"

// notify posts the notices that are due, one after the other, until the role ends. A try is counted on disk before
// it is made. Nothing waits for it.
func (w *worker) notify() {
	sender := webhook.New(w.Approval.Notify.URL, webhook.Key(w.Identity))
	for w.life.Err() == nil {
		n, err := w.store.NextNotice()
		wait := time.Minute
		switch {
		case errors.Is(err, store.ErrMissing):
		case err != nil:
			w.fail(err)
			return
		case !n.Due.After(w.Now()):
			if err := w.post(sender, n); err != nil {
				w.fail(err)
				return
			}
			continue
		default:
			wait = min(wait, n.Due.Sub(w.Now()))
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-w.notices:
		case <-w.life.Done():
		}
		timer.Stop()
	}
}

// post tries one notice. It returns errors of the store only.
func (w *worker) post(sender *webhook.Sender, n store.Notice) error {
	body, err := w.noticeOf(n.Job)
	if err != nil || body == nil || n.Tries >= maxNotices {
		return errors.Join(err, w.store.DropNotice(n.Job))
	}
	if err := w.store.TryNotice(n.Job, w.Now().Add(10*time.Second<<n.Tries)); err != nil {
		return err
	}
	crashpoint.Here(crashpoint.WorkerNoticeBefore)
	if err := sender.Post(w.life, "msg_"+n.Job.String(), body, w.Now()); err != nil {
		w.Log.Warn("notice not posted", "job", n.Job.String(), "tries", n.Tries+1, "last", n.Tries+1 == maxNotices)
		w.Log.Debug("notice not posted", obs.Err(err))
		return nil
	}
	w.Log.Info("notice posted", "job", n.Job.String())
	return w.store.DropNotice(n.Job)
}

// noticeOf returns the body of a notice; nil if the job does not wait any more.
func (w *worker) noticeOf(id store.JobID) ([]byte, error) {
	waiting, err := w.store.Waiting()
	if err != nil {
		return nil, err
	}
	for _, p := range waiting {
		if p.ID != id {
			continue
		}
		offer, err := cryptojob.ParseOffer(p.Offer)
		if err != nil {
			return nil, store.Corrupt.New("the offer of job %s: %w", id, err)
		}
		request, err := policy.NewRequest(offer.Manifest)
		if err != nil {
			return nil, store.Corrupt.New("the offer of job %s: %w", id, err)
		}
		data := noticeData{
			Job: id.String(), Space: w.space.Space, Owner: w.Self, Analyst: p.Analyst,
			Table: request.Job.Plan.Table, Purpose: request.Job.Purpose, Deadline: p.Deadline,
		}
		if m := w.space.Member(p.Analyst); m != nil {
			data.Organisation = m.Organisation
		}
		return json.Marshal(notice{noticeType, p.Since, data})
	}
	return nil, nil
}
