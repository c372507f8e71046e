package config

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tacit-space/tacit/engine/strictyaml"
)

// What an approval rule does with a question.
const (
	ThenAccept = "accept"
	ThenAsk    = "ask" // a person
	ThenRefuse = "refuse"
)

// Defaults of [Approval].
const (
	DefaultExpire       = Duration(72 * time.Hour)
	DefaultMaxParked    = 100
	DefaultMaxOfAnalyst = 20
)

// Approval says which questions of those that charter and own rules allow are taken part in at
// once, which wait for a person, and which are refused. The first rule that fits counts.
type Approval struct {
	Rules        []ApprovalRule `yaml:"rules" help:"Rules in order; the first that fits counts."`
	Default      string         `yaml:"default" oneof:"accept,ask,refuse" help:"What is done if no rule fits."`
	Approvers    []Approver     `yaml:"approvers" help:"Who may approve and refuse; left out: whoever has the key file of this owner."`
	Needed       int            `yaml:"needed" range:"1,2" help:"Approvals that are needed, each of another approver. One refusal is enough to refuse."`
	Expire       Duration       `yaml:"expire" range:"1s,8760h" help:"How long a question waits for a person before it is refused; never longer than until it expires itself."`
	MaxParked    int            `yaml:"max_parked" range:"1,10000" help:"Questions that wait for a person; more are refused."`
	MaxOfAnalyst int            `yaml:"max_of_analyst" range:"1,10000" help:"Questions of one analyst that wait for a person; more are refused."`
	Notify       Notify         `yaml:"notify" help:"Who is told that a question waits."`
}

// ApprovalRule fits a question that fulfils all its conditions.
type ApprovalRule struct {
	Name      string   `yaml:"name" help:"Name for people; left out: its number, such as \"rule 2\"."`
	Analysts  []string `yaml:"analysts" help:"Ids of the analysts whose questions fit; left out: all."`
	Purposes  []string `yaml:"purposes" help:"Purposes that fit; left out: all."`
	Tables    []string `yaml:"tables" help:"Tables that fit; left out: all."`
	Templates []string `yaml:"templates" help:"Templates of the charter that fit; left out: every question, in the analyst's own words too."`
	MaxCells  int      `yaml:"max_cells" range:"0,1048576" help:"Questions with at most so many cells fit; 0: all."`
	Then      string   `yaml:"then" required:"true" oneof:"accept,ask,refuse" help:"What is done with a question that fits."`
}

// Approver is a person who may decide about questions.
type Approver struct {
	Name string `yaml:"name" required:"true" help:"Name for people, in the ledger too: lower-case letters, digits, _ and -."`
	Key  string `yaml:"key" required:"true" help:"Fingerprint of the approver's key, as \"tacit key show\" prints it."`
}

// Notify says where to post a notice when a question begins to wait.
type Notify struct {
	URL string `yaml:"url" help:"Address that gets a signed POST for every question that begins to wait; https, or http on this machine. Left out: nobody."`
}

// DefaultApproval accepts everything.
func DefaultApproval() Approval {
	return Approval{
		Default: ThenAccept, Needed: 1, Expire: DefaultExpire, MaxParked: DefaultMaxParked, MaxOfAnalyst: DefaultMaxOfAnalyst,
	}
}

var (
	approverName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)
	fingerprint  = regexp.MustCompile(`^tk1[a-z2-7]{52}$`)
)

// check adds what the tags cannot say, or say inside of lists.
func (a *Approval) check(path string, tables []string, ps *strictyaml.Problems) {
	names := map[string]bool{}
	for i := range a.Rules {
		r, at := &a.Rules[i], fmt.Sprintf("%s.rules[%d]", path, i)
		r.check(at, tables, ps)
		if r.Name != "" && names[r.Name] {
			ps.Add(at+".name", "%q is the name of another rule", r.Name)
		}
		names[r.Name] = true
	}
	a.checkApprovers(path, ps)
	if err := a.Notify.check(); err != nil {
		ps.Add(path+".notify.url", "%v", err)
	}
}

func (r *ApprovalRule) check(at string, tables []string, ps *strictyaml.Problems) {
	if !slices.Contains([]string{ThenAccept, ThenAsk, ThenRefuse}, r.Then) {
		ps.Add(at+".then", "%q is none of accept, ask, refuse", r.Then)
	}
	if r.MaxCells < 0 || r.MaxCells > 1<<20 {
		ps.Add(at+".max_cells", "%d outside [0, %d]", r.MaxCells, 1<<20)
	}
	if len(r.Name) > 64 || strings.ContainsFunc(r.Name, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		ps.Add(at+".name", "longer than 64 bytes, or not one line")
	}
	if slices.Contains(r.Templates, "") {
		ps.Add(at+".templates", "a name is empty")
	}
	for _, name := range r.Tables {
		if !slices.Contains(tables, name) {
			ps.Add(at+".tables", "table %q is not mapped%s", name, strictyaml.Suggest(name, tables))
		}
	}
}

func (a *Approval) checkApprovers(path string, ps *strictyaml.Problems) {
	names, keys := map[string]bool{}, map[string]bool{}
	for i, p := range a.Approvers {
		at := fmt.Sprintf("%s.approvers[%d]", path, i)
		switch {
		case !approverName.MatchString(p.Name):
			ps.Add(at+".name", "%q is no name: lower-case letters, digits, _ and -, at most 64", p.Name)
		case names[p.Name]:
			ps.Add(at+".name", "%q is the name of another approver", p.Name)
		}
		switch {
		case !fingerprint.MatchString(p.Key):
			ps.Add(at+".key", `not a fingerprint ("tk1" and 52 characters), as "tacit key show" prints it`)
		case keys[p.Key]:
			ps.Add(at+".key", "the key of another approver: each needs a key of its own")
		}
		names[p.Name], keys[p.Key] = true, true
	}
	if most := max(1, len(a.Approvers)); a.Needed > most {
		ps.Add(path+".needed", "%d approvals are needed, and there are %d approvers", a.Needed, most)
	}
}

// check demands a place that nobody on the way can read or pretend to be.
func (n *Notify) check() error {
	if n.URL == "" {
		return nil
	}
	u, err := url.Parse(n.URL)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return fmt.Errorf("wants an address such as https://hooks.example.org/tacit, without a password") // the text may hold one
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("wants https; http is only for this machine (127.0.0.1, ::1, localhost)")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
