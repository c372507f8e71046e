package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/approval"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/keyfile"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/webhook"
	"github.com/tacit-space/tacit/engine/worker"
)

// inbox is what waits for a person at the owner of a configuration.
type inbox struct {
	cfg    *config.Worker
	bundle *charter.Bundle
	owner  *charter.Member
	panel  *approval.Panel
	store  *store.Inbox
}

// openInbox opens it. No secret key is needed, if the public file is beside it.
func (a *app) openInbox() (*inbox, error) {
	if err := a.plainFormat(); err != nil {
		return nil, err
	}
	cfg, err := config.LoadWorker(a.config, a.environ)
	if err != nil {
		return nil, err
	}
	bundle, err := charter.ReadBundle(string(cfg.Space))
	if err != nil {
		return nil, err
	}
	public, err := a.publicOf(cfg)
	if err != nil {
		return nil, err
	}
	owner := bundle.Holder(public)
	if owner == nil {
		return nil, ErrNotMember.New("the key %s in %s is no member's of space %s", public.Fingerprint(), cfg.Key, bundle.Charter().Space)
	}
	state, err := store.OpenInbox(string(cfg.Store))
	if err != nil {
		return nil, err
	}
	return &inbox{cfg, bundle, owner, worker.PanelOf(cfg.Approval, owner.ID, owner.Key), state}, nil
}

func (a *app) publicOf(cfg *config.Worker) (identity.Public, error) {
	_, public, err := keyfile.ReadPublic(keyfile.PublicPath(string(cfg.Key)))
	if err == nil {
		return public, nil
	}
	id, err := a.readKey(string(cfg.Key), string(cfg.PassphraseFile))
	if err != nil {
		return public, err
	}
	return id.Public(), nil
}

// find returns the question whose id begins with a text.
func (b *inbox) find(prefix string) (*question, error) {
	waiting, err := b.store.Waiting()
	if err != nil {
		return nil, err
	}
	var found []store.Parked
	for _, p := range waiting {
		if prefix != "" && strings.HasPrefix(p.ID.String(), strings.ToLower(prefix)) {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 0:
		return nil, approval.NotWaiting.New("no question that waits here begins with %q", prefix)
	case 1:
		return b.read(found[0])
	}
	return nil, approval.Ambiguous.New("%d questions that wait here begin with %q", len(found), prefix)
}

func (a *app) inbox() *cobra.Command {
	c := &cobra.Command{
		Use:   "inbox --config FILE",
		Short: "Decide about questions that wait for a person",
		Long: `Lists the questions that wait for a person at an owner: those that a rule of the owner
(approval, in the worker's configuration) or of the charter does not answer by itself. The worker
may run meanwhile, and goes on within a second after an answer; it may be down as well. An ID can be
shortened, as long as it is unique.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return a.withInbox(a.listInbox)
		},
	}
	c.AddCommand(a.inboxShow(), a.inboxApprove(), a.inboxRefuse(), a.inboxWebhookKey())
	return c
}

func (a *app) withInbox(do func(*inbox) error) error {
	b, err := a.openInbox()
	if err != nil {
		return err
	}
	return errors.Join(do(b), b.store.Close())
}

func (a *app) listInbox(b *inbox) error {
	waiting, err := b.store.Waiting()
	if err != nil {
		return err
	}
	questions := []*question{}
	for _, p := range waiting {
		q, err := b.read(p)
		if err != nil {
			return err
		}
		questions = append(questions, q)
	}
	if a.json() {
		list := []inboxJSON{}
		for _, q := range questions {
			list = append(list, q.json())
		}
		return a.writeJSON(list)
	}
	if len(questions) == 0 {
		fmt.Fprintln(a.out, "Nothing waits.")
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tWHO\tTABLE\tCELLS\tBECAUSE\tUNTIL\tAPPROVALS\tPURPOSE")
	for _, q := range questions {
		fmt.Fprintf(w, "%.8s\t%s\t%s\t%d\t%s\t%s\t%d of %d\t%s\n", q.ID, q.Analyst, q.plan().Table, q.plan().Cells(), q.because(),
			q.Deadline.Local().Format(time.DateTime), len(q.said.Approved), b.panel.Needed, plain(q.job.Purpose))
	}
	return w.Flush()
}

func (a *app) inboxShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show a question: who asks what for which purpose, and what would leave",
		Long: `Shows everything that a person needs to decide about a question that waits. Of one that is decided
it shows what was decided and which rule did it, as long as the worker keeps its record.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.withInbox(func(b *inbox) error {
				q, err := b.find(args[0])
				if approval.NotWaiting.Is(err) {
					return a.showDecided(b, args[0], err)
				}
				if err != nil {
					return err
				}
				if a.json() {
					return a.writeJSON(q.json())
				}
				return q.print(a.out)
			})
		},
	}
}

