package charter

import "github.com/tacit-space/tacit/engine/schema"

// Keys describes the file of a charter, with the defaults that [Charter.Normalise] fills in.
func Keys() schema.Key {
	c := &Charter{Tables: []Table{{Columns: []Column{{Type: "integer", Role: Measure}}}}}
	c.Normalise()
	return schema.Of(c)
}

// Schema returns the JSON schema (draft 2020-12) of a charter.
func Schema() []byte { return schema.JSON("tacit charter", Keys()) }
