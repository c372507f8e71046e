package charter

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/strictyaml"
)

// ErrInvalid is raised for a charter that breaks a rule of the format.
var ErrInvalid = fault.Declare("TACIT-C001", "invalid charter",
	"The charter text cannot be read, or what it says is not a possible charter. The message lists every problem with its path and line.",
	"Correct the listed lines; docs/charter.md explains each key.")

// Validate checks everything that can be checked of a charter by itself and
// returns all that is wrong as one [ErrInvalid], whose cause is
// [strictyaml.Problems].
func (c *Charter) Validate() error {
	return invalid(c.problems())
}

func invalid(ps strictyaml.Problems) error {
	if len(ps) == 0 {
		return nil
	}
	return ErrInvalid.New("%w", ps)
}

// check collects problems under a path.
type check struct {
	problems *strictyaml.Problems
	path     string
}

func (k check) fail(format string, args ...any) { k.problems.Add(k.path, format, args...) }

func (k check) at(format string, args ...any) check {
	key := fmt.Sprintf(format, args...)
	if k.path != "" && !strings.HasPrefix(key, "[") {
		key = "." + key
	}
	return check{k.problems, k.path + key}
}

// within reports whether v lies in [lo, hi], and fails otherwise.
func (k check) within(v, lo, hi int64) {
	if v < lo || v > hi {
		k.fail("%d outside %d to %d", v, lo, hi)
	}
}

// least checks that a list is long enough; see [Charter.oversize] for the other end.
func (k check) least(n, lo int) {
	if n < lo {
		k.fail("%d entries, wants at least %d", n, lo)
	}
}

// most checks that a list is not too long.
func (k check) most(n, hi int) {
	if n > hi {
		k.fail("%d entries, at most %d", n, hi)
	}
}

// title checks text that people read: printable, one line, short.
func (k check) title(text string) {
	if len(text) > MaxTitle {
		k.fail("%d bytes long, at most %d", len(text), MaxTitle)
	} else if reason := unprintable(text); reason != "" {
		k.fail("%s", reason)
	}
}

// unprintable returns why text cannot be shown faithfully on one line, "" if it can.
func unprintable(text string) string {
	switch {
	case !utf8.ValidString(text):
		return "not UTF-8 text"
	case strings.TrimSpace(text) != text:
		return "begins or ends with space"
	case strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0:
		return "holds a character that cannot be shown on one line"
	}
	return ""
}

// oneOf checks a word against a closed list.
func (k check) oneOf(word string, words ...string) {
	if !slices.Contains(words, word) {
		k.fail("%q is none of %s%s", clip(word), strings.Join(words, ", "), strictyaml.Suggest(word, words))
	}
}

// unique fails at each entry that is equal to an earlier one.
func (k check) unique(words []string, key string) {
	seen := map[string]int{}
	for i, w := range words {
		if first, dup := seen[w]; dup {
			k.at("[%d]%s", i, key).fail("the same as %s[%d]", k.path, first)
			continue
		}
		seen[w] = i
	}
}

func clip(s string) string {
	if len(s) <= MaxID {
		return s
	}
	return strings.ToValidUTF8(s[:MaxID], "") + "…"
}

var (
	idPattern   = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
	namePattern = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)
)

func (k check) id(id string) {
	if len(id) > MaxID || !idPattern.MatchString(id) {
		k.fail("%q is no id: lower-case letters, digits, _ and -, beginning with a letter or digit, at most %d", clip(id), MaxID)
	}
}

func (k check) name(name string) {
	if len(name) > MaxName || !namePattern.MatchString(name) {
		k.fail("%q is no name: lower-case letters, digits and _, not beginning with a digit, at most %d", clip(name), MaxName)
	}
}

// ColumnNameFault returns why a text cannot name a column, "" if it can. Any
// printable line will do, as owners' files have them ("ph.ecog", "Größe (cm)"); in
// SQL such names are written in double quotes.
func ColumnNameFault(name string) string {
	switch {
	case name == "":
		return "empty"
	case len(name) > MaxName:
		return fmt.Sprintf("%d bytes long, at most %d", len(name), MaxName)
	}
	return unprintable(name)
}

