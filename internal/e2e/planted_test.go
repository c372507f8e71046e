//go:build e2e

package e2e

import (
	"bytes"
	bin "encoding/binary"
	"fmt"
	"io/fs"
	"maps"
	"math/big"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/lab"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
)

// planted are values that do not occur by chance in any of their forms.
var planted = [owners][2]int64{
	{71_234_567_890_123_457, 1},
	{62_345_678_901_234_561, 2},
	{-53_456_789_012_345_673, 3},
	{44_567_890_123_456_789, 4},
	{35_678_901_234_567_891, 5},
}

// forms returns how a number may stand in memory or in a file: decimal, words of
// either byte order.
func forms(x int64) [][]byte {
	return [][]byte{
		[]byte(strconv.FormatInt(x, 10)),
		bin.LittleEndian.AppendUint64(nil, uint64(x)),
		bin.BigEndian.AppendUint64(nil, uint64(x)),
		bin.BigEndian.AppendUint64(nil, bits.RotateLeft64(uint64(x), 32)),
	}
}

// TestCoordinatorHoldsNoData plants values at the owners and looks for them, for
// each owner's sum and for the result, in the coordinator's memory while it works
// and afterwards, in its store and in its log. All that reached it by the network is
// in its memory, decrypted. The same search finds the values in the memory of
// their worker, and the result at the analyst.
func TestCoordinatorHoldsNoData(t *testing.T) {
	s := newSpace(t, planted)
	coordinator, worker := s.pid(lab.CoordinatorID), s.pid(owner(0))
	wanted := map[string]int64{}
	var total int64
	for i, v := range planted {
		wanted["value of "+owner(i)] = v[0]
		wanted["sum of "+owner(i)] = v[0] + v[1]
		total += v[0] + v[1]
	}
	wanted["result"] = total

	inWorker := map[string]bool{}
	for range 3 {
		text := s.askWhile(func() {
			for what := range search(memory(t, coordinator), wanted) {
				t.Errorf("the coordinator's memory has the %s", what)
			}
			for what := range search(memory(t, worker), wanted) {
				inWorker[what] = true
			}
		})
		if !strings.Contains(text, strconv.FormatInt(total, 10)) {
			t.Fatalf("the analyst does not see %d in %s", total, text)
		}
	}
	if !inWorker["value of "+owner(0)] && !inWorker["sum of "+owner(0)] {
		t.Error("the search does not find the values where they are, at their worker")
	}
	for what := range inWorker {
		if !strings.HasSuffix(what, owner(0)) {
			t.Errorf("the memory of %s has the %s", owner(0), what)
		}
	}
	for what, where := range searchFiles(t, s, wanted) {
		t.Errorf("%s has the %s", where, what)
	}
}

// askWhile asks, looks again and again until the answer is there, and once more, and returns
// the right answer.
func (s *space) askWhile(look func()) string {
	s.t.Helper()
	a := s.ask()
	for {
		select {
		case got := <-a.out:
			if got.err != nil {
				s.t.Fatal(got.err)
			}
			s.check(got.text)
			look()
			return got.text
		default:
			look()
		}
	}
}

// plantedSmall are the values of a group that is too small to be shown.
var plantedSmall = []int64{12_345_678_901_234_567, 23_456_789_012_345_671, 34_567_890_123_456_712}

// TestCoordinatorHoldsNoDataOfAGuardedJob plants values as above, some of them in a group
// that is suppressed. The coordinator has none of the values, sums and totals; the
// analyst has the total of the large group, and nothing of the small one, neither in its
// store nor in the answer.
func TestCoordinatorHoldsNoDataOfAGuardedJob(t *testing.T) {
	s := newGuardedSpace(t, planted, plantedSmall...)
	coordinator, worker := s.pid(lab.CoordinatorID), s.pid(owner(0))
	wanted, secret := map[string]int64{}, map[string]int64{}
	var total, small int64
	for i, v := range planted {
		wanted["value of "+owner(i)] = v[0]
		wanted["sum of "+owner(i)] = v[0] + v[1]
		total += v[0] + v[1]
	}
	for i, v := range plantedSmall {
		secret["small value of "+owner(i)] = v
		small += v
	}
	secret["suppressed total"] = small
	secret["total of all"] = total + small
	maps.Copy(wanted, secret)
	released := map[string]int64{"result": total}
	maps.Copy(wanted, released)

	patterns := limbPatterns(t, s)
	inWorker := map[string]bool{}
	for range 2 {
		text := s.askWhile(func() {
			held := memory(t, coordinator)
			for what := range search(held, wanted) {
				t.Errorf("the coordinator's memory has the %s", what)
			}
			for what := range searchPatterns(held, patterns) {
				t.Errorf("the coordinator's memory has %s", what)
			}
			held = memory(t, worker)
			for what := range search(held, wanted) {
				inWorker[what] = true
			}
			for what := range searchPatterns(held, patterns) {
				inWorker[what] = true
			}
		})
		for what := range search([][]byte{[]byte(text)}, secret) {
			t.Errorf("the answer has the %s", what)
		}
		if len(search([][]byte{[]byte(text)}, released)) == 0 {
			t.Fatalf("the analyst does not see %d in %s", total, text)
		}
	}
	t.Logf("in the memory of %s: %v", owner(0), slices.Sorted(maps.Keys(inWorker)))
	if !inWorker["limbs of "+owner(0)] {
		t.Error("the search does not find limbs where they are, at their worker")
	}
	if !inWorker["value of "+owner(0)] && !inWorker["sum of "+owner(0)] && !inWorker["small value of "+owner(0)] {
		t.Error("the search does not find the values where they are, at their worker")
	}
	for what := range inWorker {
		if !strings.HasSuffix(what, owner(0)) {
			t.Errorf("the memory of %s has the %s", owner(0), what)
		}
	}
	for what, where := range searchFiles(t, s, wanted) {
		t.Errorf("%s has the %s", where, what)
	}
	maps.DeleteFunc(wanted, func(what string, _ int64) bool { return what == "result" })
	for what, where := range searchFilesOf(t, s, lab.AnalystID, wanted) {
		t.Errorf("%s has the %s", where, what)
	}
}

