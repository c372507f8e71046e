package benchmarks

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/protocol"
	"github.com/tacit-space/tacit/engine/transport"
)

// traced is a question of which the analyst noted when it went on.
type traced struct {
	rows   [][]string
	took   time.Duration
	stages []stageTime
	keys   bool // keys were made for it, not ahead
}

// stageTime is how long a part of a question took, as the analyst saw it.
type stageTime struct {
	name string
	took time.Duration
}

// Stages of a question beside the phases of its protocol.
const (
	stageAsk  = "signed, submitted, checked by the owners"
	stageOpen = "fetched and opened"
)

// trace asks and notes when each phase began.
func (sp *space) trace(ctx context.Context, sql string) (*traced, error) {
	t := &traced{}
	begin := time.Now()
	since, stage := begin, stageAsk
	enter := func(name string) {
		if name == stage {
			return
		}
		now := time.Now()
		t.stages = append(t.stages, stageTime{stage, now.Sub(since)})
		since, stage = now, name
	}
	answer, err := sp.client.Ask(ctx, sql, analyst.Options{OnProgress: func(p transport.Progress) {
		switch {
		case p.State == transport.Released:
			enter(stageOpen)
		case p.State == transport.Running && (p.Event == "phase" || p.Event == "heard"):
			name := protocol.PhaseName(session.Phase(p.Phase))
			t.keys = t.keys || name == "guard-hello" || strings.HasPrefix(name, "guard-key")
			enter(name)
		}
	}})
	if err != nil {
		return nil, err
	}
	enter("")
	t.took = time.Since(begin)
	if a := answer.Provenance.Attempt; a != 1 {
		return nil, fmt.Errorf("the question took %d attempts", a)
	}
	var text strings.Builder
	if err := answer.Table.WriteJSON(&text, nil); err != nil {
		return nil, err
	}
	t.rows, err = rowsOf(text.String())
	return t, err
}

// awaitKeys waits until so many key sets were made since the space began.
func (sp *space) awaitKeys(ctx context.Context, made int) error {
	status, err := sp.lab.Status(ctx)
	if err != nil {
		return err
	}
	for _, s := range status {
		if s.Kind == "coordinator" {
			return awaitInLog(ctx, s.Log, "key set made", made)
		}
	}
	return fmt.Errorf("the space has no coordinator")
}

// awaitInLog polls a log until a text is in it so many times.
func awaitInLog(ctx context.Context, file, text string, times int) error {
	limit, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		log, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if bytes.Count(log, []byte(text)) >= times {
			return nil
		}
		select {
		case <-limit.Done():
			return fmt.Errorf("%q is not %d times in the coordinator's log: %w", text, times, limit.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
