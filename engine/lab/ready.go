package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/tacit-space/tacit/engine/fault"
)

// startTime is how long a role may take to be ready.
const startTime = 2 * time.Minute

// ready asks a role's /readyz; the text is its answer if it is not.
func (r *role) ready(ctx context.Context) (ok bool, text string) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.Ops+"/readyz", nil)
	if err != nil {
		return false, err.Error()
	}
	response, err := direct.Do(request)
	if err != nil {
		return false, "no answer"
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, 4096))
	return response.StatusCode == http.StatusOK, strings.TrimSpace(string(body))
}

// direct uses no proxy: every role is on this machine.
var direct = &http.Client{Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}

// await polls until the role is ready, ends, or time is over.
func (l *Lab) await(ctx context.Context, r *role) error {
	limit, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	wait := 5 * time.Millisecond
	for {
		ok, text := r.ready(limit)
		if ok {
			return nil
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
