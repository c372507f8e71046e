// Command split writes the data of the examples health and control: it cuts the source
// tables into one folder per owner.
//
// Run it in examples/health. The result is the same on every run. Two arguments are folders to write instead
// of owners and ../control/owners.
//
// Start at [Write].
package main

import (
	"encoding/csv"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	folders := []string{"owners", "../control/owners"}
	if len(os.Args) == 3 {
		folders = os.Args[1:]
	}
	if err := Write("pooled", folders[0], folders[1]); err != nil {
		log.Fatal(err)
	}
}

// Write reads cgd.csv and lung.csv in the folder pooled and writes
// OWNER/cgd.csv and OWNER/lung.csv below the folder owners, and lung.csv by networks of
// institutions below networks.
func Write(pooled, owners, networks string) error {
	if err := cut(pooled, owners, "cgd", cgdOwner, cgdRow); err != nil {
		return err
	}
	if err := cut(pooled, owners, "lung", lungOwner, lungRow); err != nil {
		return err
	}
	return cut(pooled, networks, "lung", lungNetwork, lungRow)
}

// cut splits one table by the owner of each row, after edit has changed the
// row in place. Row 0 of the source is its header.
func cut(pooled, owners, table string, owner func(row []string) string, edit func(row []string, header bool)) error {
	rows, err := read(filepath.Join(pooled, table+".csv"))
	if err != nil {
		return err
	}
	edit(rows[0], true)
	split := map[string][][]string{}
	for _, row := range rows[1:] {
		edit(row, false)
		name := owner(row)
		if split[name] == nil {
			split[name] = [][]string{rows[0]}
		}
		split[name] = append(split[name], row)
	}
	for name, part := range split {
		if err := write(filepath.Join(owners, name, table+".csv"), part); err != nil {
			return err
		}
	}
	return nil
}

// cgdOwner is the hospital, written as a member id.
func cgdOwner(row []string) string {
	var id strings.Builder
	for _, r := range strings.ToLower(row[1]) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			id.WriteRune(r)
		case r == ' ':
			id.WriteByte('-')
		}
	}
	return id.String()
}

// cgdRow turns the day number of randomisation into a date and the dots of
// column names into underscores.
func cgdRow(row []string, header bool) {
	const random = 2 // days since 1970-01-01
	if header {
		row[random] = "randomised"
		underscores(row)
		return
	}
	days, err := strconv.Atoi(row[random])
	if err != nil {
		panic(fmt.Sprintf("split: randomisation day %q", row[random]))
	}
	row[random] = time.Unix(0, 0).UTC().AddDate(0, 0, days).Format(time.DateOnly)
}

// lungOwner is the institution; the one row without an institution is an owner
// of its own.
func lungOwner(row []string) string {
	if row[0] == "" {
		return "inst-unknown"
	}
	return fmt.Sprintf("inst-%02s", row[0])
}

// lungNetwork is one of three invented networks of hospitals, of similar size.
func lungNetwork(row []string) string {
	switch inst, err := strconv.Atoi(row[0]); {
	case err == nil && inst <= 5:
		return "north"
	case err == nil && inst <= 12:
		return "south"
	default:
		return "west"
	}
}

// lungRow spells out the sex, coded 1 and 2 in the source.
func lungRow(row []string, header bool) {
	const sex = 4
	if header {
		underscores(row)
		return
	}
	row[sex] = map[string]string{"1": "male", "2": "female"}[row[sex]]
}

func underscores(names []string) {
	for i := range names {
		names[i] = strings.ReplaceAll(names[i], ".", "_")
	}
}

func read(path string) ([][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(f).ReadAll()
	if err == nil && len(rows) == 0 {
		err = fmt.Errorf("%s is empty", path)
	}
	return slices.Clip(rows), closing(f, err)
}

func write(path string, rows [][]string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return closing(f, csv.NewWriter(f).WriteAll(rows))
}

func closing(f *os.File, err error) error {
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
