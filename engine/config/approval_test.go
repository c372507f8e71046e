package config

import (
	"strings"
	"testing"
	"time"
)

const someWorker = `
space: space.json
key: north.key
coordinator: hub:7443
store: state
tables: {patients: {query: SELECT 1}}
`

func TestApproval(t *testing.T) {
	w, err := LoadWorker(write(t, someWorker), nil)
	if err != nil {
		t.Fatal(err)
	}
	if w.Approval.Default != ThenAccept || w.Approval.Needed != 1 || w.Approval.Expire.Std() != 72*time.Hour {
		t.Errorf("without the section: %+v", w.Approval)
	}
	w, err = LoadWorker(write(t, someWorker+`
approval:
  default: ask
  rules:
    - {name: counts, tables: [patients], max_cells: 10, then: accept}
    - {analysts: [eve], then: refuse}
  approvers:
    - {name: ruth, key: tk1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}
    - {name: paul, key: tk1baaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}
  needed: 2
  expire: 8h
  notify: {url: "http://127.0.0.1:8080/tacit"}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	a := w.Approval
	if a.Default != ThenAsk || len(a.Rules) != 2 || a.Rules[0].MaxCells != 10 || a.Rules[1].Then != ThenRefuse || a.Needed != 2 || a.MaxParked != DefaultMaxParked {
		t.Errorf("%+v", a)
	}
}

// TestApprovalRefused: a section that would not do what it seems to say is refused.
func TestApprovalRefused(t *testing.T) {
	const key = "tk1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	for section, want := range map[string]string{
		"{default: aks}": `approval.default: "aks" is none of accept, ask, refuse`,
		"{rules: [{tables: [patient], then: ask}]}":                `approval.rules[0].tables: table "patient" is not mapped (did you mean "patients"?)`,
		"{rules: [{tables: [patients]}]}":                          `approval.rules[0].then: "" is none of accept, ask, refuse`,
		"{rules: [{analyst: [a], then: ask}]}":                     `approval.rules[0].analyst: unknown key (did you mean "analysts"?)`,
		"{rules: [{name: a, then: ask}, {name: a, then: accept}]}": `approval.rules[1].name: "a" is the name of another rule`,
		"{rules: [{then: ask, max_cells: -1}]}":                    `approval.rules[0].max_cells: -1 outside`,
		"{needed: 2}":                                              `approval.needed: 2 approvals are needed, and there are 1 approvers`,
		"{needed: 3}":                                              `approval.needed: 3 outside [1, 2]`,
		"{expire: 0s}":                                             `approval.expire: 0s outside`,
		"{approvers: [{name: Ruth, key: " + key + "}]}":            `approval.approvers[0].name: "Ruth" is no name`,
		"{approvers: [{name: ruth, key: tk1}]}":                    `approval.approvers[0].key: not a fingerprint`,
		// Four eyes with one key are two.
		"{needed: 2, approvers: [{name: a, key: " + key + "}, {name: b, key: " + key + "}]}": `approval.approvers[1].key: the key of another approver`,
		`{notify: {url: "http://hooks.example.org/x"}}`:                                      `approval.notify.url: wants https`,
		`{notify: {url: "https://user:secret@example.org/"}}`:                                `without a password`,
		`{notify: {url: "ftp://127.0.0.1/"}}`:                                                `approval.notify.url: wants https`,
	} {
		_, err := LoadWorker(write(t, someWorker+"approval: "+section), nil)
		if !ErrInvalid.Is(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", section, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error shows a password", section)
		}
	}
}
