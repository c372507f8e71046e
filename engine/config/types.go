package config

import (
	"errors"
	"net"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
)

// Duration is written as in Go: "30s", "24h".
type Duration = charter.Duration

// Bytes is an amount of memory or storage: "512MiB", "4GiB", "1000B".
type Bytes int64

// Binary units.
const (
	KiB Bytes = 1 << 10
	MiB Bytes = 1 << 20
	GiB Bytes = 1 << 30
	TiB Bytes = 1 << 40
)

var units = []struct {
	suffix string
	size   Bytes
}{{"TiB", TiB}, {"GiB", GiB}, {"MiB", MiB}, {"KiB", KiB}, {"B", 1}}

// String returns the shortest exact text.
func (b Bytes) String() string {
	for _, u := range units {
		if b%u.size == 0 && (b != 0 || u.size == 1) {
			return strconv.FormatInt(int64(b/u.size), 10) + u.suffix
		}
	}
	return ""
}

// MarshalText writes the amount as [Bytes.String] does.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads an amount with its unit.
func (b *Bytes) UnmarshalText(text []byte) error {
	wrong := errors.New(`not a size such as "512MiB", "4GiB"`)
	for _, u := range units {
		digits, ok := strings.CutSuffix(string(text), u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n < 0 || n > int64(1<<62/u.size) {
			return wrong
		}
		*b = Bytes(n) * u.size
		return nil
	}
	return wrong
}

// Form says how an amount is written.
func (Bytes) Form() (name, pattern string) { return "size", "^[0-9]+(B|KiB|MiB|GiB|TiB)$" }

// Path is a file or folder; a relative one is relative to the folder of the
// configuration file.
type Path string

// Form says how a path is written.
func (Path) Form() (name, pattern string) { return "path", "" }

// resolve makes the path absolute or relative to the working directory.
func (p *Path) resolve(dir string) {
	if *p != "" && !filepath.IsAbs(string(*p)) {
		*p = Path(filepath.Join(dir, string(*p)))
	}
}

// Address is "host:port"; for something that listens the host may be empty.
type Address string

// UnmarshalText reads an address. Port 0 asks for any free one.
func (a *Address) UnmarshalText(text []byte) error {
	_, port, err := net.SplitHostPort(string(text))
	if err != nil {
		return errors.New(`not an address such as "tacit.example.org:7443"`)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return errors.New("the port is no number from 0 to 65535")
	}
	*a = Address(text)
	return nil
}

// Form says how an address is written.
func (Address) Form() (name, pattern string) { return "address", "^.*:[0-9]+$" }
