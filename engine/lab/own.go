package lab

import (
	"maps"
	"slices"

	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/strictyaml"
)

// own lists the tables that the owner's settings map themselves, below the key tables: to files elsewhere, or to a
// query over them. Such settings map all tables of that owner, and the lab looks for no files of it. What is wrong with
// them is reported when the whole configuration of the worker is read.
func (l *Lab) own(owner string) ([]string, error) {
	text, err := l.settings(owner)
	if err != nil {
		return nil, err
	}
	w := config.DefaultWorker()
	_, _ = strictyaml.Unmarshal([]byte(text), config.MaxText, "", w)
	return slices.Sorted(maps.Keys(w.Tables)), nil
}

// has says whether the owner has a table: in its settings if they map tables, else as a file.
func (l *Lab) has(owner, table string) (bool, error) {
	own, err := l.own(owner)
	if err != nil || len(own) > 0 {
		return slices.Contains(own, table), err
	}
	return l.File(owner, table) != "", nil
}