// limbPatterns are the forms that numbers have in the slots of a guarded release: words
// with a limb of the groups one after the other, of each owner and of the totals.
func limbPatterns(t *testing.T, s *space) map[string][][]byte {
	t.Helper()
	bundle, err := charter.ReadBundle(filepath.Join(s.Dir, ".lab", "space.json"))
	if err != nil {
		t.Fatal(err)
	}
	ch := bundle.Charter()
	q, err := query.Compile(guardedQuestion, ch)
	if err != nil {
		t.Fatal(err)
	}
	layout, f := plan.NewLayout(&q.Plan, ch)
	if f != nil {
		t.Fatal(f)
	}
	out, total := map[string][][]byte{}, map[[2]int][]int64{}
	for i, v := range planted {
		small, rows := int64(0), uint64(0)
		if i < len(plantedSmall) {
			small, rows = plantedSmall[i], 1
		}
		cells := []int64{2, v[0] + v[1], 0, 0, int64(rows), small} // count and sum of big, none, small
		vector := ring.NewVector(ring.Width(q.Plan.Width), len(cells))
		for j, x := range cells {
			if err := vector.SetBig(j, big.NewInt(x)); err != nil {
				t.Fatal(err)
			}
		}
		input, err := layout.Input(owner(i), vector, [][]uint64{{2, 0, rows}})
		if err != nil {
			t.Fatal(err)
		}
		for r, run := range input.Groups[0] {
			for l, limb := range run.Limbs {
				out["limbs of "+owner(i)] = append(out["limbs of "+owner(i)], words(limb)...)
				at := [2]int{r, l}
				if total[at] == nil {
					total[at] = make([]int64, len(limb))
				}
				for c, x := range limb {
					total[at][c] += x
				}
			}
		}
	}
	for _, limb := range total {
		out["limbs of totals"] = append(out["limbs of totals"], words(limb)...)
	}
	return out
}

// words writes limbs of several groups as they would lie in memory. Those of which only one
// is large are left out, as they may occur by chance.
func words(limb []int64) [][]byte {
	large := 0
	var b []byte
	for _, x := range limb {
		if x > 1<<10 {
			large++
		}
		b = bin.LittleEndian.AppendUint64(b, uint64(x))
	}
	if large < 2 {
		return nil
	}
	return [][]byte{b}
}

func searchPatterns(in [][]byte, patterns map[string][][]byte) map[string]bool {
	found := map[string]bool{}
	for what, forms := range patterns {
		for _, form := range forms {
			for _, part := range in {
				if bytes.Contains(part, form) {
					found[what] = true
				}
			}
		}
	}
	return found
}

// search returns what was found.
func search(in [][]byte, wanted map[string]int64) map[string]bool {
	found := map[string]bool{}
	for what, x := range wanted {
		for _, form := range forms(x) {
			for _, part := range in {
				if bytes.Contains(part, form) {
					found[what] = true
				}
			}
		}
	}
	return found
}

// memory returns the writable memory of a process.
func memory(t *testing.T, pid int) [][]byte {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Skipf("the memory of another process cannot be read here: %v", err)
	}
	defer mem.Close()
	var parts [][]byte
	total := 0
	for line := range strings.Lines(string(maps)) {
		fields := strings.Fields(line)
		from, to, ok := strings.Cut(fields[0], "-")
		first, err1 := strconv.ParseUint(from, 16, 64)
		end, err2 := strconv.ParseUint(to, 16, 64)
		if !ok || err1 != nil || err2 != nil || !strings.HasPrefix(fields[1], "rw") {
			continue
		}
		part := make([]byte, end-first)
		n, _ := mem.ReadAt(part, int64(first)) // pages that were never touched cannot be read
		parts = append(parts, part[:n])
		total += n
	}
	if total < 1<<20 {
		t.Fatalf("only %d bytes of process %d could be read", total, pid)
	}
	return parts
}

// searchFiles looks through the coordinator's store, configuration and log.
func searchFiles(t *testing.T, s *space, wanted map[string]int64) map[string]string {
	t.Helper()
	return searchFilesOf(t, s, lab.CoordinatorID, wanted)
}

// searchFilesOf looks through those of any member.
func searchFilesOf(t *testing.T, s *space, member string, wanted map[string]int64) map[string]string {
	t.Helper()
	found, files := map[string]string{}, 0
	err := filepath.WalkDir(filepath.Join(s.Dir, ".lab"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(path, member) {
			return err
		}
		text, err := os.ReadFile(path)
		files++
		for what := range search([][]byte{text}, wanted) {
			found[what] = path
		}
		return err
	})
	if err != nil || files < 3 {
		t.Fatalf("%d files of %s, %v", files, member, err)
	}
	return found
}
