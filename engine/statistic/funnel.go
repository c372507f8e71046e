package statistic

import (
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/result"
)

// funnelColumns are those of a funnel plot: what observed over expected events are predicted to lie between if the
// expected ones are right, at the confidence level and at 99.8 %, and where the group is.
var funnelColumns = []result.Column{
	doubleColumn("funnel_lower"), doubleColumn("funnel_upper"), doubleColumn("funnel_lower_998"), doubleColumn("funnel_upper_998"), textColumn("position"),
}

// farLevel is that of the outer limits, as funnel plots have it: three standard deviations of a normal distribution.
const farLevel = 0.998

// funnel returns the values of funnelColumns.
func funnel(ratio, expected, level float64) ([]result.Value, *fault.Fault) {
	lower, upper, f := inference.Funnel(expected, level)
	if f != nil {
		return nil, f
	}
	farLower, farUpper, f := inference.Funnel(expected, farLevel)
	if f != nil {
		return nil, f
	}
	position := "within"
	switch {
	case ratio > farUpper && ratio > upper:
		position = "far above"
	case ratio > upper:
		position = "above"
	case ratio < farLower && ratio < lower:
		position = "far below"
	case ratio < lower:
		position = "below"
	}
	return []result.Value{lower, upper, farLower, farUpper, position}, nil
}