func (k check) columnName(name string) {
	if reason := ColumnNameFault(name); reason != "" {
		k.fail("%s", reason)
	}
}

func (c *Charter) problems() strictyaml.Problems {
	var ps strictyaml.Problems
	k := check{problems: &ps}
	c.oversize(k)
	if len(ps) > 0 {
		return ps
	}
	if c.Format != Format {
		k.at("tacit").fail("wants %q; other formats are not read by this version", Format)
	}
	k.at("space").id(c.Space)
	k.at("version").within(int64(c.Version), 1, 1_000_000)
	c.checkPrevious(k.at("previous"))
	c.checkAmend(k.at("amend"))
	c.checkRules(k.at("rules"))
	c.checkMembers(k.at("members"))
	c.checkTables(k.at("tables"))
	c.checkRequired(k.at("rules.privacy"))
	c.checkTemplates(k.at("templates"))
	return ps
}

// oversize checks the length of every list before anything looks into them: a
// charter may come from anybody, and some checks compare lists with each other.
func (c *Charter) oversize(k check) {
	k.at("rules.purposes").most(len(c.Rules.Purposes), MaxPurposes)
	k.at("members").most(len(c.Members), MaxMembers)
	k.at("tables").most(len(c.Tables), MaxTables)
	k.at("templates").most(len(c.Templates), MaxTemplates)
	for i := range c.Templates {
		c.Templates[i].oversize(k.at("templates[%d]", i))
	}
	k.at("rules.quotas").most(len(c.Rules.Quotas), MaxQuotas)
	for i := range c.Rules.Quotas {
		c.Rules.Quotas[i].oversize(k.at("rules.quotas[%d]", i))
	}
	for i := range c.Members {
		k.at("members[%d].roles", i).most(len(c.Members[i].Roles), len(roles))
	}
	for i := range c.Tables {
		t, k := &c.Tables[i], k.at("tables[%d]", i)
		k.at("owners").most(len(t.Owners), MaxMembers)
		k.at("analysts").most(len(t.Analysts), MaxMembers)
		k.at("purposes").most(len(t.Purposes), MaxPurposes)
		k.at("columns").most(len(t.Columns), MaxColumns)
		for j := range t.Columns {
			col, k := &t.Columns[j], k.at("columns[%d]", j)
			k.at("domain").most(len(col.Domain), MaxDomain)
			k.at("range").most(len(col.Range), 2)
			k.at("aggregates").most(len(col.Aggregates), len(Aggregates))
		}
	}
}

func (c *Charter) checkAmend(k check) {
	k.at("rule").oneOf(c.Amend.Rule, Unanimous, Quorum)
	q := k.at("quorum")
	if c.Amend.Rule != Quorum {
		if c.Amend.Quorum != 0 {
			q.fail("belongs to the rule %q only", Quorum)
		}
		return
	}
	n := len(c.Members)
	if c.Amend.Quorum <= n/2 || c.Amend.Quorum > n {
		q.fail("%d of %d members: wants more than half and at most all", c.Amend.Quorum, n)
	}
}

func (c *Charter) checkRules(k check) {
	r := &c.Rules
	k.at("min_contributors").within(int64(r.MinContributors), MinOwners, MaxMembers)
	k.at("tolerated_corruption").within(int64(r.ToleratedCorruption), 1, MaxMembers)
	p := k.at("purposes")
	p.unique(r.Purposes, "")
	for i, text := range r.Purposes {
		if text == "" {
			p.at("[%d]", i).fail("empty")
		}
		p.at("[%d]", i).title(text)
	}
	k.at("max_cells").within(int64(r.Cells()), 1, MaxCellsLimit)
	k.at("verification").oneOf(r.Verify(), VerifyAll, VerifySome, VerifyNone)
	d := k.at("differencing")
	d.at("mode").oneOf(r.Differencing.Rule(), DifferencingRefuse, DifferencingAsk, DifferencingNote, DifferencingOff)
	if w := r.Differencing.Span(); w < MinWindow || w > MaxWindow {
		d.at("window").fail("%s outside %s to %s", r.Differencing.Window, Duration(MinWindow), Duration(MaxWindow))
	}
	r.Privacy.check(k.at("privacy"))
	if r.Questions != "" {
		k.at("questions").oneOf(r.Questions, QuestionsAny, QuestionsTemplates)
	}
	c.CheckQuotas(r.Quotas, k.at("quotas").path, k.problems)
	if l := r.Lifetime(); l < MinJobLifetime || l > MaxJobLifetime {
		k.at("job_lifetime").fail("%s outside 1m to %s", r.JobLifetime, Duration(MaxJobLifetime))
	}
}

