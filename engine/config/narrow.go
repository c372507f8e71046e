package config

import "github.com/tacit-space/tacit/engine/charter"

// Quota bounds how many questions are accepted.
type Quota = charter.Quota

// Column narrows what a column of a shared table may be used for, below what the charter allows.
type Column struct {
	Use        string   `yaml:"use" oneof:"charter,none" help:"none: questions that name the column are refused; left out, or charter: what the charter says."`
	Aggregates []string `yaml:"aggregates" oneof:"count,sum,avg,variance,covariance" help:"Aggregates that a measure may be used for, among those of the charter."`
	Grain      string   `yaml:"grain" oneof:"minute,hour,day,week,month,quarter,year" help:"Finest unit of a time, no finer than the charter's."`
	MinCohort  int      `yaml:"min_cohort" range:"0,20" help:"Units behind every number that is made with the column; a question whose numbers need fewer is refused."`
}

// Unused as [Column.Use] takes a column out.
const Unused = "none"

// Deny lists who is not served, and for what.
type Deny struct {
	Analysts      []string `yaml:"analysts" help:"Ids of analysts whose questions are refused."`
	Organisations []string `yaml:"organisations" help:"Organisations whose analysts' questions are refused."`
	Purposes      []string `yaml:"purposes" help:"Purposes that are refused."`
}
