package statistic

import "slices"

// all statistics, in the order in which people find them.
func all() []*Statistic {
	return []*Statistic{
		describe(),
		tTest(), anova(), mannWhitney(), contingency(), mantelHaenszel(), mantelHaenszelRate(),
		tableOne(), proportion(), correlation(),
		incidence(), smr(), standardisedRate(), controlChart(), meta(),
		quantile(), ecdf(), histogram(),
		peakLoad(), loadProfile(), durationCurve(), percentileBands(), degreeDays(), capacity(), selfConsumption(), forecastError(), demandResponse(), footprint(),
		kaplanMeier(), logRank(),
		linear(), generalised(), cox(),
		roc(), calibration(), concordance(),
	}
}

// All returns every statistic.
func All() []*Statistic { return all() }

// Find returns a statistic by its name or an alias, nil if there is none.
func Find(name string) *Statistic {
	for _, s := range all() {
		if s.Name == name || slices.Contains(s.Aliases, name) {
			return s
		}
	}
	return nil
}

// Names returns every name and alias.
func Names() []string {
	var names []string
	for _, s := range all() {
		names = append(append(names, s.Name), s.Aliases...)
	}
	return names
}
