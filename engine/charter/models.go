package charter

import "github.com/tacit-space/tacit/crypto/wire"

// MaxModelRounds is the largest number of rounds that a charter can allow.
const MaxModelRounds = 50

// Rounds is how many rounds a model of the table may have; 0: there are no models.
func (t *Table) Rounds() int {
	if t.ModelRounds == nil {
		return 0
	}
	return *t.ModelRounds
}

func (t *Table) checkModels(k check) {
	if t.ModelRounds != nil {
		k.within(int64(*t.ModelRounds), 1, MaxModelRounds)
	}
}

// writeModels ends the encoding with a part that charters without models do not have.
func (c *Charter) writeModels(w *wire.Writer) {
	declared := wire.NewWriter()
	n := 0
	for i := range c.Tables {
		if rounds := c.Tables[i].Rounds(); rounds > 0 {
			declared.U32(uint32(i))
			declared.U32(uint32(rounds))
			n++
		}
	}
	if n > 0 {
		w.String("models")
		w.Count(n)
		w.Bytes(declared.Data())
	}
}
