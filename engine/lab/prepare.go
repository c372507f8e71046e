package lab

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/statistic"
	"github.com/tacit-space/tacit/engine/strictyaml"
)

// prepare makes everything that the roles need, keeping keys and stores that are
// there, and returns the roles to start, the coordinator first.
func (l *Lab) prepare() ([]*role, error) {
	c, err := l.draft()
	if err != nil {
		return nil, err
	}
	keys, err := l.keys(c)
	if err != nil {
		return nil, err
	}
	bundle, err := l.agree(c, keys)
	if err != nil {
		return nil, err
	}
	return l.configure(bundle.Charter())
}

// draft reads the lab's charter and completes it, without checking it yet.
func (l *Lab) draft() (*charter.Charter, error) {
	text, err := os.ReadFile(filepath.Join(l.Dir, "charter.yaml"))
	if err != nil {
		return nil, ErrFolder.New("%w", err)
	}
	var c charter.Charter
	if _, err := strictyaml.Unmarshal(text, charter.MaxText, "", &c); err != nil {
		return nil, charter.ErrInvalid.New("%s: %w", filepath.Join(l.Dir, "charter.yaml"), err)
	}
	return &c, l.complete(&c)
}

// Charter returns the charter as the space would have it: complete, and checked. It makes
// the keys that are missing.
func (l *Lab) Charter() (*charter.Charter, error) {
	c, err := l.draft()
	if err != nil {
		return nil, err
	}
	if _, err := l.keys(c); err != nil {
		return nil, err
	}
	return charter.Parse(c.YAML())
}

// keys finds or makes the identity of every member, and names it in the charter.
func (l *Lab) keys(c *charter.Charter) (map[string]*identity.Identity, error) {
	keys := map[string]*identity.Identity{}
	for i := range c.Members {
		m := &c.Members[i]
		if m.ID == "" || strings.ContainsAny(m.ID, `/\.`) {
			continue // the charter's own check says what is wrong
		}
		id, err := l.key(m.ID)
		if err != nil {
			return nil, err
		}
		fingerprint := id.Public().Fingerprint()
		if m.Key != "" && m.Key != fingerprint {
			return nil, ErrKey.New("the charter names a key of member %q that is not in this lab", m.ID)
		}
		m.Key = fingerprint
		keys[m.ID] = id
	}
	return keys, nil
}

// agree signs the charter with every key, unless the bundle that is there says the same already. A
// charter that says something else amends the one that is there, as the stores have served it.
func (l *Lab) agree(c *charter.Charter, keys map[string]*identity.Identity) (*charter.Bundle, error) {
	if err := statistic.CheckTemplates(c); err != nil {
		return nil, err
	}
	old, err := charter.ReadBundle(l.made("space.json"))
	if err != nil || old.Active() != nil || old.Charter().Space != c.Space {
		return l.found(c, keys)
	}
	c.Version, c.Previous = old.Charter().Version, old.Charter().Previous
	parsed, err := charter.Parse(c.YAML())
	if err != nil {
		return nil, err
	}
	if parsed.Hash() == old.Hash() {
		return old, nil
	}
	return l.amend(old, c, keys)
}

// found makes the first version.
func (l *Lab) found(c *charter.Charter, keys map[string]*identity.Identity) (*charter.Bundle, error) {
	bundle, err := charter.NewBundle(c.YAML(), publics(keys))
	if err != nil {
		return nil, err
	}
	return bundle, l.sign(bundle, bundle.Charter().Members)
}

// amend makes the next version. Who leaves signs too: the lab has the keys.
func (l *Lab) amend(old *charter.Bundle, c *charter.Charter, keys map[string]*identity.Identity) (*charter.Bundle, error) {
	c.Version, c.Previous = c.Version+1, ""
	bundle, err := old.Amend(c.YAML(), publics(keys))
	if err != nil {
		return nil, err
	}
	return bundle, l.sign(bundle, slices.Concat(old.Charter().Members, bundle.Charter().Members))
}

func publics(keys map[string]*identity.Identity) map[string]identity.Public {
	out := map[string]identity.Public{}
	for id, key := range keys {
		out[id] = key.Public()
	}
	return out
}

