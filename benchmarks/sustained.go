package benchmarks

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// sustainedRate is how many questions a minute are asked for a while, whatever the answers take.
const sustainedRate = 200

// sustainedSize returns how many questions are asked at that rate, and after how many each look is taken at what roles hold.
func (o Options) sustainedSize() (questions, look int) {
	switch {
	case o.Quick:
		return 6, 3
	case o.Full:
		return 10 * sustainedRate, sustainedRate / 2 // ten minutes
	default:
		return sustainedRate, sustainedRate / 10 // one
	}
}

// sustained asks at a fixed rate, checks each answer, and fits how what the roles hold grows with each question. The
// first look is taken when some questions have been answered, as pools and caches fill until then.
func sustained(ctx context.Context, o Options, sp *space, want [][]string, f figures) error {
	questions, look := o.sustainedSize()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	tick := time.NewTicker(time.Minute / sustainedRate)
	defer tick.Stop()
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		took  []float64
		at    []float64
		looks []map[string]footprint
	)
	begin := time.Now()
	for i := 0; i < questions && ctx.Err() == nil; i++ {
		wg.Go(func() {
			got, d, err := sp.protected(ctx, latencySQL)
			if err == nil {
				err = check(got, want)
			}
			if err != nil {
				cancel(fmt.Errorf("at %d a minute: %w", sustainedRate, err))
				return
			}
			mu.Lock()
			took = append(took, d.Seconds()*1000)
			mu.Unlock()
		})
		if i%look == look-1 {
			now, err := sp.footprints(ctx)
			if err != nil {
				cancel(err)
				break
			}
			at, looks = append(at, float64(i+1)), append(looks, now)
			o.Say("throughput, %d of %d questions at %d a minute", i+1, questions, sustainedRate)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	f.add("sustained: questions answered", "1/min", float64(questions)/time.Since(begin).Minutes())
	f.add("sustained: question", "ms", took...)
	growth(at, looks, f)
	return nil
}

// growth adds what the roles held at the first and the last look, and the slope over the questions where there is one.
func growth(at []float64, looks []map[string]footprint, f figures) {
	units := map[string]string{storeSize: "bytes"}
	for _, h := range held {
		units[h.name] = h.unit
	}
	for kind := range looks[0] {
		for what, unit := range units {
			name := "sustained: " + what + ", " + kind
			if kind == "worker" {
				name += "s"
			}
			var y []float64
			for _, l := range looks {
				y = append(y, l[kind][what])
			}
			f.add(name+", first", unit, y[0])
			f.add(name+", last", unit, y[len(y)-1])
			f.add(name+", growth", unit+" per question", slope(at, y))
		}
	}
}
