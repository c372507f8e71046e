package plan

import (
	"errors"
	"fmt"
	"slices"
)

// shape checks the canonical form.
func (m *Model) shape(sums []Sum) error {
	weighted := slices.ContainsFunc(sums, func(s Sum) bool { return s.Weight != Unweighted })
	if m == nil {
		if weighted {
			return errors.New("a weighted sum without a model")
		}
		return nil
	}
	switch {
	case !weighted:
		return errors.New("a model that no sum is weighted with")
	case len(m.Terms) < 1 || len(m.Terms) > MaxTerms:
		return fmt.Errorf("a model of %d terms outside [1, %d]", len(m.Terms), MaxTerms)
	case len(m.Coefficients) != len(m.Terms):
		return fmt.Errorf("%d coefficients of %d terms", len(m.Coefficients), len(m.Terms))
	case m.Offset == "" && m.LogOffset:
		return errors.New("the logarithm of no offset")
	}
	if m.Offset == "" && slices.ContainsFunc(sums, func(s Sum) bool { return s.Weight == Shift }) {
		return errors.New("a sum weighted with no offset")
	}
	if m.Offset != "" {
		if err := name(m.Offset); err != nil {
			return err
		}
	}
	for i := range m.Terms {
		if c := m.Coefficients[i]; c.Kind != Decimal || len(c.Text) > maxCoefficient || !c.canonical() {
			return errors.New("a coefficient that is no canonical decimal")
		}
		if err := m.Terms[i].shape(); err != nil {
			return fmt.Errorf("term %d: %w", i+1, err)
		}
		if slices.ContainsFunc(m.Terms[:i], m.Terms[i].equal) {
			return fmt.Errorf("term %d is a repetition", i+1)
		}
	}
	return nil
}

func (t *ModelTerm) equal(o ModelTerm) bool {
	return slices.Equal(t.Factors, o.Factors) && slices.Equal(t.Levels, o.Levels)
}

func (t *ModelTerm) shape() error {
	if len(t.Factors) > MaxFactors || len(t.Levels) > MaxFactors || !slices.IsSorted(t.Factors) {
		return errors.New("factors that are too many or not sorted")
	}
	for _, f := range t.Factors {
		if err := name(f); err != nil {
			return err
		}
	}
	for i, l := range t.Levels {
		if err := name(l.Column); err != nil {
			return err
		}
		if i > 0 && t.Levels[i-1].Column >= l.Column || l.Value.Kind == Null || !l.Value.canonical() {
			return errors.New("levels that are not sorted, of one column, or not canonical")
		}
	}
	return nil
}

// weightShape checks the weight and the number of factors of a sum.
func (s *Sum) weightShape() error {
	switch {
	case s.Weight == Unweighted && s.Fraction != 0 || s.Fraction > 62:
		return errors.New("a fraction of what is not weighted, or too large")
	case s.Weight > Shift:
		return fmt.Errorf("unknown weight %d", s.Weight)
	case s.Weight == Unweighted && len(s.Factors) > 2:
		return errors.New("more than two factors")
	case (s.Weight == Entropy || s.Weight == LogFactorial) && len(s.Factors) != 1:
		return errors.New("an entropy, or the factorial, of other than one factor")
	case len(s.Factors) > MaxFactors:
		return fmt.Errorf("more than %d factors", MaxFactors)
	}
	return nil
}
