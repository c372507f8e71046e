package demo

import "testing"

func TestDifference(t *testing.T) {
	const want = `{"columns": [{"name": "g", "type": "VARCHAR"}, {"name": "n", "type": "BIGINT"}, {"name": "x", "type": "DOUBLE"}, {"name": "d", "type": "DECIMAL(38,1)"}],
		"rows": [["a", 1, 0.1, "2.0"], [null, 2, null, "3.5"]]}`
	for name, c := range map[string]struct {
		got   string
		equal bool
	}{
		"same":           {want, true},
		"rounding":       {`{"columns": [{"name": "g", "type": "VARCHAR"}, {"name": "n", "type": "BIGINT"}, {"name": "x", "type": "DOUBLE"}, {"name": "d", "type": "DECIMAL(38,1)"}], "rows": [["a", 1, 0.10000000000000002, "2"], [null, 2, null, "3.5"]]}`, true},
		"another number": {`{"columns": [{"name": "g", "type": "VARCHAR"}, {"name": "n", "type": "BIGINT"}, {"name": "x", "type": "DOUBLE"}, {"name": "d", "type": "DECIMAL(38,1)"}], "rows": [["a", 1, 0.1, "2.0"], [null, 3, null, "3.5"]]}`, false},
		"double too far": {`{"columns": [{"name": "g", "type": "VARCHAR"}, {"name": "n", "type": "BIGINT"}, {"name": "x", "type": "DOUBLE"}, {"name": "d", "type": "DECIMAL(38,1)"}], "rows": [["a", 1, 0.1000001, "2.0"], [null, 2, null, "3.5"]]}`, false},
		"value for NULL": {`{"columns": [{"name": "g", "type": "VARCHAR"}, {"name": "n", "type": "BIGINT"}, {"name": "x", "type": "DOUBLE"}, {"name": "d", "type": "DECIMAL(38,1)"}], "rows": [["a", 1, 0.1, "2.0"], [null, 2, 0, "3.5"]]}`, false},
		"row missing":    {`{"columns": [{"name": "g", "type": "VARCHAR"}, {"name": "n", "type": "BIGINT"}, {"name": "x", "type": "DOUBLE"}, {"name": "d", "type": "DECIMAL(38,1)"}], "rows": [["a", 1, 0.1, "2.0"]]}`, false},
		"another type":   {`{"columns": [{"name": "g", "type": "VARCHAR"}, {"name": "n", "type": "HUGEINT"}, {"name": "x", "type": "DOUBLE"}, {"name": "d", "type": "DECIMAL(38,1)"}], "rows": [["a", 1, 0.1, "2.0"], [null, 2, null, "3.5"]]}`, false},
	} {
		a, err := decode([]byte(want))
		if err != nil {
			t.Fatal(err)
		}
		b, err := decode([]byte(c.got))
		if err != nil {
			t.Fatal(err)
		}
		if d := difference(a, b); (d == "") != c.equal {
			t.Errorf("%s: difference %q", name, d)
		}
	}
}
