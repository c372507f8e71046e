package charter

import "github.com/tacit-space/tacit/crypto/wire"

// The canonical encoding of templates, and their text for people.

func (t *Template) write(w *wire.Writer) {
	w.String(t.Name)
	w.String(t.Title)
	w.String(t.SQL)
	w.Count(len(t.Parameters))
	for i := range t.Parameters {
		t.Parameters[i].write(w)
	}
	writeStrings(w, t.Analysts)
	writeStrings(w, t.Purposes)
}

func (p *Parameter) write(w *wire.Writer) {
	w.String(p.Name)
	w.String(p.Title)
	w.String(p.Type)
	writeStrings(w, p.Values)
	writeStrings(w, p.Range)
	w.String(p.Default)
}

func (p *printer) templates(all []Template) {
	if len(all) == 0 {
		return
	}
	p.line("")
	p.line("# Questions that members have read. An analyst chooses values for the parameters and nothing else.")
	p.line("templates:")
	for i := range all {
		t := &all[i]
		p.line("  - name: %s", scalar(t.Name))
		pairs := optional(nil, "title", scalar(t.Title), t.Title != "")
		pairs = append(pairs, pair{"sql", quoted(t.SQL)})
		pairs = optional(pairs, "analysts", list(t.Analysts), len(t.Analysts) > 0)
		pairs = optional(pairs, "purposes", list(t.Purposes), len(t.Purposes) > 0)
		p.block("    ", pairs)
		if len(t.Parameters) > 0 {
			p.line("    parameters:")
		}
		for j := range t.Parameters {
			p.column(t.Parameters[j].pairs())
		}
	}
}

func (p *Parameter) pairs() []pair {
	pairs := []pair{{"name", scalar(p.Name)}}
	pairs = optional(pairs, "title", scalar(p.Title), p.Title != "")
	pairs = append(pairs, pair{"type", scalar(p.Type)})
	pairs = optional(pairs, "values", list(p.Values), len(p.Values) > 0)
	pairs = optional(pairs, "range", list(p.Range), len(p.Range) > 0)
	return optional(pairs, "default", scalar(p.Default), p.Default != "")
}
