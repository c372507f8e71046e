package plan

import (
	"errors"

	"github.com/tacit-space/tacit/crypto/wire"
	"github.com/tacit-space/tacit/engine/fault"
)

// Malformed is a plan that is not in its canonical form or beyond a limit.
var Malformed = fault.Declare("TACIT-P100", "malformed plan",
	"The bytes of a job do not decode to a plan in canonical form within the limits of this version.",
	"The job was made by another version or was tampered with: make it again with this version.")

const version = 1 // first byte of every encoding of this package

var errVersion = errors.New("unknown version")

// Marshal returns the one encoding of the plan. It fails for a plan that is not
// canonical or beyond a limit of this package.
func (p *Plan) Marshal() ([]byte, error) {
	if err := p.shape(); err != nil {
		return nil, Malformed.New("%w", err)
	}
	w := wire.NewWriter()
	w.U8(version)
	w.String(p.Table)
	w.U8(uint8(p.Width))
	putPredicate(w, p.Where)
	w.U32(uint32(len(p.Keys)))
	for i := range p.Keys {
		putKey(w, &p.Keys[i])
	}
	w.U32(uint32(len(p.Sums)))
	for i := range p.Sums {
		putSum(w, &p.Sums[i])
	}
	putPrivacy(w, p.Privacy)
	putModel(w, p)
	if len(w.Data()) > MaxPlan {
		return nil, Malformed.New("plan of %d bytes, at most %d", len(w.Data()), MaxPlan)
	}
	return w.Data(), nil
}

// Parse decodes a plan. It accepts exactly what [Plan.Marshal] returns.
func Parse(b []byte) (*Plan, error) {
	p, err := parse(b)
	if err == nil {
		err = p.shape()
	}
	if err != nil {
		return nil, Malformed.New("%w", err)
	}
	return p, nil
}

func parse(b []byte) (*Plan, error) {
	if len(b) > MaxPlan {
		return nil, wire.ErrLimit
	}
	d := decoder{Reader: wire.NewReader(b)}
	d.version()
	p := &Plan{Table: d.String(MaxName), Width: Width(d.U8()), Where: d.predicate()}
	cells := 1
	for range d.Count(MaxKeys) {
		k := d.key(MaxCells / cells)
		if d.Err() != nil {
			break
		}
		cells *= max(1, k.Size())
		p.Keys = append(p.Keys, k)
	}
	for range d.Count(MaxSums) {
		p.Sums = append(p.Sums, d.sum())
		if d.Err() != nil {
			break
		}
	}
	d.parts(p)
	return p, d.Close()
}

func putValue(w *wire.Writer, v Value) {
	w.U8(uint8(v.Kind))
	w.String(v.Text)
}

func putValues(w *wire.Writer, values []Value) {
	w.U32(uint32(len(values)))
	for _, v := range values {
		putValue(w, v)
	}
}

// putPredicate writes operator 0 for nil.
func putPredicate(w *wire.Writer, p *Predicate) {
	if p == nil {
		w.U8(0)
		return
	}
	w.U8(uint8(p.Op))
	if p.Op.logical() {
		w.U32(uint32(len(p.Args)))
		for _, a := range p.Args {
			putPredicate(w, a)
		}
		return
	}
	w.String(p.Column)
	putValues(w, p.Values)
}

func putSum(w *wire.Writer, s *Sum) {
	putNames(w, s.Factors)
	putNames(w, s.Present)
	putPredicate(w, s.Filter)
}

func putNames(w *wire.Writer, names []string) {
	w.U32(uint32(len(names)))
	for _, n := range names {
		w.String(n)
	}
}

// putKey leaves out slots that follow from other fields.
func putKey(w *wire.Writer, k *Key) {
	w.U8(uint8(k.Kind) | alongBit(k))
	w.Bool(k.Null)
	switch k.Kind {
	case KeyColumn:
		w.String(k.Column)
		putValues(w, k.Slots)
	case KeyTrunc:
		w.String(k.Column)
		w.U8(uint8(k.Grain))
		putValue(w, k.Slots[0])
		w.U32(uint32(len(k.Slots)))
	case KeyBins:
		w.String(k.Column)
		putValue(w, k.Lo)
		putValue(w, k.Hi)
		w.U32(uint32(k.Count))
	case KeyCase:
		putValues(w, k.Slots)
		w.U32(uint32(len(k.Arms)))
		for _, a := range k.Arms {
			putPredicate(w, a.When)
			w.U32(uint32(a.Slot))
		}
		w.U32(uint32(k.Else))
	}
}

