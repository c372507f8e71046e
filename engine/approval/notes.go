package approval

import (
	"encoding/json"
	"time"

	"github.com/tacit-space/tacit/engine/plan"
)

// Notes are what people are shown beside the question itself. They hold no constants of a predicate.
type Notes struct {
	Earlier int       `json:"earlier"` // questions about the table that count when others are compared
	Nearest []Earlier `json:"nearest"` // the newest of them, at most [MaxNearest]
}

// MaxNearest earlier questions are described.
const MaxNearest = 20

// Earlier is one earlier question.
type Earlier struct {
	Job          string    `json:"job"`
	Organisation string    `json:"organisation"` // of who asked it
	At           time.Time `json:"at"`
	Differs      []string  `json:"differs"` // in what, by structure; empty: in nothing
}

// Marshal returns the notes as they are stored.
func (n *Notes) Marshal() []byte {
	b, err := json.Marshal(n)
	if err != nil {
		panic("approval: notes of plain fields do not encode: " + err.Error())
	}
	return b
}

// ParseNotes reads stored notes.
func ParseNotes(b []byte) (*Notes, error) {
	var n Notes
	if err := json.Unmarshal(b, &n); err != nil {
		return nil, Malformed.New("notes: %w", err)
	}
	return &n, nil
}

// Differs says in which parts two plans about one table differ.
func Differs(a, b *plan.Plan) []string {
	differ := []string{}
	for _, part := range []struct {
		name string
		of   func(*plan.Plan) string
	}{
		{"which rows (WHERE)", whereOf},
		{"the groups (GROUP BY)", func(p *plan.Plan) string { return (&plan.Plan{Keys: p.Keys}).SQL() }},
		{"the numbers", func(p *plan.Plan) string { return (&plan.Plan{Sums: p.Sums}).SQL() }},
	} {
		if part.of(a) != part.of(b) {
			differ = append(differ, part.name)
		}
	}
	return differ
}

func whereOf(p *plan.Plan) string {
	if p.Where == nil {
		return ""
	}
	return p.Where.SQL()
}
