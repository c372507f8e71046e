package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/obs"
)

// watchEvery is how soon a role notices that its space.json has changed.
const watchEvery = time.Second

// watchSpace looks at the file of the space while a role runs, for revocations, until ctx ends. A newer
// version of the charter waits for the next start.
func watchSpace(ctx context.Context, b *charter.Bundle, file config.Path, log *slog.Logger, updates chan<- *charter.Bundle) {
	found := func(fresh *charter.Bundle) {
		if newest := fresh.Charter().Version; newest > b.Charter().Version {
			log.Warn("space.json has a newer version of the charter: start this role again with the others", "version", newest)
		}
		select {
		case updates <- fresh:
		case <-ctx.Done():
		}
	}
	failed := func(err error) { log.Warn("space.json does not count", obs.Err(err)) }
	b.Watch(ctx, string(file), watchEvery, found, failed)
}
