package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// ofJob makes a command about one job.
func (a *app) ofJob(use, short string, do func(context.Context, *analyst.Client, store.JobID) error) *cobra.Command {
	var q asking
	c := &cobra.Command{
		Use:   use + " JOB",
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			id, err := jobID(args[0])
			if err != nil {
				return err
			}
			client, err := a.client(q.lab)
			if err != nil {
				return err
			}
			defer client.Close()
			return do(c.Context(), client, id)
		},
	}
	q.labFlag(c.Flags())
	return c
}

func jobID(text string) (store.JobID, error) {
	id, ok := store.ParseJobID(text)
	if !ok {
		return id, ErrUsage.New("%q is no job id", text).With("A job id has 32 hexadecimal digits; list yours with: tacit jobs")
	}
	return id, nil
}

func (a *app) jobs() *cobra.Command {
	var q asking
	c := &cobra.Command{
		Use:   "jobs",
		Short: "List your questions at the coordinator, newest first",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			client, err := a.client(q.lab)
			if err != nil {
				return err
			}
			defer client.Close()
			list, err := client.Jobs(c.Context())
			if err != nil {
				return err
			}
			pending, err := client.Pending()
			if err != nil {
				return err
			}
			rounds, err := client.Rounds()
			if err != nil {
				return err
			}
			return a.printJobs(append(unsubmitted(list, pending), list...), pending, rounds)
		},
	}
	q.labFlag(c.Flags())
	return c
}

// notSubmitted is the state of a question that is stored here only, as its client was
// killed before the coordinator had it.
const notSubmitted = transport.State("not submitted")

func unsubmitted(list []transport.JobStatus, pending []store.JobID) []transport.JobStatus {
	var missing []transport.JobStatus
	for _, id := range pending {
		known := slices.ContainsFunc(list, func(s transport.JobStatus) bool { return s.Job == id })
		if !known {
			missing = append(missing, transport.JobStatus{Job: id, State: notSubmitted})
		}
	}
	return missing
}

// jobJSON is a job as the commands print it.
type jobJSON struct {
	Job       string       `json:"job"`
	State     string       `json:"state"`
	Attempt   uint32       `json:"attempt"`
	Purpose   string       `json:"purpose,omitempty"`
	Submitted time.Time    `json:"submitted,omitzero"`
	Updated   time.Time    `json:"updated,omitzero"`
	Expiry    time.Time    `json:"expiry,omitzero"`
	Open      bool         `json:"open"`            // the answer was not delivered yet
	Study     string       `json:"study,omitempty"` // that the job is a round of
	Round     int          `json:"round,omitempty"`
	Fault     *fault.Fault `json:"fault,omitempty"`
	Members   []memberJSON `json:"members"`
}

type memberJSON struct {
	Member string       `json:"member"`
	State  string       `json:"state"`
	Fault  *fault.Fault `json:"fault,omitempty"`
}

func toJSON(s transport.JobStatus, pending map[store.JobID]bool) jobJSON {
	j := jobJSON{
		Job: store.JobID(s.Job).String(), State: string(s.State), Attempt: s.Attempt, Purpose: s.Purpose,
		Submitted: s.Submitted, Updated: s.Updated, Expiry: s.Expiry, Open: pending[s.Job], Fault: s.Fault, Members: []memberJSON{},
	}
	for _, m := range s.Members {
		j.Members = append(j.Members, memberJSON{m.Member, m.State, m.Fault})
	}
	return j
}

// studyText is how a study is called where people read: by the first digits of its id.
func studyText(id [32]byte) string { return hex.EncodeToString(id[:4]) }