type decoder struct{ *wire.Reader }

func (d decoder) version() {
	if d.U8() != version {
		d.Fail(errVersion)
	}
}

func (d decoder) value() Value {
	return Value{Kind: ValueKind(d.U8()), Text: d.String(MaxText)}
}

func (d decoder) values(limit int) []Value {
	var out []Value
	for range d.Count(limit) {
		out = append(out, d.value())
		if d.Err() != nil {
			return nil
		}
	}
	return out
}

func (d decoder) names(limit int) []string {
	var out []string
	for range d.Count(limit) {
		out = append(out, d.String(MaxName))
		if d.Err() != nil {
			return nil
		}
	}
	return out
}

func (d decoder) predicate() *Predicate {
	nodes := 0
	return d.node(d.U8(), 1, &nodes)
}

// required reads a predicate that is not nil.
func (d decoder) required(depth int, nodes *int) *Predicate {
	op := d.U8()
	if op == 0 {
		d.Fail(wire.ErrNotCanonical)
	}
	return d.node(op, depth, nodes)
}

func (d decoder) node(op uint8, depth int, nodes *int) *Predicate {
	*nodes++
	if depth > MaxDepth || *nodes > MaxNodes {
		d.Fail(wire.ErrLimit)
	}
	if op == 0 || d.Err() != nil {
		return nil
	}
	p := &Predicate{Op: Op(op)}
	if !p.Op.logical() {
		p.Column = d.String(MaxName)
		p.Values = d.values(MaxIn)
		return p
	}
	for range d.Count(MaxNodes) {
		p.Args = append(p.Args, d.required(depth+1, nodes))
		if d.Err() != nil {
			return nil
		}
	}
	return p
}

func (d decoder) sum() Sum {
	return Sum{Factors: d.names(MaxFactors), Present: d.names(MaxSums), Filter: d.predicate()}
}

// key reads a key of at most limit slots, so that slots are made only if the
// cells of the plan stay within [MaxCells].
func (d decoder) key(limit int) Key {
	kind := d.U8()
	k := Key{Kind: KeyKind(kind &^ along), Along: kind&along != 0, Null: d.Bool()}
	switch k.Kind {
	case KeyColumn:
		k.Column = d.String(MaxName)
		k.Slots = d.values(min(limit, maxSlots))
	case KeyTrunc:
		d.trunc(&k, limit)
	case KeyBins:
		d.bins(&k, limit)
	case KeyCase:
		d.cases(&k, limit)
	default:
		d.Fail(wire.ErrNotCanonical)
	}
	return k
}

func (d decoder) trunc(k *Key, limit int) {
	k.Column = d.String(MaxName)
	k.Grain = Grain(d.U8())
	first := d.value()
	n := d.bounded(limit)
	if d.Err() != nil {
		return
	}
	slots, err := TruncSlots(k.Grain, first, n)
	d.Fail(err)
	k.Slots = slots
}

func (d decoder) bins(k *Key, limit int) {
	k.Column = d.String(MaxName)
	k.Lo, k.Hi = d.value(), d.value()
	k.Count = d.bounded(limit - 2)
	if d.Err() == nil {
		k.Slots = BinSlots(k.Count)
	}
}

func (d decoder) cases(k *Key, limit int) {
	k.Slots = d.values(min(limit, maxSlots))
	for range d.Count(MaxArms) {
		nodes := 0
		k.Arms = append(k.Arms, Arm{When: d.required(1, &nodes), Slot: d.bounded(maxSlots)})
		if d.Err() != nil {
			return
		}
	}
	k.Else = d.bounded(maxSlots)
}

// bounded reads a number of at most limit that is not a count of bytes to come.
func (d decoder) bounded(limit int) int {
	n := d.U32()
	if limit < 0 || uint64(n) > uint64(limit) {
		d.Fail(wire.ErrLimit)
		return 0
	}
	return int(n)
}