// sign signs for members and writes the bundle.
func (l *Lab) sign(bundle *charter.Bundle, members []charter.Member) error {
	for _, m := range members {
		key, err := l.key(m.ID)
		if err != nil {
			return err
		}
		if _, err := bundle.Sign(key); err != nil {
			return err
		}
	}
	if err := writeFile(l.made("charter.yaml"), []byte(bundle.Text())); err != nil {
		return ErrFolder.New("%w", err)
	}
	return bundle.WriteFile(l.made("space.json"))
}

// configure writes the configuration of every role and the analyst's profile, with
// addresses that are free now.
func (l *Lab) configure(c *charter.Charter) ([]*role, error) {
	owners := c.WithRole(charter.Owner)
	addresses, err := ports(len(owners) + 2)
	if err != nil {
		return nil, err
	}
	hub, addresses := addresses[0], addresses[1:]
	coordinator := &role{Name: c.TheCoordinator().ID, Kind: "coordinator", Ops: addresses[0]}
	if err := l.writeConfig(coordinator.Name, coordinatorConfig(coordinator, hub)); err != nil {
		return nil, err
	}
	roles := []*role{coordinator}
	for i, owner := range owners {
		w := &role{Name: owner.ID, Kind: "worker", Ops: addresses[i+1]}
		text, err := l.workerConfig(c, w, hub)
		if err != nil {
			return nil, err
		}
		if text == "" {
			continue
		}
		if err := l.writeConfig(w.Name, text); err != nil {
			return nil, err
		}
		if err := l.checkSettings(w.Name); err != nil {
			return nil, err
		}
		roles = append(roles, w)
	}
	analyst := c.WithRole(charter.Analyst)[0].ID
	return roles, l.writeProfile(analyst, hub)
}

func (l *Lab) writeConfig(name, text string) error {
	if err := writeFile(l.configOf(name), []byte(text)); err != nil {
		return ErrFolder.New("%w", err)
	}
	return nil
}

// Every configuration lies in .lab/conf, and its paths are relative to that.
const member = "# Written by tacit lab; it is overwritten at every start.\nspace: ../space.json\nkey: ../keys/%[1]s.key\nstore: ../state/%[1]s\n"

func coordinatorConfig(r *role, hub string) string {
	return fmt.Sprintf(member+"listen: %[2]s\nops_listen: %[3]s\nround_timeout: %[4]s\n", r.Name, hub, r.Ops, roundTimeout)
}

// roundTimeout is how long a question waits for an owner that is gone. Everybody is on
// this machine, so that is short.
const roundTimeout = "15s"

// workerConfig maps the files that the owner has; it is "" for an owner of no table.
// The machine is shared by all roles, so each engine gets little of it.
func (l *Lab) workerConfig(c *charter.Charter, r *role, hub string) (string, error) {
	var tables, b bytes.Buffer
	settings, err := l.settings(r.Name)
	if err != nil {
		return "", err
	}
	if hub, err = l.reach(r.Name, hub); err != nil {
		return "", err
	}
	b.WriteString(settings)
	own, err := l.own(r.Name)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&b, member+"coordinator: %[2]s\nproxy: none\nops_listen: %[3]s\nengine: {memory: %[4]s}\n", r.Name, hub, r.Ops, engineMemory)
	if len(own) > 0 {
		return b.String(), nil
	}
	b.WriteString("tables:\n")
	for _, t := range c.Tables {
		file := l.File(r.Name, t.Name)
		if file == "" || !ownsTable(c, t.Name, r.Name) {
			continue
		}
		rel, err := filepath.Rel(l.made("conf"), file)
		if err != nil {
			return "", ErrFolder.New("%w", err)
		}
		fmt.Fprintf(&tables, "  %s: {files: [%s]}\n", t.Name, quoted(rel))
	}
	if tables.Len() == 0 {
		return "", nil
	}
	return b.String() + tables.String(), nil
}

const engineMemory = "1GiB"

// quoted is a YAML double-quoted scalar.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func ownsTable(c *charter.Charter, table, owner string) bool {
	for _, m := range c.OwnersOf(table) {
		if m.ID == owner {
			return true
		}
	}
	return false
}

// writeProfile configures the first analyst of the charter, under the name that
// [Lab.Profile] has.
func (l *Lab) writeProfile(analyst, hub string) error {
	hub, err := l.reach(analyst, hub)
	if err != nil {
		return err
	}
	return l.writeConfig(AnalystID, fmt.Sprintf(member+"coordinator: %[2]s\nproxy: none\n", analyst, hub))
}
