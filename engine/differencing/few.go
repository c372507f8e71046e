package differencing

import "slices"

// few counts units up to Cap: some by number, some by name.
type few struct {
	n     int
	names []uint64
}

func (f *few) size() int {
	if f == nil {
		return 0
	}
	return f.n + len(f.names)
}

// add counts units that nothing else counts.
func (f *few) add(n int) {
	f.n = min(Cap, f.n+n)
	if f.n == Cap {
		f.names = nil
	}
}

// name counts units that may have been counted.
func (f *few) name(names []uint64) {
	for _, u := range names {
		if f.n == Cap {
			return
		}
		if !slices.Contains(f.names, u) {
			f.names = append(f.names, u)
		}
		if f.size() >= Cap {
			f.add(Cap)
		}
	}
}

func (f *few) union(o *few) {
	f.add(o.n)
	f.name(o.names)
}
