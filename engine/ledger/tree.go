package ledger

import (
	"errors"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Tree is the right edge of a Merkle tree (RFC 6962, section 2.1): the roots of its
// complete subtrees, the largest first. That is all that is needed to append a leaf and to
// know the root. The zero value is the empty tree.
type Tree struct {
	size uint64
	edge []tlog.Hash // one for every 1 in the binary digits of size
}

var errTree = errors.New("ledger: malformed edge of a tree")

// Size returns the number of leaves.
func (t *Tree) Size() uint64 { return t.size }

// Clone returns a tree that can be appended to without changing t.
func (t *Tree) Clone() Tree {
	return Tree{size: t.size, edge: append([]tlog.Hash(nil), t.edge...)}
}

// Append adds the leaf of an encoded entry.
func (t *Tree) Append(body []byte) {
	h := tlog.RecordHash(body)
	for range bits.TrailingZeros64(t.size + 1) {
		last := len(t.edge) - 1
		h = tlog.NodeHash(t.edge[last], h)
		t.edge = t.edge[:last]
	}
	t.edge = append(t.edge, h)
	t.size++
}

// Root returns the root hash.
func (t *Tree) Root() tlog.Hash {
	if t.size == 0 {
		empty, _ := tlog.TreeHash(0, nil) // reads nothing
		return empty
	}
	h := t.edge[len(t.edge)-1]
	for i := len(t.edge) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.edge[i], h)
	}
	return h
}

// Edge returns the encoding for [TreeOf].
func (t *Tree) Edge() []byte {
	out := make([]byte, 0, len(t.edge)*tlog.HashSize)
	for _, h := range t.edge {
		out = append(out, h[:]...)
	}
	return out
}

// TreeOf restores a tree of a size from its edge.
func TreeOf(size uint64, edge []byte) (Tree, error) {
	if len(edge) != bits.OnesCount64(size)*tlog.HashSize {
		return Tree{}, errTree
	}
	t := Tree{size: size}
	for ; len(edge) > 0; edge = edge[tlog.HashSize:] {
		t.edge = append(t.edge, tlog.Hash(edge[:tlog.HashSize]))
	}
	return t, nil
}

// hashes are all hashes of a tree, in the order in which tlog stores them, to make
// proofs from.
type hashes []tlog.Hash

func hashesOf(bodies [][]byte) (hashes, error) {
	all := make(hashes, 0, 2*len(bodies))
	for i, body := range bodies {
		more, err := tlog.StoredHashes(int64(i), body, &all)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// ReadHashes implements [tlog.HashReader].
func (h *hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if at < 0 || at >= int64(len(*h)) {
			return nil, errTree
		}
		out[i] = (*h)[at]
	}
	return out, nil
}
