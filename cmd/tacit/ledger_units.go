package main

import (
	"context"
	"fmt"

	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/ledger"
)

// unitsOf counts what a statement says about units: in each table of this owner about which something was released in
// the month, as the table is now. It opens an engine of its own, so the worker may run meanwhile.
func (a *app) unitsOf(ctx context.Context, m *member, v *ledger.Verified, period string) ([]ledger.Units, error) {
	if v.Origin.Role != ledger.Worker {
		return nil, ErrUsage.New("--units is for an owner; this is the ledger of a %s", v.Origin.Role)
	}
	served, err := ledger.Served(v.Entries, period)
	if err != nil {
		return nil, err
	}
	cfg, err := config.LoadWorker(a.config, a.environ)
	if err != nil {
		return nil, err
	}
	engine, err := openTables(ctx, m, cfg)
	if err != nil {
		return nil, err
	}
	defer engine.Close()
	var units []ledger.Units
	for _, name := range served {
		t := m.bundle.Charter().Table(name)
		if _, mine := cfg.Tables[name]; t == nil || !mine {
			fmt.Fprintf(a.err, "note: table %q is not here any more, so its units are not counted\n", name)
			continue
		}
		n, err := engine.Units(ctx, name)
		if err != nil {
			return nil, err
		}
		units = append(units, ledger.Coarse(name, n, max(t.K(), cfg.Accept.MinCohort)))
	}
	return units, nil
}
