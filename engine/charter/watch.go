package charter

import (
	"context"
	"os"
	"time"
)

// Watch looks at a file now and then, until ctx ends. Whenever it has changed it is read and verified; found
// is called with a bundle that continues b, and failed with why another one does not count, whose
// file is tried again when it changes again.
func (b *Bundle) Watch(ctx context.Context, file string, every time.Duration, found func(*Bundle), failed func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	last := stamp{}
	for {
		if now := stampOf(file); now != last {
			last = now
			if fresh, err := b.again(file); err != nil {
				failed(err)
			} else {
				found(fresh)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// stamp tells one state of a file from another.
type stamp struct {
	modified time.Time
	size     int64
}

func stampOf(file string) stamp {
	info, err := os.Stat(file)
	if err != nil {
		return stamp{}
	}
	return stamp{info.ModTime(), info.Size()}
}

// again reads a file that should continue the bundle.
func (b *Bundle) again(file string) (*Bundle, error) {
	fresh, err := ReadBundle(file)
	if err != nil {
		return nil, err
	}
	if err := fresh.Active(); err != nil {
		return nil, err
	}
	return fresh, Continues(Pin{b.charter.Version, b.hash}, fresh.Pins())
}
