package enginetest_test

import (
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/transport"
	"github.com/tacit-space/tacit/engine/worker"
)

// cutter closes the connections of workers.
type cutter struct {
	mu    sync.Mutex
	conns []net.Conn
}

func (c *cutter) wrap(conn net.Conn) net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns = append(c.conns, conn)
	return conn
}

// cut closes every connection with probability 1/n.
func (c *cutter) cut(random *rand.Rand, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		if random.IntN(n) == 0 {
			_ = conn.Close()
		}
	}
}

// Connections are cut at the events of a job. With a short retention the
// coordinator gives up the sessions too: then everything is said again, although
// no process restarted, and no machine minds.
func TestConnectionsAreCut(t *testing.T) {
	questionsOverCutConnections(t, enginetest.Options{Owners: 5}, 5, 3)
}

// questionsOverCutConnections asks while every few events some connections are cut, and wants the answers over all
// owners.
func questionsOverCutConnections(t *testing.T, o enginetest.Options, questions, every int) {
	for name, retention := range map[string]time.Duration{"sessions stay": time.Hour, "sessions are given up": time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 0))
			var c cutter
			o.Coordinator = func(cfg *coordinator.Config) { cfg.Server.Timing.Retention = retention }
			o.Worker = func(_ string, cfg *worker.Config) { cfg.Link.Wrap = c.wrap }
			s := enginetest.New(t, o).Start()
			client := s.Client()
			for range questions {
				events := 0
				s.AskWith(client, analyst.Options{OnProgress: func(transport.Progress) {
					if events++; events%every == 0 && events < 50 {
						c.cut(random, 4)
					}
				}}).Want(s.Owners...)
			}
			again, fresh := connections(s.Log.String())
			if retention > time.Minute && again == 0 || retention < time.Minute && fresh <= len(s.Owners) {
				t.Errorf("%d sessions were resumed and %d made: the test cut nothing", again, fresh)
			}
			releasedInOneAttemptEach(t, s, questions)
		})
	}
}

// connections counts the resumed and the fresh connections that a coordinator
// logged.
func connections(log string) (again, fresh int) {
	for line := range strings.Lines(log) {
		if !strings.Contains(line, "worker connected") {
			continue
		}
		if strings.Contains(line, "fresh=true") {
			fresh++
		} else {
			again++
		}
	}
	return again, fresh
}
