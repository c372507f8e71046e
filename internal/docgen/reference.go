package docgen

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/schema"
)

// Reference returns docs/reference.md: every key of the files that people write.
func Reference() []byte {
	var b strings.Builder
	b.WriteString(`# Reference of keys

Generated from the source by ` + "`make gen-docs`" + `. A key that is not listed is refused, with the nearest known one. Editors
that know JSON schemas take them from [schema](schema). What the rules mean is in
[charter.md](charter.md), what they are for in the guides for [owners](owners.md) and [founders](founders.md).

A path such as ` + "`tables[].columns[]`" + ` stands for the entries of a list, ` + "`tables.NAME`" + ` for those of a mapping from names of your choice.
Durations are written as ` + "`90m`, `24h`, sizes as `512MiB`, `4GiB`" + `.
`)
	writeFile(&b, "Charter", "`charter.yaml` is what all members sign ([docs/charter.md](charter.md)). Its rules bind everybody.", charter.Keys())
	writeFile(&b, "Worker", "The configuration of an owner's worker, never seen by others. `accept` holds the owner's own rules, which can only be stricter "+
		"than the charter.\n\nA single value can be set by an environment variable too: `limits.max_jobs` by `TACIT_WORKER_LIMITS_MAX_JOBS`. "+
		"Relative paths are relative to the file.", config.Keys("worker"))
	writeFile(&b, "Coordinator", "As above, with variables that begin with `TACIT_COORDINATOR_`.", config.Keys("coordinator"))
	writeFile(&b, "Analyst", "As above, with variables that begin with `TACIT_ANALYST_`.", config.Keys("analyst"))
	return []byte(b.String())
}

// writeFile writes the keys of a file, those of its innermost parts last.
func writeFile(b *strings.Builder, name, about string, root schema.Key) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n", name, about)
	writeKeys(b, name, "", root.Keys)
}

// writeKeys writes a table of keys, and below it one for each key that has keys of its own.
func writeKeys(b *strings.Builder, file, path string, keys []schema.Key) {
	if path != "" {
		fmt.Fprintf(b, "\n### %s: %s\n", file, path)
	}
	b.WriteString("\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n")
	for _, k := range keys {
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", k.Name, cell(value(k)), cell(preset(k)), cell(k.Help))
	}
	for _, k := range keys {
		at := strings.TrimPrefix(path+"."+k.Name, ".")
		for k.Entry != nil {
			at += map[schema.Kind]string{schema.List: "[]", schema.Mapping: ".NAME"}[k.Kind]
			k = *k.Entry
		}
		if k.Kind == schema.Struct {
			writeKeys(b, file, at, k.Keys)
		}
	}
}

// cell makes a text fit for a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// value says what is written behind a key.
func value(k schema.Key) string {
	switch k.Kind {
	case schema.Struct:
		return "keys, see below"
	case schema.Mapping:
		return "names, each with " + value(*k.Entry)
	case schema.List:
		return "list of " + plural(*k.Entry)
	}
	text := string(k.Kind)
	switch {
	case k.Words != nil:
		text = "`" + strings.Join(k.Words, "`, `") + "`"
	case k.Form != "":
		text = k.Form
	case k.Kind == schema.Boolean:
		text = "`true`, `false`"
	}
	if k.Lo != nil {
		text += fmt.Sprintf(", %v to %v", k.Lo, k.Hi)
	}
	return text
}

func plural(k schema.Key) string {
	switch {
	case k.Kind == schema.Struct:
		return "entries, see below"
	case k.Words != nil:
		return value(k)
	case k.Form == "address":
		return "addresses"
	}
	return value(k) + "s"
}

// preset says what holds if a key is left out.
func preset(k schema.Key) string {
	v := reflect.ValueOf(k.Default)
	switch {
	case k.Required:
		return "required"
	case k.Default == nil:
		return "–"
	case v.Kind() != reflect.Slice:
		return fmt.Sprintf("`%v`", k.Default)
	}
	words := make([]string, v.Len())
	for i := range words {
		words[i] = fmt.Sprintf("`%v`", v.Index(i))
	}
	return strings.Join(words, ", ")
}
