// Command tacit runs every part of a trusted data space: the coordinator, the
// workers beside the owners' data, and the analyst's client.
//
// Exit codes: 0 success; 1 failure; 2 wrong usage; 3 refused by the rules of the
// space or of an owner; 4 the space is not reachable or too few workers take part;
// 130 interrupted.
//
// Start at main in main.go; each command is in the file of its name.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(execute())
}

func execute() int {
	ctx, stop := interruptible(context.Background())
	defer stop()
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Environ()}
	return a.run(ctx, os.Args[1:])
}

// interruptible returns a context that ends with the first SIGINT, SIGTERM or
// SIGHUP. From then on the signals have their usual effect, so a second one ends the
// program. A reader that goes away is an error of the write and not a signal, so that
// a lab is taken down then too.
func interruptible(parent context.Context) (context.Context, func()) {
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
