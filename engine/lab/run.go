package lab

import (
	"context"
	"errors"
)

// Run brings the lab up, calls command with the path of the analyst's profile, and
// takes the lab down again, whatever happened. A lab that was up before stays up.
// Nothing is left running when ctx ends; if this process is killed, Linux kills the
// roles with it.
func (l *Lab) Run(ctx context.Context, command func(ctx context.Context, profile string) error) (err error) {
	unlock, err := l.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if l.Check(ctx) != nil {
		tied := *l
		tied.Tied = true
		if err := tied.up(ctx); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, l.stopAll()) }()
	}
	return command(ctx, l.Profile())
}
