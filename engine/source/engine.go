package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/source/internal/duckdb"
)

// Faults of the engine as a whole.
var (
	ErrOpen = fault.Declare("TACIT-D001", "local engine does not start",
		"The embedded engine refused its threads, memory or temporary directory.",
		"Correct the worker's source settings: threads in [1, 1024], memory such as \"2GB\", an existing temporary directory.")
	ErrLocked = fault.Declare("TACIT-D002", "local engine is locked",
		"After the owner's tables are mapped the engine is locked: tables, options and free SQL are no longer possible.",
		"Map tables before locking; restart the worker to change them.")
	ErrEngine = fault.Declare("TACIT-D003", "local engine failed",
		"The embedded engine failed in a way that has no code of its own. Its text is withheld because it may repeat values.",
		"Run the validation of the table (\"tacit doctor\"); if that passes, report it with the worker's log.")
	ErrMemory = fault.Declare("TACIT-D004", "out of memory",
		"The local query needs more than the memory limit.",
		"Raise the memory limit, set a temporary directory so that the engine can spill, or ask for fewer cells.")
)

// Config of an engine. Zero values are defaults.
type Config struct {
	Threads int    // in [1, 1024]; 0: the number of CPUs
	Memory  string // such as "2GB"; "": DefaultMemory
	TempDir string // existing directory for spilling; "": the engine does not spill
}

// DefaultMemory is the limit of an engine without one.
const DefaultMemory = "2GB"

// Engine holds an owner's tables. Its methods may be called concurrently, except
// that AddTable and Lock come first.
type Engine struct {
	db      *duckdb.DB
	tempDir string

	mu     sync.RWMutex
	tables map[string]*table
	order  []string // of AddTable
	locked bool
}

// Open starts an engine without tables.
func Open(cfg Config) (*Engine, error) {
	options := map[string]string{
		"memory_limit":                 cmp.Or(cfg.Memory, DefaultMemory),
		"autoinstall_known_extensions": "false",
		"autoload_known_extensions":    "false",
		"allow_community_extensions":   "false",
		"allow_persistent_secrets":     "false",
		"enable_external_file_cache":   "false", // files are read as they are now
	}
	switch {
	case cfg.Threads < 0 || cfg.Threads > 1024:
		return nil, ErrOpen.New("%d threads outside [1, 1024]", cfg.Threads)
	case cfg.Threads > 0:
		options["threads"] = strconv.Itoa(cfg.Threads)
	}
	if err := checkDir(cfg.TempDir); err != nil {
		return nil, err
	}
	db, err := duckdb.Open(options)
	if err != nil {
		return nil, ErrOpen.New("the engine does not start: %s", err)
	}
	e := &Engine{db: db, tempDir: cfg.TempDir, tables: map[string]*table{}}
	err = db.Exec(context.Background(), "SET temp_directory = "+quote(cfg.TempDir), "SET GLOBAL TimeZone = 'UTC'")
	if err != nil {
		db.Close()
		return nil, ErrOpen.New("the engine refuses its settings: %s", err)
	}
	return e, nil
}

func checkDir(dir string) error {
	if dir == "" {
		return nil
	}
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return ErrOpen.New("the temporary directory %s does not exist", dir)
	}
	return nil
}

// Close ends the engine. No reader may be open.
func (e *Engine) Close() { e.db.Close() }

// Lock closes the engine for everything but the files of its tables, for ever. It
// checks that each table can still be read, so a query that reads a file which its
// mapping does not list is found here.
func (e *Engine) Lock(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.locked {
		return nil
	}
	paths, dirs := e.allowed()
	err := e.db.Exec(ctx,
		"SET GLOBAL max_expression_depth = "+strconv.Itoa(maxExpressionDepth),
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		"SET allow_community_extensions = false",
		"SET allow_persistent_secrets = false",
		"SET allowed_paths = "+quoteList(paths),
		"SET allowed_directories = "+quoteList(dirs),
		"SET enable_external_access = false",
		"SET lock_configuration = true", // the last: it forbids all of the above
	)
	if err != nil {
		return ErrEngine.New("the engine cannot be locked: %s", err)
	}
	e.locked = true
	for _, name := range e.order {
		if err := e.bind(ctx, e.tables[name]); err != nil {
			return err
		}
	}
	return nil
}

