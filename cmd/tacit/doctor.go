package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/source"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// Codes that only the doctor has.
var (
	ErrOldKey = fault.Declare("TACIT-X006", "key is old",
		"The key file was made more than two years ago.",
		"Make a new key and amend the charter, if your rules ask for it.")
	ErrPlainKey = fault.Declare("TACIT-X007", "key is not encrypted",
		"The key file opens without a passphrase: whoever reads it, or a backup of it, is this member.",
		"That is usual for a machine that starts without people; keep its backups as safe as the key.")
	ErrRole = fault.Declare("TACIT-X008", "member has another role",
		"The charter does not give the member of this key the role that the configuration is for.",
		"Use the key of a member with that role, or amend the charter.")
	ErrPort = fault.Declare("TACIT-X009", "address cannot be listened on",
		"The address is in use, perhaps by the role itself, which already runs, or this user may not bind it.",
		"If the role does not run, stop the other program or choose another address.")
	ErrSick = fault.Declare("TACIT-X012", "something is wrong",
		"The doctor found something that needs care.",
		"See the findings.")
)

const oldKey = 2 * 365 * 24 * time.Hour

// finding is one line of the doctor's report.
type finding struct {
	Check  string `json:"check"`
	State  string `json:"state"` // "ok", "note", "wrong"
	Detail string `json:"detail"`
	Code   string `json:"code,omitempty"`
	Cause  string `json:"cause,omitempty"`
	Fix    string `json:"fix,omitempty"`
}

// examination collects findings.
type examination struct {
	app   *app
	found []finding
}

func (a *app) doctor() *cobra.Command {
	var q asking
	c := &cobra.Command{
		Use:   "doctor [analyst|worker|coordinator]",
		Short: "Check configuration, keys, charter, network, clock and data",
		Long: `Checks everything that a role needs, from its configuration file: each finding has its
cause and what to do. Nothing is changed. The exit code is 1 if something is wrong.`,
		Example: `  tacit doctor
  tacit doctor worker --config worker.yaml`,
		ValidArgs: []string{"analyst", "worker", "coordinator"},
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		RunE: func(c *cobra.Command, args []string) error {
			if err := a.plainFormat(); err != nil {
				return err
			}
			e := &examination{app: a}
			switch strings.Join(args, "") {
			case "worker":
				e.worker(c.Context())
			case "coordinator":
				e.coordinator()
			default:
				file, err := a.profileOf(q.lab)
				if err != nil {
					return err
				}
				e.analyst(c.Context(), file)
			}
			return e.report()
		},
	}
	q.labFlag(c.Flags())
	return c
}

func (e *examination) ok(check, format string, args ...any) {
	e.found = append(e.found, finding{Check: check, State: "ok", Detail: fmt.Sprintf(format, args...)})
}

// add records an error; one that is only to be known is a note.
func (e *examination) add(check, state string, err error) {
	f := fault.From(err)
	line := finding{Check: check, State: state, Detail: f.Message, Code: f.Code, Fix: f.Remedy}
	for _, k := range fault.Declared() {
		if k.Code == f.Code {
			line.Cause = k.Cause
		}
	}
	e.found = append(e.found, line)
}

// check records what a step said, and reports whether it passed.
func (e *examination) check(name string, err error, format string, args ...any) bool {
	if err != nil {
		e.add(name, "wrong", err)
		return false
	}
	e.ok(name, format, args...)
	return true
}

func (e *examination) analyst(ctx context.Context, file string) {
	cfg, err := config.LoadAnalyst(file, e.app.environ)
	if !e.check("configuration", err, "%s", file) {
		return
	}
	m := e.member(cfg.Space, cfg.Key, cfg.PassphraseFile, charter.Analyst)
	e.folder("store", string(cfg.Store))
	e.ledger(m, string(cfg.Store))
	if m != nil {
		e.network(ctx, m, string(cfg.Coordinator), cfg.Proxy)
	}
}

