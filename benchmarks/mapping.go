package benchmarks

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// mapping has the files of all owners of each table, in the order of the owners.
type mapping map[string][]string

func (m mapping) add(table string, files []string) { m[table] = files }

// ownerName is the member id of an owner, who is numbered from 0. Ids sort as numbers do.
func ownerName(i int) string { return fmt.Sprintf("owner-%02d", i+1) }

// file is the file of an owner, as [pooled.Open] wants it; "" if there is none.
func (m mapping) file(owner, table string) string {
	for i, file := range m[table] {
		if ownerName(i) == owner {
			return file
		}
	}
	return ""
}

// write makes the folders of a lab's owners, with settings that map the tables.
func (m mapping) write(dir string) error {
	texts := map[string]string{}
	for _, table := range sortedKeys(m) {
		for i, file := range m[table] {
			texts[ownerName(i)] += fmt.Sprintf("  %s: {files: [%q]}\n", table, file)
		}
	}
	return writeSettings(dir, texts)
}

// writeSettings makes the folders of owners with the tables that they map.
func writeSettings(dir string, tables map[string]string) error {
	for owner, text := range tables {
		folder := filepath.Join(dir, owner)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		text = "tables:\n" + strings.TrimSuffix(text, "\n") + "\n"
		if err := os.WriteFile(filepath.Join(folder, "worker.yaml"), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}
