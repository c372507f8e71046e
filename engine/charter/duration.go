package charter

import (
	"errors"
	"strings"
	"time"
)

// Duration is a time.Duration written as in Go ("24h", "90m").
type Duration time.Duration

// Std returns the duration as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String returns the shortest text, "24h" and not "24h0m0s".
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText writes the duration as [Duration.String] does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a duration such as "24h".
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return errors.New(`not a duration such as "24h", "90m", "30s"`)
	}
	*d = Duration(v)
	return nil
}

// Form says how a duration is written.
func (Duration) Form() (name, pattern string) {
	return "duration", `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
}