func (c *Charter) checkMembers(k check) {
	k.least(len(c.Members), MinOwners+1)
	var ids, keys []string
	for i := range c.Members {
		m := &c.Members[i]
		ids, keys = append(ids, m.ID), append(keys, m.Key)
		m.check(k.at("[%d]", i))
	}
	k.unique(ids, ".id")
	k.unique(keys, ".key")
	if n := len(c.WithRole(Coordinator)); n != 1 {
		k.fail("%d members with the role coordinator, wants exactly 1", n)
	}
	if n := len(c.WithRole(Owner)); n < MinOwners {
		k.fail("%d members with the role owner, wants at least %d", n, MinOwners)
	}
	if len(c.WithRole(Analyst)) == 0 {
		k.fail("no member with the role analyst: nobody could ask")
	}
}

// fingerprintPattern is "tk1" and 52 characters of base32 (identity.Public.Fingerprint).
var fingerprintPattern = regexp.MustCompile(`^tk1[a-z2-7]{52}$`)

var roles = []string{string(Owner), string(Analyst), string(Coordinator), string(Auditor)}

func (m *Member) check(k check) {
	k.at("id").id(m.ID)
	k.at("organisation").title(m.Organisation)
	if m.Organisation == "" {
		k.at("organisation").fail("empty")
	}
	if !fingerprintPattern.MatchString(m.Key) {
		k.at("key").fail(`not a fingerprint ("tk1" and 52 characters), as "tacit key show" prints it`)
	}
	own := k.at("roles")
	own.least(len(m.Roles), 1)
	words := make([]string, len(m.Roles))
	for i, r := range m.Roles {
		words[i] = string(r)
		own.at("[%d]", i).oneOf(words[i], roles...)
	}
	own.unique(words, "")
	if m.HasRole(Coordinator) && len(m.Roles) > 1 {
		own.fail("the coordinator has no other role: it must not hold data or results")
	}
}

func (c *Charter) checkTables(k check) {
	k.least(len(c.Tables), 1)
	var names []string
	for i := range c.Tables {
		names = append(names, c.Tables[i].Name)
		c.Tables[i].check(k.at("[%d]", i))
		c.checkOwners(&c.Tables[i], k.at("[%d].owners", i))
		c.checkAnalysts(k.at("[%d].analysts", i), c.Tables[i].Analysts)
		c.checkPurposes(k.at("[%d].purposes", i), c.Tables[i].Purposes)
	}
	k.unique(names, ".name")
}

// checkOwners checks that the owners of a table are owners, and that the rules of
// the space can hold for so many: n_min >= max(t, T+2) with the smallest t that
// satisfies 2t > n + T.
func (c *Charter) checkOwners(t *Table, k check) {
	k.unique(t.Owners, "")
	n := 0
	for i, id := range t.Owners {
		if !c.HasRole(id, Owner) {
			k.at("[%d]", i).fail("%q is no member with the role owner", clip(id))
			continue
		}
		n++
	}
	if len(t.Owners) == 0 {
		n = len(c.WithRole(Owner))
	}
	c.checkParameters(n, k)
}

func (c *Charter) checkParameters(n int, k check) {
	nMin, corrupt := c.Rules.MinContributors, c.Rules.ToleratedCorruption
	threshold := Threshold(n, corrupt)
	switch {
	case n < MinOwners:
		k.fail("%d owners, wants at least %d", n, MinOwners)
	case threshold > n || corrupt+2 > n:
		k.fail("%d owners cannot tolerate %d corrupt ones", n, corrupt)
	case nMin > n:
		k.fail("%d owners, but rules.min_contributors wants %d", n, nMin)
	case nMin < max(threshold, corrupt+2):
		k.fail("with %d owners and %d tolerated corruptions, rules.min_contributors must be at least %d",
			n, corrupt, max(threshold, corrupt+2))
	}
}
