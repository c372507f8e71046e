package obs

import (
	"io"
	"log/slog"

	"github.com/tacit-space/tacit/engine/fault"
)

// NewLogger writes lines of at least a level ("debug", "info", "warn", "error") to w,
// as JSON for the format "json" and as text otherwise. An unknown level is "info".
func NewLogger(w io.Writer, level, format string) *slog.Logger {
	var least slog.Level
	if least.UnmarshalText([]byte(level)) != nil {
		least = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: least}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// Err is the attribute for an error: its code and its message.
func Err(err error) slog.Attr {
	if err == nil {
		return slog.Attr{}
	}
	f := fault.From(err)
	return slog.Group("error", slog.String("code", f.Code), slog.String("message", f.Message))
}
