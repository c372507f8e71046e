package main

import (
	"github.com/spf13/pflag"

	"github.com/tacit-space/tacit/engine/query"
)

// noising holds the flags that ask for noise. They add the clause WITH PRIVACY to a query.
type noising struct {
	epsilon, delta string
	onlyRequired   bool
}

func (n *noising) flags(f *pflag.FlagSet) {
	f.StringVar(&n.epsilon, "epsilon", "", "add noise for this privacy loss, as WITH PRIVACY (epsilon …) at the end of the query does")
	f.StringVar(&n.delta, "delta", "", "the probability that goes with --epsilon (default: the charter's largest)")
	f.BoolVar(&n.onlyRequired, "only-required", false, "with --epsilon: noise only where the charter requires it")
}

// arguments are the flags as a command line has them.
func (n *noising) arguments() []string {
	var line []string
	for flag, value := range map[string]string{"--epsilon": n.epsilon, "--delta": n.delta} {
		if value != "" {
			line = append(line, flag, value)
		}
	}
	if n.onlyRequired {
		line = append(line, "--only-required")
	}
	return line
}

// noised is the query with the clause that the flags stand for.
func (a *app) noised(sql string, n *noising) (string, error) {
	if n.epsilon == "" {
		if n.delta != "" || n.onlyRequired {
			return "", ErrUsage.New("--delta and --only-required belong to --epsilon")
		}
		return sql, nil
	}
	with, err := query.AddPrivacy(sql, n.epsilon, n.delta, n.onlyRequired)
	if err != nil {
		return "", err
	}
	a.query = with
	return with, nil
}