func (e *examination) worker(ctx context.Context) {
	cfg, err := config.LoadWorker(e.app.config, e.app.environ)
	if !e.check("configuration", err, "%s", e.app.config) {
		return
	}
	m := e.member(cfg.Space, cfg.Key, cfg.PassphraseFile, charter.Owner)
	e.folder("store", string(cfg.Store))
	e.ledger(m, string(cfg.Store))
	e.budgets(m, string(cfg.Store))
	e.port("metrics", string(cfg.OpsListen))
	if m == nil {
		return
	}
	e.rules(m, cfg)
	e.tables(ctx, m, cfg)
	e.network(ctx, m, string(cfg.Coordinator), cfg.Proxy)
}

func (e *examination) coordinator() {
	cfg, err := config.LoadCoordinator(e.app.config, e.app.environ)
	if !e.check("configuration", err, "%s", e.app.config) {
		return
	}
	m := e.member(cfg.Space, cfg.Key, cfg.PassphraseFile, charter.Coordinator)
	e.folder("store", string(cfg.Store))
	e.ledger(m, string(cfg.Store))
	e.port("port", string(cfg.Listen))
	e.port("metrics", string(cfg.OpsListen))
}

// member checks charter and key, and whose the key is; nil if that fails.
func (e *examination) member(space, key, passphraseFile config.Path, role charter.Role) *member {
	bundle, err := charter.ReadBundle(string(space))
	if !e.check("space", err, "%s", space) {
		return nil
	}
	c := bundle.Charter()
	e.check("charter", bundle.Active(), "%s version %d, %s…, signed and active", c.Space, c.Version, c.HashText()[:12])
	id, err := e.app.readKey(string(key), string(passphraseFile))
	if !e.check("key", err, "%s", key) {
		return nil
	}
	e.keyFile(string(key))
	m := bundle.Holder(id.Public())
	if m == nil {
		e.add("member", "wrong", ErrNotMember.New("the key %s is no member's of space %s", id.Public().Fingerprint(), c.Space))
		return nil
	}
	if !m.HasRole(role) {
		e.add("member", "wrong", ErrRole.New("member %s has no role %s", m.ID, role))
		return nil
	}
	e.ok("member", "%s (%s), %s", m.ID, m.Organisation, joined(m.Roles))
	return &member{bundle, m.ID, id}
}

// keyFile notes age and encryption of a key.
func (e *examination) keyFile(file string) {
	info, err := os.Stat(file)
	if err != nil {
		return // reported by whoever read it
	}
	if age := time.Since(info.ModTime()); age > oldKey {
		e.add("key age", "note", ErrOldKey.New("%s is %d days old", file, int(age.Hours()/24)))
	}
	text, err := os.ReadFile(file)
	if err == nil && !strings.HasPrefix(string(text), "-----BEGIN AGE") {
		e.add("key encryption", "note", ErrPlainKey.New("%s is not encrypted", file))
	}
}

// folder checks that a store can be written.
func (e *examination) folder(name, dir string) {
	err := os.MkdirAll(dir, 0o700)
	var f *os.File
	if err == nil {
		f, err = os.CreateTemp(dir, ".doctor-")
	}
	if err == nil {
		err = errors.Join(f.Close(), os.Remove(f.Name()))
	}
	e.check(name, fileFault(err), "%s can be written", dir)
}

// ledger verifies the ledger in a store that was used before.
func (e *examination) ledger(m *member, dir string) {
	if m == nil {
		return
	}
	record, err := store.ReadLedger(dir)
	if ledger.NoLedger.Is(err) {
		e.ok("ledger", "none yet")
		return
	}
	entries := 0
	if err == nil {
		entries = len(record.Entries)
		_, err = record.Export().Verify(ledger.In(m.bundle), ledger.Options{Now: time.Now()})
	}
	e.check("ledger", err, "%d entries, signed and in order", entries)
}

// budgets compares the accounts in a worker's store with its ledger.
func (e *examination) budgets(m *member, dir string) {
	if m == nil {
		return
	}
	lines, err := auditedLines(dir, m.bundle)
	if ledger.NoLedger.Is(err) {
		return
	}
	e.check("budgets", err, "%d debits and reservations, as the ledger says", len(lines))
}

