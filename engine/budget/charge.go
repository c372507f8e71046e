package budget

import (
	"fmt"
	"time"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/fault"
)

// Charge is what a question costs, and the accounts that must all allow it.
type Charge struct {
	Table        string
	Analyst      string // member id
	Organisation string // of the analyst
	Rho          dp.Rho // above 0
	Accounts     []Account
}

// Overdraft says that an account does not allow a charge. Its text is for the owner; what
// others see is [Overdraft.Fault].
type Overdraft struct {
	State State
	Price dp.Rho
	Fits  time.Time // when the price would fit, if nothing else is asked until then
	Ever  bool      // that time exists
}

// Error implements error.
func (o *Overdraft) Error() string {
	return fmt.Sprintf("budget: costs rho %s, %s is left of %s", o.Price, o.State.Left(), o.State.Limit)
}

// Fault is what is said about it: without numbers, unless the owner discloses its budgets.
func (o *Overdraft) Fault(disclose bool) *fault.Fault {
	if !o.Ever {
		return TooDear.New("the question costs rho %s, which is more than the whole budget for table %q at this owner", o.Price, o.State.Table)
	}
	if !disclose {
		return Spent.New("the question costs rho %s, and less is left for table %q at this owner", o.Price, o.State.Table)
	}
	return Spent.New("the question costs rho %s, %s is left of %s for table %q at this owner; it fits from %s on, if nothing else is asked",
		o.Price, o.State.Left(), o.State.Limit, o.State.Table, o.Fits.UTC().Truncate(time.Second).Add(time.Second).Format(time.RFC3339))
}
