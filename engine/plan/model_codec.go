package plan

import "github.com/tacit-space/tacit/crypto/wire"

// tagModel begins the part of a plan that only plans with a model have.
const tagModel = 2

// parts reads what follows the sums: noise and a model, each if the plan has it, in this order.
func (d decoder) parts(p *Plan) {
	for d.Err() == nil && d.Len() > 0 {
		switch tag := d.U8(); {
		case tag == tagPrivacy && p.Privacy == nil && p.Model == nil:
			p.Privacy = d.privacy()
		case tag == tagModel && p.Model == nil:
			p.Model = d.model(p)
		default:
			d.Fail(wire.ErrNotCanonical)
		}
	}
}

func putModel(w *wire.Writer, p *Plan) {
	m := p.Model
	if m == nil {
		return
	}
	w.U8(tagModel)
	for i := range p.Sums {
		w.U8(uint8(p.Sums[i].Weight))
		w.U8(p.Sums[i].Fraction)
	}
	w.U32(uint32(len(m.Terms)))
	for i := range m.Terms {
		t := &m.Terms[i]
		putNames(w, t.Factors)
		w.U32(uint32(len(t.Levels)))
		for _, l := range t.Levels {
			w.String(l.Column)
			putValue(w, l.Value)
		}
		putValue(w, m.Coefficients[i])
	}
	w.String(m.Offset)
	w.Bool(m.LogOffset)
}

func (d decoder) model(p *Plan) *Model {
	for i := range p.Sums {
		p.Sums[i].Weight, p.Sums[i].Fraction = Weight(d.U8()), d.U8()
	}
	m := &Model{}
	for range d.Count(MaxTerms) {
		t := ModelTerm{Factors: d.names(MaxFactors)}
		for range d.Count(MaxFactors) {
			t.Levels = append(t.Levels, Level{Column: d.String(MaxName), Value: d.value()})
			if d.Err() != nil {
				return nil
			}
		}
		m.Terms, m.Coefficients = append(m.Terms, t), append(m.Coefficients, d.value())
		if d.Err() != nil {
			return nil
		}
	}
	m.Offset, m.LogOffset = d.String(MaxName), d.Bool()
	return m
}
