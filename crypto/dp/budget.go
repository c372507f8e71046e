package dp

import "fmt"

// Budget is an account in rho: a value, so that the old one stays what it was when an
// operation fails. Whoever keeps it writes the new one down before anything that it pays for
// leaves. The zero value allows nothing.
//
// A limit on the sum holds even if what each release costs is chosen after the answers before it
// were seen (Feldman and Zrnic, NeurIPS 2021: a Rényi filter).
type Budget struct {
	limit, spent Rho
}

// NewBudget returns an account with a limit of which some is spent, as it was written down. A
// limit that was lowered may be below what is spent: then nothing is left. The error is
// [ErrRange].
func NewBudget(limit, spent Rho) (Budget, error) {
	if limit > MaxRho || spent > MaxRho {
		return Budget{}, fmt.Errorf("%w: budget above %v", ErrRange, MaxRho)
	}
	return Budget{limit: limit, spent: spent}, nil
}

// Limit returns what may be spent in all.
func (b Budget) Limit() Rho { return b.limit }

// Spent returns what is spent.
func (b Budget) Spent() Rho { return b.spent }

// Remaining returns what is left.
func (b Budget) Remaining() Rho {
	if b.spent > b.limit {
		return 0
	}
	return b.limit - b.spent
}

// Debit returns the account after a release that costs r. Errors: [ErrOverdraft] if less is left;
// [ErrRange] if r is 0, for no release is free.
func (b Budget) Debit(r Rho) (Budget, error) {
	switch {
	case r == 0:
		return b, fmt.Errorf("%w: a debit of nothing", ErrRange)
	case r > b.Remaining():
		return b, fmt.Errorf("%w: costs %v, %v is left of %v", ErrOverdraft, r, b.Remaining(), b.limit)
	}
	b.spent += r
	return b, nil
}

// Refund returns the account after a debit of r is taken back, which is right only if there is
// proof that nothing was released. The error is [ErrRange] if r is more than what is spent.
func (b Budget) Refund(r Rho) (Budget, error) {
	if r > b.spent {
		return b, fmt.Errorf("%w: a refund of %v, %v is spent", ErrRange, r, b.spent)
	}
	b.spent -= r
	return b, nil
}
