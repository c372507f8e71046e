package benchmarks

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/share"
	"github.com/tacit-space/tacit/crypto/sign"
)

// Primitives is each cryptographic operation by itself, on one core, with a floor beside it.
var Primitives = Benchmark{
	Name:  "primitives",
	About: "AES-CTR masks, X-Wing, signatures, Shamir, BGV operations, on one core, with floors beside them",
	Run:   runPrimitives,
}

// operation is timed in batches that take a while each.
type operation struct {
	name string
	run  func()
}

// batch is how long one sample repeats an operation, at least.
const batch = 20 * time.Millisecond

func (o Options) timeOperation(op operation, f figures) {
	least := batch
	if o.Quick {
		least = time.Microsecond
	}
	op.run() // warms the caches
	for range o.Runs {
		n, begin := 0, time.Now()
		for n == 0 || time.Since(begin) < least {
			op.run()
			n++
		}
		f.add(op.name, "µs", float64(time.Since(begin).Nanoseconds())/1e3/float64(n))
	}
}

func runPrimitives(ctx context.Context, o Options) (*Result, error) {
	f := figures{}
	for name, prepare := range map[string]func(o Options) ([]operation, error){
		"masks": maskOperations, "X-Wing": kemOperations, "floor of X-Wing": kemFloors, "signatures": signOperations,
		"Shamir": shareOperations, "floor of Shamir": shareFloors, "BGV": bgvOperations,
	} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		operations, err := prepare(o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		o.Say("primitives: %s", name)
		for _, op := range operations {
			o.timeOperation(op, f)
		}
	}
	set, k := o.bgvSize()
	result := &Result{
		Name: "primitives", Correct: true, Oracle: "what each operation undoes, and plain arithmetic",
		Parameters: map[string]any{"cores": 1, "mask": "65536 elements of 64 bits", "Shamir": "67 of 100", "BGV": fmt.Sprintf("set %s, k %d, 2 parties", set, k)},
		Metrics:    map[string]Metric{},
	}
	f.summarise("", result.Metrics)
	return result, nil
}

// seedOf is 32 bytes of the seed for one purpose.
func (o Options) seedOf(purpose string) (s [32]byte) {
	binary.LittleEndian.PutUint64(s[:], o.Seed)
	copy(s[8:], purpose)
	return s
}

// broken is the error of an operation that is not what its oracle says; a spoiled oracle says so always.
func (o Options) broken(right bool, what string) error {
	if right && !o.spoil {
		return nil
	}
	return errors.New(what + " differs from the oracle")
}

const maskElements = 1 << 16

func maskOperations(o Options) ([]operation, error) {
	key := prg.Key(o.seedOf("mask"))
	v, w := make([]uint64, maskElements), make([]uint64, maskElements)
	prg.Add(v, &key, false)
	zero := true
	for i := range v {
		zero = zero && v[i] == 0
	}
	prg.Add(v, &key, true)
	same := true
	for i := range v {
		same = same && v[i] == 0
	}
	if err := o.broken(same && !zero, "a mask taken off again"); err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	stream, buf := cipher.NewCTR(block, make([]byte, 16)), make([]byte, 4096)
	return []operation{
		{"mask added to a vector", func() { prg.Add(v, &key, false) }},
		{"floor: AES-256-CTR of so many bytes", func() {
			for range 8 * maskElements / len(buf) {
				stream.XORKeyStream(buf, buf)
			}
		}},
		{"floor: copy of so many bytes", func() { copy(w, v) }},
	}, nil
}

func kemOperations(o Options) ([]operation, error) {
	key := kem.DeriveKey(o.seedOf("kem"))
	public := key.Public()
	ct, shared := kem.EncapsulateDeterministic(public, o.seedOf("encapsulate"))
	if err := o.broken(key.Decapsulate(ct) == shared, "the shared secret of X-Wing"); err != nil {
		return nil, err
	}
	return []operation{
		{"X-Wing key pair", func() { kem.DeriveKey(o.seedOf("kem")) }},
		{"X-Wing encapsulation", func() { kem.EncapsulateDeterministic(public, o.seedOf("encapsulate")) }},
		{"X-Wing decapsulation", func() { key.Decapsulate(ct) }},
	}, nil
}

func signOperations(o Options) ([]operation, error) {
	key := sign.DeriveKey(o.seedOf("sign"))
	public, message := key.Public(), make([]byte, 1024)
	one, both := key.Sign("bench", message), key.SignHybrid("bench", message)
	changed := append([]byte{1}, message[1:]...)
	right := public.Verify("bench", message, one) && public.VerifyHybrid("bench", message, both) &&
		!public.Verify("bench", changed, one) && !public.VerifyHybrid("bench", changed, both)
	if err := o.broken(right, "the verdict on a signature"); err != nil {
		return nil, err
	}
	seed := o.seedOf("floor")
	bare := ed25519.NewKeyFromSeed(seed[:])
	return []operation{
		{"signature", func() { key.Sign("bench", message) }},
		{"signature verified", func() { public.Verify("bench", message, one) }},
		{"hybrid signature", func() { key.SignHybrid("bench", message) }},
		{"hybrid signature verified", func() { public.VerifyHybrid("bench", message, both) }},
		{"floor: Ed25519 signature", func() { ed25519.Sign(bare, message) }},
	}, nil
}