// maxExpressionDepth bounds the planner's recursion. A rendered plan stays far below
// it: predicates have a depth of at most 32.
const maxExpressionDepth = 200

// allowed lists the paths and directories of all mappings.
func (e *Engine) allowed() (paths, dirs []string) {
	for _, name := range e.order {
		for _, p := range e.tables[name].patterns {
			if p.dir != "" {
				dirs = append(dirs, p.dir)
			} else {
				// DuckDB checks the name as it is given, and as the file is found.
				paths = append(paths, p.text, globEscaper.Replace(p.text))
			}
		}
	}
	return paths, dirs
}

// Query runs SQL of the caller over all tables that were added, under their
// names and with the columns and types of the charter; files can be read too. The
// caller releases the reader. It works only before Lock: it is for tests,
// benchmarks and the lab, where it answers over pooled data what the space answers
// without pooling.
func (e *Engine) Query(ctx context.Context, sql string) (array.RecordReader, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.locked {
		return nil, ErrLocked.New("no free SQL after the lock")
	}
	views, err := e.views(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := e.db.Connect()
	if err != nil {
		return nil, ErrEngine.New("%s", err)
	}
	for _, view := range views {
		if err := conn.Exec(ctx, view); err != nil {
			conn.Close()
			return nil, err
		}
	}
	r, err := conn.Query(ctx, sql)
	if err != nil {
		conn.Close()
		return nil, err
	}
	c := &closing{RecordReader: r, close: conn.Close}
	c.Retain()
	return c, nil
}

func (e *Engine) views(ctx context.Context) ([]string, error) {
	var views []string
	for _, name := range e.order {
		t := e.tables[name]
		s, err := e.opened(ctx, t)
		if err != nil {
			return nil, err
		}
		cols := make([]string, len(t.columns))
		for i := range t.columns {
			cols[i] = fmt.Sprintf("%s AS %s", ref(i), quoteIdent(t.columns[i].Name))
		}
		views = append(views, fmt.Sprintf("CREATE OR REPLACE TEMP VIEW %s AS SELECT %s FROM (%s)",
			quoteIdent(name), strings.Join(cols, ", "), t.relation(s, t.Clamps())))
	}
	return views, nil
}

func (e *Engine) opened(ctx context.Context, t *table) (*snapshot, error) {
	if err := t.wait(ctx); err != nil {
		return nil, err
	}
	defer t.done()
	return e.open(ctx, t)
}

// table returns a mapped table.
func (e *Engine) table(name string) (*table, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	t := e.tables[name]
	if t == nil {
		return nil, ErrNoTable.New("the table %q is not mapped at this owner", name)
	}
	return t, nil
}

// Public returns what others than the owner may learn of an error: of a fault of the
// owner's data (area D) the code and its title, since the message names files and counts
// rows; of another fault everything; of an error without a code only that.
func Public(err error) *fault.Fault {
	code := fault.Code(err)
	for _, kind := range fault.Declared() {
		if kind.Code == code && strings.HasPrefix(code, "TACIT-D") {
			return kind.New("%s at an owner", kind.Title).With("Ask the owner; the worker's log says more.")
		}
	}
	if code == "" {
		return ErrEngine.New("%s at an owner", ErrEngine.Title)
	}
	return fault.From(err)
}

// explain turns an engine's error about the data of t into a fault without values.
func explain(err error, t *table) error {
	var d *duckdb.Error
	if !errors.As(err, &d) {
		return err // the context's, or a fault already
	}
	switch d.Kind {
	case duckdb.KindMemory:
		return ErrMemory.New("table %s: the query exceeds the memory limit", t.Name)
	case duckdb.KindInput, duckdb.KindIO, duckdb.KindConversion:
		return t.unreadable(d)
	case duckdb.KindPermission:
		return ErrNotAllowed.New("table %s: its query reads a file that the mapping does not list", t.Name)
	default:
		return ErrEngine.New("table %s: %s error of the engine", t.Name, d.Kind)
	}
}