// rules compares the owner's own rules with the charter.
func (e *examination) rules(m *member, cfg *config.Worker) {
	gone, err := checkOwnRules(m.bundle, cfg)
	for _, name := range gone {
		e.found = append(e.found, finding{Check: "rules", State: "note", Detail: name})
	}
	e.check("rules", err, "own rules name what the charter has")
}

// port checks that an address can be listened on. In use may mean that the role
// already runs, so it is a note.
func (e *examination) port(name, address string) {
	if address == "" {
		return
	}
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		e.add(name, "note", ErrPort.New("%s is in use", address))
	case err != nil:
		e.add(name, "wrong", ErrPort.New("%s: %w", address, err))
	default:
		l.Close()
		e.ok(name, "%s is free", address)
	}
}

// network goes towards the coordinator step by step.
func (e *examination) network(ctx context.Context, m *member, address, proxySetting string) {
	e.proxy(address, proxySetting)
	findings := transport.Probe(ctx, transport.ClientConfig{
		Address: address, Proxy: proxy(proxySetting), Software: software(),
		Identity: m.identity, Directory: transport.FromBundle(m.bundle),
	})
	for _, f := range findings {
		if f.Fault != nil {
			e.add(f.Check, "wrong", f.Fault)
			continue
		}
		e.ok(f.Check, "%s (%d ms)", f.Detail, f.Took.Milliseconds())
	}
}

// proxy says which proxy the connection will take; a password in its address is not
// shown.
func (e *examination) proxy(address, setting string) {
	switch setting {
	case config.NoProxy:
		e.ok("proxy", "none, by the configuration")
	case "":
		r, err := http.NewRequest(http.MethodGet, "https://"+address, nil)
		if err != nil {
			return // reported by the probe
		}
		if u, err := http.ProxyFromEnvironment(r); err == nil && u != nil {
			e.ok("proxy", "%s, by the environment", u.Host)
		} else {
			e.ok("proxy", "none, by the environment")
		}
	default:
		e.ok("proxy", "by the configuration")
	}
}

// tables checks each of the owner's tables against the charter.
func (e *examination) tables(ctx context.Context, m *member, cfg *config.Worker) {
	for _, t := range m.bundle.Charter().Tables {
		if _, mapped := cfg.Tables[t.Name]; !mapped && owns(m, t.Name) {
			e.add("table "+t.Name, "wrong", source.ErrNoTable.New("the charter says that %s owns the table %q, and it is not mapped", m.id, t.Name))
		}
	}
	engine, err := openTables(ctx, m, cfg)
	if err != nil {
		e.add("tables", "wrong", err)
		return
	}
	defer engine.Close()
	for _, name := range tableNames(cfg) {
		report, err := engine.Validate(ctx, name)
		if err != nil {
			e.add("table "+name, "wrong", err)
			continue
		}
		e.ok("table "+name, "%d rows, as the charter says", report.Rows)
	}
}

func owns(m *member, table string) bool {
	for _, owner := range m.bundle.Charter().OwnersOf(table) {
		if owner.ID == m.id {
			return true
		}
	}
	return false
}

// report prints the findings; if one is wrong the exit code says so.
func (e *examination) report() error {
	wrong := 0
	for _, f := range e.found {
		if f.State == "wrong" {
			wrong++
		}
	}
	if e.app.json() {
		if err := e.app.writeJSON(e.found); err != nil {
			return err
		}
	} else {
		for _, f := range e.found {
			f.print(e.app)
		}
	}
	if wrong == 0 {
		return nil
	}
	if e.app.json() {
		return exitStatus(exitFailed)
	}
	return ErrSick.New("%d of %d checks failed", wrong, len(e.found))
}

func (f *finding) print(a *app) {
	fmt.Fprintf(a.out, "%-6s %-15s %s\n", f.State, f.Check, strings.ReplaceAll(f.Detail, "\n", "\n"+strings.Repeat(" ", 23)))
	if f.Code != "" {
		fmt.Fprintf(a.out, "%23scause: %s\n%23sfix:   %s\n%23scode:  %s\n", "", f.Cause, "", f.Fix, "", f.Code)
	}
}
