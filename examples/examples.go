package examples

import (
	"embed"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

//go:embed health/charter.yaml health/owners health/queries health/expected
//go:embed energy/charter.yaml energy/owners energy/queries energy/expected
var files embed.FS

// Example is one space: a lab folder and questions about it.
type Example struct {
	Name  string // name of its folder
	Title string
	Brief []string // names of the questions that show it in short; nil: all
}

// All returns the examples in the order in which they are shown.
func All() []Example {
	return []Example{
		{
			Name: "health", Title: "two clinical studies, each split over the places that recorded it",
			Brief: []string{"01-infections-by-treatment", "02-hospitals-by-region", "04-hospitals-with-most-infections", "11-institutions"},
		},
		{Name: "energy", Title: "six synthetic utilities, made from real load curves"},
	}
}

// Question is one query of an example and its answer over the pooled data.
type Question struct {
	Name     string // of the file, without its ending
	Text     string // for people, from the comment on the first line
	SQL      string
	Expected []byte // JSON, {"columns": …, "rows": …}; nil if the file is missing
}

// Questions returns the questions in the order of their file names.
func (e Example) Questions() ([]Question, error) {
	paths, err := fs.Glob(files, e.Name+"/queries/*.sql")
	if err != nil {
		return nil, err
	}
	var questions []Question
	for _, p := range paths {
		text, err := files.ReadFile(p)
		if err != nil {
			return nil, err
		}
		q := Question{Name: strings.TrimSuffix(path.Base(p), ".sql")}
		first, rest, _ := strings.Cut(string(text), "\n")
		q.Text = strings.TrimSpace(strings.TrimPrefix(first, "--"))
		q.SQL = strings.TrimSpace(rest)
		q.Expected, _ = files.ReadFile(e.Name + "/expected/" + q.Name + ".json")
		questions = append(questions, q)
	}
	return questions, nil
}

// Extract writes the charter and the owners' files below dir, as a lab folder.
func (e Example) Extract(dir string) error {
	for _, part := range []string{"charter.yaml", "owners"} {
		err := fs.WalkDir(files, e.Name+"/"+part, func(p string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			return extract(p, filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(p, e.Name+"/"))))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func extract(from, to string) error {
	data, err := files.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}
