package plan

import (
	"fmt"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
)

// slack is what a message has beside its vector or ciphertexts, at most, in bytes.
const slack = 4 << 20

// compared says what every owner looks at before it takes part, if a number of the plan is guarded.
func compared(p *Plan, ch *charter.Charter) []string {
	if len(Guards(p, ch)) == 0 {
		return nil
	}
	d := &ch.Rules.Differencing
	does := map[string]string{
		charter.DifferencingRefuse: "refuses it",
		charter.DifferencingAsk:    "asks a person",
		charter.DifferencingNote:   "notes that in its log",
	}[d.Rule()]
	if does == "" {
		return []string{"nothing by the charter: two questions may differ in a few units, and their answers show these"}
	}
	return []string{
		fmt.Sprintf("with itself, and with the questions of all analysts of the last %s: if numbers differ in a few units of an owner, the owner %s",
			charter.Duration(d.Span()), does),
		"an owner may be stricter",
	}
}

// longest returns the bytes of the longest message or result of the plan, about.
func longest(p *Plan, l *Layout) int64 {
	n := int64(p.Length()) * int64(p.Width/8)
	if l == nil {
		return n
	}
	s, err := l.Shape.Sizes()
	if err != nil {
		return 0
	}
	return int64(max(s.Share, s.Key, s.Opening, s.Result))
}

// tooLong says that a message is above what coordinators and workers take by default, "" if it is not.
func tooLong(p *Plan, l *Layout) string {
	n, most := longest(p, l), int64(config.DefaultMaxMessage)-slack
	if n <= most {
		return ""
	}
	return fmt.Sprintf("the longest message has about %s, above the %s that coordinator and workers take by default: the question is refused (TACIT-J013) unless they raised limits.max_message",
		size(n), size(most))
}
