package plan

import (
	"errors"
	"fmt"
	"strconv"
)

// shape checks the canonical form of a key: fields of other kinds are zero, and
// slots that follow from other fields are the ones that follow.
func (k *Key) shape() error {
	if k.Size() < 1 {
		return errors.New("no slots")
	}
	switch k.Kind {
	case KeyColumn:
		return errors.Join(k.only(true, false, false, false), k.listed())
	case KeyTrunc:
		return errors.Join(k.only(true, true, false, false), k.trunc())
	case KeyBins:
		return errors.Join(k.only(true, false, true, false), k.bins())
	case KeyCase:
		return errors.Join(k.only(false, false, false, true), k.listed(), k.arms())
	default:
		return fmt.Errorf("unknown kind %d", k.Kind)
	}
}

// only refuses fields that do not belong to the kind.
func (k *Key) only(column, grain, bins, arms bool) error {
	stray := k.Grain != 0 && !grain ||
		(k.Lo != Value{} || k.Hi != Value{} || k.Count != 0) && !bins ||
		(len(k.Arms) > 0 || k.Else != 0) && !arms ||
		k.Along && !grain && !bins
	if stray {
		return errors.New("fields of another kind")
	}
	if !column && k.Column != "" {
		return errors.New("a column where there is none")
	}
	if column {
		return name(k.Column)
	}
	return nil
}

func (k *Key) listed() error {
	if len(k.Slots) > maxSlots {
		return fmt.Errorf("%d slots, at most %d", len(k.Slots), maxSlots)
	}
	seen := make(map[Value]bool, len(k.Slots))
	for _, v := range k.Slots {
		if v.Kind == Null || !v.canonical() || v.Kind != k.Slots[0].Kind {
			return errors.New("a slot that is NULL, not canonical, or of another kind")
		}
		if seen[v] {
			return errors.New("a slot twice")
		}
		seen[v] = true
	}
	return nil
}

func (k *Key) trunc() error {
	if len(k.Slots) == 0 {
		return errors.New("no instants")
	}
	want, err := TruncSlots(k.Grain, k.Slots[0], len(k.Slots))
	if err != nil {
		return err
	}
	for i := range want {
		if want[i] != k.Slots[i] {
			return errors.New("instants that are not consecutive")
		}
	}
	return nil
}

func (k *Key) bins() error {
	if k.Lo.Kind != Decimal || !k.Lo.canonical() || k.Hi.Kind != Decimal || !k.Hi.canonical() {
		return errors.New("a bound that is not a canonical decimal")
	}
	if k.Lo.Rat().Cmp(k.Hi.Rat()) >= 0 {
		return errors.New("bounds that are not increasing")
	}
	if k.Count < 1 || k.Count > MaxCells-2 {
		return fmt.Errorf("%d bins outside [1, %d]", k.Count, MaxCells-2)
	}
	if len(k.Slots) != k.Count+2 {
		return fmt.Errorf("%d slots for %d bins", len(k.Slots), k.Count)
	}
	for i, v := range k.Slots {
		if v != binSlot(i) {
			return errors.New("slots that are not 0 to the number of bins plus 1")
		}
	}
	return nil
}

// BinSlots returns the slots of count bins: 0 below, 1…count, count+1 at and above
// the upper bound, as width_bucket numbers them.
func BinSlots(count int) []Value {
	slots := make([]Value, count+2)
	for i := range slots {
		slots[i] = binSlot(i)
	}
	return slots
}

func binSlot(i int) Value { return Value{Kind: Integer, Text: strconv.Itoa(i)} }

// arms checks that slots appear in the order of the arms that lead to them.
func (k *Key) arms() error {
	if n := len(k.Arms); n < 1 || n > MaxArms {
		return fmt.Errorf("%d arms outside [1, %d]", n, MaxArms)
	}
	seen, null := 0, false
	visit := func(slot int) error {
		switch {
		case slot == len(k.Slots):
			null = true
		case slot < 0 || slot > seen:
			return errors.New("slots out of the order of the arms")
		case slot == seen:
			seen++
		}
		return nil
	}
	for i := range k.Arms {
		if k.Arms[i].When == nil {
			return errors.New("an arm without condition")
		}
		if err := errors.Join(condition(k.Arms[i].When), visit(k.Arms[i].Slot)); err != nil {
			return err
		}
	}
	if err := visit(k.Else); err != nil {
		return err
	}
	if seen != len(k.Slots) || null != k.Null {
		return errors.New("slots that no arm leads to")
	}
	return nil
}