// answering are the flags of who answers.
type answering struct{ key, passphraseFile string }

func (k *answering) flags(c *cobra.Command) {
	c.Flags().StringVar(&k.key, "key", "", "key file of the approver; left out: that of the owner")
	c.Flags().StringVar(&k.passphraseFile, "passphrase-file", "", "file with the passphrase of the key file")
}

func (a *app) inboxApprove() *cobra.Command {
	var by answering
	c := &cobra.Command{
		Use:   "approve ID [--key FILE]",
		Short: "Approve a question",
		Long: `Signs that you approve the question as tacit inbox show shows it. The worker verifies that, checks
everything again, and takes part. If approval.needed is 2, two approvers have to.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.withInbox(func(b *inbox) error {
				return a.answer(b, args[0], &by, approval.Answer{Decision: approval.Approve})
			})
		},
	}
	by.flags(c)
	return c
}

func (a *app) inboxRefuse() *cobra.Command {
	var by answering
	var said approval.Answer
	c := &cobra.Command{
		Use:   "refuse ID --reason TEXT [--tell] [--key FILE]",
		Short: "Refuse a question",
		Long: `Signs that you refuse the question. One approver is enough for that. The reason stays in the
records of the owner; with --tell the analyst, and the coordinator, are told it too.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if strings.TrimSpace(said.Reason) == "" || len(said.Reason) > approval.MaxReason {
				return ErrUsage.New("--reason wants a text of at most %d bytes", approval.MaxReason)
			}
			said.Decision = approval.Refuse
			return a.withInbox(func(b *inbox) error { return a.answer(b, args[0], &by, said) })
		},
	}
	by.flags(c)
	c.Flags().StringVar(&said.Reason, "reason", "", "why, for the owner's records")
	c.Flags().BoolVar(&said.Tell, "tell", false, "tell the analyst the reason")
	_ = c.MarkFlagRequired("reason")
	return c
}

// answer signs and stores what a person says to a question.
func (a *app) answer(b *inbox, prefix string, by *answering, said approval.Answer) error {
	q, err := b.find(prefix)
	if err != nil {
		return err
	}
	file, passphrase := by.key, by.passphraseFile
	if file == "" {
		file, passphrase = string(b.cfg.Key), string(b.cfg.PassphraseFile)
	}
	who, err := a.readKey(file, passphrase)
	if err != nil {
		return err
	}
	name := b.panel.Name(who.Public().Fingerprint())
	if err := q.mayAnswer(name, said.Decision, who.Public().Fingerprint()); err != nil {
		return err
	}
	c := q.theCase()
	said.Space, said.Owner, said.Job, said.Manifest, said.Shown = c.Space, c.Owner, c.Job, c.Manifest, c.Shown
	said.Time = time.Now().Unix()
	body, err := approval.Sign(said, who)
	if err != nil {
		return err
	}
	err = b.store.Answer(q.ID, body)
	if errors.Is(err, store.ErrMissing) {
		return approval.NotWaiting.New("question %s waits no more", q.ID)
	}
	if err != nil {
		return err
	}
	return a.printAnswer(q, name, said.Decision)
}

func (a *app) printAnswer(q *question, name string, d approval.Decision) error {
	missing := q.needed - len(q.said.Approved)
	if d == approval.Approve {
		missing--
	}
	if a.json() {
		return a.writeJSON(struct {
			Job     string `json:"job"`
			Said    string `json:"said"`
			By      string `json:"by"`
			Missing int    `json:"missing_approvals"`
		}{q.ID.String(), d.String(), name, max(0, missing)})
	}
	switch {
	case d == approval.Refuse:
		fmt.Fprintf(a.out, "%s refuses %s.\n", name, q.ID)
	case missing > 0:
		fmt.Fprintf(a.out, "%s approves %s. One more approver has to.\n", name, q.ID)
	default:
		fmt.Fprintf(a.out, "%s approves %s. The worker checks everything once more, and takes part.\n", name, q.ID)
	}
	return nil
}

func (a *app) inboxWebhookKey() *cobra.Command {
	return &cobra.Command{
		Use:   "webhook-key",
		Short: "Print the public key with which notices are verified",
		Long: `Prints the key for the receiver of approval.notify.url, in the form of Standard Webhooks ("whpk_…").
It is derived from the owner's key, and does not change as long as that does not.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			cfg, err := config.LoadWorker(a.config, a.environ)
			if err != nil {
				return err
			}
			who, err := a.readKey(string(cfg.Key), string(cfg.PassphraseFile))
			if err != nil {
				return err
			}
			text := webhook.PublicText(webhook.Key(who))
			if a.json() {
				return a.writeJSON(struct {
					Key string `json:"key"`
				}{text})
			}
			_, err = fmt.Fprintln(a.out, text)
			return err
		},
	}
}
