package benchmarks

import "testing"

// The benchmark without processes works at its small size and finds its answer
// right; the others are run by the tests of the command line.
func TestMaskedSumQuick(t *testing.T) {
	result, err := MaskedSum.Run(t.Context(), Options{Seed: 1, Runs: 1, Quick: true, Say: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	if !result.Correct || len(result.Metrics) == 0 {
		t.Fatalf("%+v", result)
	}
}

func TestCheckFindsDifferences(t *testing.T) {
	want := [][]string{{"a", "1", "0.1"}}
	for name, c := range map[string]struct {
		got   [][]string
		equal bool
	}{
		"same":          {want, true},
		"rounding":      {[][]string{{"a", "1", "0.10000000000000002"}}, true},
		"decimal zeros": {[][]string{{"a", "1", "0.10"}}, true},
		"other integer": {[][]string{{"a", "2", "0.1"}}, false},
		"other double":  {[][]string{{"a", "1", "0.1001"}}, false},
		"other text":    {[][]string{{"b", "1", "0.1"}}, false},
		"row missing":   {nil, false},
		"column":        {[][]string{{"a", "1"}}, false},
	} {
		if err := check(c.got, want); (err == nil) != c.equal {
			t.Errorf("%s: %v", name, err)
		}
	}
}
