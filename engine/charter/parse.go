package charter

import (
	"errors"

	"github.com/tacit-space/tacit/engine/strictyaml"
)

// Parse reads a charter text, validates and normalises it. Unknown keys are
// refused. All that is wrong comes as one [ErrInvalid] whose cause is
// [strictyaml.Problems], in the order of the text.
func Parse(text []byte) (*Charter, error) {
	c := &Charter{}
	places, err := strictyaml.Unmarshal(text, MaxText, "", c)
	var problems strictyaml.Problems
	if err != nil && !errors.As(err, &problems) {
		return nil, ErrInvalid.New("%w", err)
	}
	if problems.Readable() {
		problems = problems.Join(c.problems())
		places.Locate(problems)
	}
	if len(problems) > 0 {
		return nil, invalid(problems)
	}
	c.Normalise()
	return c, nil
}
