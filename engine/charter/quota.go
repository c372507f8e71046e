package charter

import (
	"slices"
	"strconv"

	"github.com/tacit-space/tacit/crypto/wire"
	"github.com/tacit-space/tacit/engine/strictyaml"
)

// Quota bounds how many questions an owner takes part in. Each owner counts by itself; a
// question counts from the owner's decision to take part, however it ends.
type Quota struct {
	Per           string   `yaml:"per" required:"true" oneof:"analyst,organisation" help:"analyst, or organisation: all analysts of one organisation share it."`
	Analysts      []string `yaml:"analysts,omitempty" help:"Ids of the analysts whose questions it bounds; left out: all."`
	Organisations []string `yaml:"organisations,omitempty" help:"Organisations of the analysts whose questions it bounds; left out: all."`
	Tables        []string `yaml:"tables,omitempty" help:"Tables about which questions count; left out: all."`
	Questions     int      `yaml:"questions" required:"true" range:"1,1000000" help:"Most questions in any period."`
	Period        Duration `yaml:"period" required:"true" range:"1m,8760h" help:"Length of the period, which ends now: 24h counts the questions of the last 24 hours."`
}

// Applies reports whether a question of an analyst about a table is bounded.
func (q *Quota) Applies(analyst, organisation, table string) bool {
	among := func(list []string, word string) bool { return len(list) == 0 || slices.Contains(list, word) }
	return among(q.Analysts, analyst) && among(q.Organisations, organisation) && among(q.Tables, table)
}

// CheckQuotas adds what is wrong with quotas, under a path: those of the charter, or
// those of an owner's own configuration.
func (c *Charter) CheckQuotas(quotas []Quota, path string, problems *strictyaml.Problems) {
	k := check{problems, path}
	for i := range quotas {
		c.checkQuota(k.at("[%d]", i), &quotas[i])
	}
}

func (c *Charter) checkQuota(k check, q *Quota) {
	var organisations, tables []string
	for _, m := range c.WithRole(Analyst) {
		organisations = append(organisations, m.Organisation)
	}
	for i := range c.Tables {
		tables = append(tables, c.Tables[i].Name)
	}
	k.at("per").oneOf(q.Per, PerAnalyst, PerOrganisation)
	c.checkAnalysts(k.at("analysts"), q.Analysts)
	k.at("organisations").known(q.Organisations, organisations, "organisation of an analyst")
	k.at("tables").known(q.Tables, tables, "table of the charter")
	k.at("questions").within(int64(q.Questions), 1, MaxQuota)
	if p := q.Period.Std(); p < MinQuotaPeriod || p > MaxQuotaPeriod {
		k.at("period").fail("%s outside %s to %s", q.Period, Duration(MinQuotaPeriod), Duration(MaxQuotaPeriod))
	}
}

// known checks that each word is one of a list, and no word stands twice.
func (k check) known(words, all []string, what string) {
	k.unique(words, "")
	for i, w := range words {
		if !slices.Contains(all, w) {
			k.at("[%d]", i).fail("%q is no %s%s", clip(w), what, strictyaml.Suggest(w, all))
		}
	}
}

func (q *Quota) normalise() {
	q.Analysts, q.Organisations, q.Tables = sorted(q.Analysts), sorted(q.Organisations), sorted(q.Tables)
}

// oversize checks the lengths of lists; see [Charter.oversize].
func (q *Quota) oversize(k check) {
	k.at("analysts").most(len(q.Analysts), MaxMembers)
	k.at("organisations").most(len(q.Organisations), MaxMembers)
	k.at("tables").most(len(q.Tables), MaxTables)
}

func (q *Quota) write(w *wire.Writer) {
	w.String(q.Per)
	writeStrings(w, q.Analysts)
	writeStrings(w, q.Organisations)
	writeStrings(w, q.Tables)
	w.U32(uint32(q.Questions))
	w.U64(uint64(q.Period))
}

func (p *printer) quotas(all []Quota) {
	if len(all) == 0 {
		return
	}
	p.line("  quotas:")
	for i := range all {
		p.line("    - %s", flow(all[i].pairs()))
	}
}

func (q *Quota) pairs() []pair {
	pairs := []pair{{"per", scalar(q.Per)}}
	pairs = optional(pairs, "analysts", list(q.Analysts), len(q.Analysts) > 0)
	pairs = optional(pairs, "organisations", list(q.Organisations), len(q.Organisations) > 0)
	pairs = optional(pairs, "tables", list(q.Tables), len(q.Tables) > 0)
	return append(pairs, pair{"questions", strconv.Itoa(q.Questions)}, pair{"period", q.Period.String()})
}

// String is the quota on one line, as a charter writes it.
func (q Quota) String() string { return flow(q.pairs()) }