// Shamir's sharing is measured with so many shares that recover, of so many holders.
const shamirThreshold, shamirHolders = 67, 100

func shareOperations(o Options) ([]operation, error) {
	secret, err := share.RandomScalar(rand.NewChaCha8(o.seedOf("scalar")))
	if err != nil {
		return nil, err
	}
	shares, err := share.Split(secret, shamirThreshold, shamirHolders, rand.NewChaCha8(o.seedOf("split")))
	if err != nil {
		return nil, err
	}
	ids, values := make([]uint16, shamirThreshold), make([]share.Scalar, shamirThreshold)
	for i, s := range shares[shamirHolders-shamirThreshold:] {
		ids[i], values[i] = s.ID, s.Value
	}
	basis, err := share.NewBasis(ids)
	if err != nil {
		return nil, err
	}
	got, err := basis.Recover(values)
	if err != nil {
		return nil, err
	}
	if err := o.broken(got.Equal(secret), "a secret put together again"); err != nil {
		return nil, err
	}
	return []operation{
		{"Shamir split", func() { _, _ = share.Split(secret, shamirThreshold, shamirHolders, rand.NewChaCha8(o.seedOf("split"))) }},
		{"Shamir basis", func() { _, _ = share.NewBasis(ids) }},
		{"Shamir recovery with a basis", func() { _, _ = basis.Recover(values) }},
	}, nil
}

// bgvSize returns the parameter set and k.
func (o Options) bgvSize() (set string, k int) {
	if o.Quick {
		return "F7", 2
	}
	return "G15", 10
}

// bgvOperations encrypts slots of two parties, releases them if the sum is k or more, and opens that.
func bgvOperations(o Options) ([]operation, error) {
	set, k := o.bgvSize()
	p, err := he.Set(set)
	if err != nil {
		return nil, err
	}
	c, err := he.NewCircuit(k)
	if err != nil {
		return nil, err
	}
	enc, crs, in := p.NewEncoder(), prg.Key(o.seedOf("crs")), p.Inputs(c)
	common := in.Uniform(&crs, 0)
	var secrets []he.Secret
	sums, guards := make([]he.Poly, p.KeyPolys()), in.Zero()
	slots := make([]uint64, p.Slots())
	for i := range slots {
		slots[i] = uint64(i % k) // of both parties together from 0 to 2 k − 2
	}
	for i := range 2 {
		s := p.SecretOf(o.seedOf(fmt.Sprint("secret", i)))
		secrets = append(secrets, s)
		for j, part := range p.KeyShare(s, crs, o.seedOf(fmt.Sprint("key", i)), nil) {
			if i == 0 {
				sums[j] = part
			} else {
				p.QP.Add(sums[j], part)
			}
		}
		part, err := enc.InputShare(in, s, common, slots, o.seedOf(fmt.Sprint("input", i)))
		if err != nil {
			return nil, err
		}
		in.Add(guards, part)
	}
	evaluator, count := p.NewEvaluator(p.NewKey(sums, crs)), he.NewCiphertext(guards, common)
	evaluate := func() *he.Ciphertext { return evaluator.Eval(c, count, nil, true, nil)[0] }
	out := evaluate()
	total := p.Base(out)
	for i, s := range secrets {
		for j, y := range p.OpenShare(s, out, o.seedOf(fmt.Sprint("open", i))) {
			total[j] += y
		}
	}
	bare, _ := p.Scales(c)
	if err := o.broken(gated(enc.Open(total, bare), slots, c, p.T()), "what the circuit let pass"); err != nil {
		return nil, err
	}
	product := make([]uint64, len(slots))
	return []operation{
		{"BGV key share", func() { p.KeyShare(secrets[0], crs, o.seedOf("key0"), nil) }},
		{"BGV encryption", func() { _, _ = enc.InputShare(in, secrets[0], common, slots, o.seedOf("input0")) }},
		{"BGV addition", func() { in.Add(guards, common) }},
		{"BGV release circuit", func() { evaluate() }},
		{"BGV share of the decryption", func() { p.OpenShare(secrets[0], out, o.seedOf("open0")) }},
		{"BGV decoding", func() { enc.Open(p.Base(out), bare) }},
		{"floor: the circuit on plain slots", func() {
			for i, x := range slots {
				product[i] = c.Eval(2*x, p.T())
			}
		}},
	}, nil
}

// gated says whether every slot is what the circuit makes of the sum of both parties.
func gated(got, slots []uint64, c *he.Circuit, t uint64) bool {
	if len(got) < len(slots) {
		return false
	}
	for i, x := range slots {
		if got[i] != c.Eval(2*x, t) {
			return false
		}
	}
	return true
}