func (a *app) printJobs(list []transport.JobStatus, pending []store.JobID, rounds map[store.JobID]store.StudyRound) error {
	open := map[store.JobID]bool{}
	for _, id := range pending {
		open[id] = true
	}
	if a.json() {
		jobs := []jobJSON{}
		for _, s := range list {
			j := toJSON(s, open)
			if r, ok := rounds[s.Job]; ok {
				j.Study, j.Round = hex.EncodeToString(r.Study[:]), r.Number
			}
			jobs = append(jobs, j)
		}
		return a.writeJSON(jobs)
	}
	if len(list) == 0 {
		fmt.Fprintln(a.out, "No questions yet.")
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "JOB\tSUBMITTED\tSTATE\tPURPOSE")
	for _, s := range list {
		state := string(s.State)
		switch {
		case s.Fault != nil:
			state += " " + s.Fault.Code
		case s.State == transport.Submitted && len(asked(s)) > 0:
			state += ", " + waitsAt(asked(s))
		case open[s.Job] && s.State != notSubmitted:
			state += ", not fetched"
		}
		if r, ok := rounds[s.Job]; ok {
			state += fmt.Sprintf(", round %d of study %s", r.Number, studyText(r.Study))
		}
		submitted := ""
		if !s.Submitted.IsZero() {
			submitted = s.Submitted.Local().Format(time.DateTime)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", store.JobID(s.Job), submitted, state, s.Purpose)
	}
	return w.Flush()
}

// asked lists the owners at which a person has to decide.
func asked(s transport.JobStatus) (owners []string) {
	for _, m := range s.Members {
		if m.State == parked {
			owners = append(owners, m.Member)
		}
	}
	return owners
}

func (a *app) show() *cobra.Command {
	return a.ofJob("show", "Show one question and what each owner did with it", func(ctx context.Context, client *analyst.Client, id store.JobID) error {
		s, err := client.Show(ctx, id)
		if err != nil {
			return err
		}
		if a.json() {
			return a.writeJSON(toJSON(s, nil))
		}
		return printJob(a.out, s)
	})
}

func printJob(out io.Writer, s transport.JobStatus) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "job\t%s\n", store.JobID(s.Job))
	fmt.Fprintf(w, "state\t%s\n", s.State)
	if s.Fault != nil {
		fmt.Fprintf(w, "because\t%s\n", s.Fault)
	}
	fmt.Fprintf(w, "attempt\t%d\n", s.Attempt)
	if s.Purpose != "" {
		fmt.Fprintf(w, "purpose\t%s\n", s.Purpose)
	}
	fmt.Fprintf(w, "submitted\t%s\nchanged\t%s\nexpires\t%s\n",
		s.Submitted.Local().Format(time.DateTime), s.Updated.Local().Format(time.DateTime), s.Expiry.Local().Format(time.DateTime))
	for _, m := range s.Members {
		why := ""
		if m.Fault != nil {
			why = m.Fault.Error()
		}
		state := m.State
		if state == parked {
			state = "waits for a person"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", m.Member, state, why)
	}
	return w.Flush()
}

func (a *app) watch() *cobra.Command {
	return a.ofJob("watch", "Follow a question until it is over", func(ctx context.Context, client *analyst.Client, id store.JobID) error {
		return client.Watch(ctx, id, func(p transport.Progress) {
			if a.json() {
				_ = a.writeLine(progressJSON(p))
				return
			}
			fmt.Fprintf(a.out, "%s  %s", p.Time.Local().Format(time.TimeOnly), describe(p))
			if p.Event == parked {
				fmt.Fprintf(a.out, "  %s", waitsAt([]string{p.Member}))
			} else if p.Member != "" {
				fmt.Fprintf(a.out, "  %s %s", p.Member, p.Event)
			}
			if p.Fault != nil {
				fmt.Fprintf(a.out, "  %s", p.Fault)
			}
			fmt.Fprintln(a.out)
		})
	})
}

func progressJSON(p transport.Progress) any {
	return struct {
		Job      string       `json:"job"`
		State    string       `json:"state"`
		Attempt  uint32       `json:"attempt"`
		Phase    uint8        `json:"phase"`
		Heard    uint32       `json:"heard"`
		Expected uint32       `json:"expected"`
		Event    string       `json:"event,omitempty"`
		Member   string       `json:"member,omitempty"`
		Fault    *fault.Fault `json:"fault,omitempty"`
		Time     time.Time    `json:"time"`
	}{store.JobID(p.Job).String(), string(p.State), p.Attempt, p.Phase, p.Heard, p.Expected, p.Event, p.Member, p.Fault, p.Time}
}

func (a *app) cancel() *cobra.Command {
	return a.ofJob("cancel", "Cancel a question that is not answered yet", func(ctx context.Context, client *analyst.Client, id store.JobID) error {
		return client.Cancel(ctx, id)
	})
}

func (a *app) resume() *cobra.Command {
	var q asking
	c := &cobra.Command{
		Use:   "resume JOB",
		Short: "Go on with a question that was interrupted, and print the answer",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := jobID(args[0])
			if err != nil {
				return err
			}
			return a.ask(c.Context(), &q, func(ctx context.Context, client *analyst.Client, o analyst.Options) (*analyst.Answer, error) {
				return client.Resume(ctx, id, o)
			})
		},
	}
	q.outputFlags(c.Flags())
	q.labFlag(c.Flags())
	return c
}
