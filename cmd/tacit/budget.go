package main

import (
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/budget"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/store"
)

func (a *app) budget() *cobra.Command {
	return &cobra.Command{
		Use:   "budget --config FILE",
		Short: "Show an owner's privacy budgets, and check them against its ledger",
		Long: `Lists what questions with noise have cost at an owner, for each of its tables and whoever
has an account there (by the charter, an organisation or an analyst). The worker may run meanwhile. Before anything
is shown, the signed ledger is verified, and every debit compared with it.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			cfg, err := config.LoadWorker(a.config, a.environ)
			if err != nil {
				return err
			}
			bundle, err := charter.ReadBundle(string(cfg.Space))
			if err != nil {
				return err
			}
			if err := bundle.Active(); err != nil {
				return err
			}
			lines, err := auditedLines(string(cfg.Store), bundle)
			if err != nil {
				return err
			}
			tables := slices.Sorted(maps.Keys(cfg.Tables))
			return a.printBudget(budget.AccountsOf(bundle.Charter(), tables, cfg.Accept.Budget), lines, bundle.Charter())
		},
	}
}

// auditedLines reads the accounts in a worker's store, which have to be those of its signed ledger.
func auditedLines(folder string, bundle *charter.Bundle) ([]budget.Line, error) {
	accounts, err := store.ReadBudget(folder)
	if err != nil {
		return nil, err
	}
	verified, err := accounts.Ledger.Export().Verify(ledger.In(bundle), anyClock)
	if err != nil {
		return nil, err
	}
	return accounts.Lines, accounts.Verify(verified)
}

type accountJSON struct {
	Table        string     `json:"table"`
	Organisation string     `json:"organisation,omitempty"` // whose account it is
	Analysts     []string   `json:"analysts"`               // who charges it
	Rule         string     `json:"rule"`                   // that set the limit
	Period       string     `json:"period"`                 // a debit counts for so long
	Delta        string     `json:"delta"`                  // of the epsilons
	Limit        lossJSON   `json:"limit"`
	Spent        lossJSON   `json:"spent"`
	Reserved     lossJSON   `json:"reserved"` // for questions that are under way
	Left         lossJSON   `json:"left"`
	Renews       *time.Time `json:"renews,omitempty"` // when some of it comes back
}

// lossJSON is an amount, and the epsilon that all of it together means.
type lossJSON struct {
	Rho     string `json:"rho"`
	Epsilon string `json:"epsilon"`
}

func loss(rho dp.Rho, delta dp.Delta) lossJSON {
	epsilon, err := rho.Epsilon(delta)
	if err != nil {
		return lossJSON{Rho: rho.String()}
	}
	return lossJSON{rho.String(), epsilon.String()}
}

func accountToJSON(account *budget.Account, lines []budget.Line, delta dp.Delta, now time.Time) accountJSON {
	s := account.At(now, lines)
	out := accountJSON{
		Table: s.Table, Organisation: s.Organisation, Analysts: s.Analysts, Rule: s.Rule, Period: charter.Duration(s.Period).String(), Delta: delta.String(),
		Limit: loss(s.Limit, delta), Spent: loss(s.Spent, delta), Reserved: loss(s.Reserved, delta), Left: loss(s.Left(), delta),
	}
	if renews := account.Renews(now, lines); !renews.IsZero() {
		renews = renews.UTC().Truncate(time.Second).Add(time.Second)
		out.Renews = &renews
	}
	return out
}

func (a *app) printBudget(accounts []budget.Account, lines []budget.Line, c *charter.Charter) error {
	list, now := []accountJSON{}, time.Now()
	delta, _ := dp.ParseDelta(c.Rules.Privacy.Budget.Delta) // of a charter that was checked
	for i := range accounts {
		list = append(list, accountToJSON(&accounts[i], lines, delta, now))
	}
	if a.json() {
		return a.writeJSON(list)
	}
	if len(list) == 0 {
		fmt.Fprintln(a.out, "The charter has no questions with noise, so nothing has a budget.")
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TABLE\tACCOUNT\tLIMIT\tSPENT\tRESERVED\tLEFT\tSOME OF IT RENEWS")
	for _, s := range list {
		who := s.Organisation
		if who == "" {
			who = s.Analysts[0]
		}
		renews := ""
		if s.Renews != nil {
			renews = s.Renews.Local().Format(time.DateTime)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.Table, plain(who), s.Limit.Rho, s.Spent.Rho, s.Reserved.Rho, s.Left.Rho, renews)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "in rho of zCDP, which adds up; a limit of rho %s means epsilon %s at delta %s; every debit is in the ledger\n",
		list[0].Limit.Rho, list[0].Limit.Epsilon, list[0].Delta)
	return nil
}
