package lab

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
)

// endings of the files that an owner's table may be in, the first that exists.
var endings = []string{".parquet", ".csv"}

// folders lists the owners' folders, sorted.
func (l *Lab) folders() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(l.Dir, "owners"))
	if err != nil {
		return nil, ErrFolder.New("%w", err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// File is the path of the owner's file of a table, "" if it has none.
func (l *Lab) File(owner, table string) string {
	for _, ending := range endings {
		path := filepath.Join(l.Dir, "owners", owner, table+ending)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}

// complete adds what a lab's charter may leave out: members, and the owners of a
// table that not everybody has. Keys are not filled in.
func (l *Lab) complete(c *charter.Charter) error {
	if len(c.Members) == 0 {
		owners, err := l.folders()
		if err != nil {
			return err
		}
		c.Members = members(owners)
	}
	for i := range c.Tables {
		if err := l.completeOwners(c, &c.Tables[i]); err != nil {
			return err
		}
	}
	return nil
}

func members(owners []string) []charter.Member {
	list := []charter.Member{{ID: CoordinatorID, Roles: []charter.Role{charter.Coordinator}}}
	for _, o := range owners {
		list = append(list, charter.Member{ID: o, Roles: []charter.Role{charter.Owner}})
	}
	list = append(list, charter.Member{ID: AnalystID, Roles: []charter.Role{charter.Analyst}})
	for i := range list {
		list[i].Organisation = list[i].ID
	}
	return list
}

// completeOwners checks that every owner has its file, or finds out who has one.
func (l *Lab) completeOwners(c *charter.Charter, t *charter.Table) error {
	listed := t.Owners
	var have []string
	for _, m := range c.WithRole(charter.Owner) {
		has, err := l.has(m.ID, t.Name)
		if err != nil {
			return err
		}
		if has {
			have = append(have, m.ID)
		}
	}
	for _, id := range listed {
		if !slices.Contains(have, id) {
			return ErrFolder.New("owner %q has no file %s.csv or %s.parquet", id, t.Name, t.Name).
				With("Put the file into owners/%s, or take the owner out of the table's owners in charter.yaml.", id)
		}
	}
	if len(listed) == 0 && len(have) < len(c.WithRole(charter.Owner)) {
		t.Owners = have
	}
	return nil
}
