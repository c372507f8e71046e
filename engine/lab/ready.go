package lab

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tacit-space/tacit/engine/fault"
)

// startTime is how long a role may take to be ready.
const startTime = 2 * time.Minute

// direct uses no proxy: every role is on this machine.
var direct = &http.Client{Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}

// get asks a role's operations server; code is 0 if there is no answer.
func (r *role) get(ctx context.Context, path string) (code int, text string) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.Ops+path, nil)
	if err != nil {
		return 0, err.Error()
	}
	response, err := direct.Do(request)
	if err != nil {
		return 0, "no answer"
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, strings.TrimSpace(string(body))
}

// ready asks a role's /readyz; the text is its answer if it is not.
func (r *role) ready(ctx context.Context) (ok bool, text string) {
	code, text := r.get(ctx, "/readyz")
	return code == http.StatusOK, text
}

// connected is the number of workers that the coordinator says are connected.
func (r *role) connected(ctx context.Context) int {
	_, text := r.get(ctx, "/metrics")
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "tacit_connected_workers{"); ok {
			n, _ := strconv.Atoi(value[strings.LastIndexByte(value, ' ')+1:])
			return n
		}
	}
	return 0
}

// await polls until the role is ready, ends, finds its data wrong, or time is over.
func (l *Lab) await(ctx context.Context, r *role) error {
	return l.poll(ctx, r, func(ctx context.Context) (bool, string, error) {
		ok, text := r.ready(ctx)
		return ok, text, dataFault(r, text)
	})
}

// awaitWorkers polls until the coordinator has n workers.
func (l *Lab) awaitWorkers(ctx context.Context, coordinator *role, n int) error {
	return l.poll(ctx, coordinator, func(ctx context.Context) (bool, string, error) {
		have := coordinator.connected(ctx)
		return have >= n, strconv.Itoa(have) + " of " + strconv.Itoa(n) + " workers are connected", nil
	})
}

// poll asks again and again, soon at first.
func (l *Lab) poll(ctx context.Context, r *role, ask func(context.Context) (bool, string, error)) error {
	limit, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	wait := 5 * time.Millisecond
	for {
		ok, text, err := ask(limit)
		if ok || err != nil {
			return err
		}
		select {
		case <-r.Process.Exited():
			return l.lastWords(r)
		case <-limit.Done():
			if err := ctx.Err(); err != nil {
				return err
			}
			return ErrStart.New("%s %s is not ready after %s: %s", r.Kind, r.Name, startTime, text)
		case <-time.After(wait):
			wait = min(2*wait, 100*time.Millisecond)
		}
	}
}

// dataCode finds the code of a fault of an owner's data in an answer of /readyz.
var dataCode = regexp.MustCompile(`TACIT-D\d{3}: `)

// dataFault is the fault of a worker whose data break the charter: that does not get
// better by waiting. It is nil for every other answer.
func dataFault(r *role, text string) error {
	place := dataCode.FindStringIndex(text)
	if place == nil {
		return nil
	}
	f := &fault.Fault{Code: text[place[0] : place[1]-2], Message: "owner " + r.Name + ": " + text[place[1]:]}
	for _, k := range fault.Declared() {
		if k.Code == f.Code {
			f.Remedy = k.Remedy
		}
	}
	return f
}

// lastWords is the fault that a role printed before it ended, or the end of its log.
func (l *Lab) lastWords(r *role) error {
	text, err := os.ReadFile(l.logOf(r.Name))
	if err != nil {
		return ErrStart.New("%s %s ended: %w", r.Kind, r.Name, err)
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	last := lines[len(lines)-1]
	var f fault.Fault
	if json.Unmarshal(last, &f) == nil && f.Code != "" {
		f.Message = r.Kind + " " + r.Name + ": " + f.Message
		return &f
	}
	return ErrStart.New("%s %s ended: %s", r.Kind, r.Name, last)
}
