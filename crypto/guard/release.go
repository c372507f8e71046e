package guard

import (
	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// release is what all roles know of one release: the attempt, and the key set that it
// uses up.
type release struct {
	job.Attempt
	*checked
	circle
	keyID KeyID
}

func newRelease(a job.Attempt, c *checked, keys *PublicKeys) *release {
	bound := a.Digest("tacit/guard/v1/release", keys.ID[:], keys.Parties.Bytes())
	return &release{
		Attempt: a, checked: c, keyID: keys.ID,
		circle: circle{context: bound, parties: keys.Parties, roster: a.Roster},
	}
}

// inputExchange is the exchange of input shares. A commitment also has the ciphertext of
// the analyst mask, a claim the hash of the outputs.
func (r *release) inputExchange() exchange {
	return exchange{
		circle: r.circle, name: "input", base: inputExchange, basis: r.inputs,
		count: r.Inputs(), extra: kem.CiphertextSize, tail: 32,
	}
}

// evaluators returns who evaluates again.
func (r *release) evaluators() session.Parties {
	return r.checked.evaluators(r.parties, r.Corruptions, r.context)
}

// evaluate computes all outputs from the sums of the inputs.
func (r *release) evaluate(sums []he.Poly, keys *PublicKeys, par session.Parallel) []*he.Ciphertext {
	e := r.params.NewEvaluator(keys.relinearisation(r.params))
	common := commonKey(keys.common, inputList)
	inputs := make([]*he.Ciphertext, len(sums))
	par.Run(len(sums), func(j int) { inputs[j] = he.NewCiphertext(sums[j], r.inputs.Uniform(&common, j)) })
	var outs []*he.Ciphertext
	for i := range r.Groups {
		g := &r.Groups[i]
		n := g.inputs()
		outs = append(outs, e.Eval(r.circuits[i], inputs[0], inputs[1:n], !g.Packed, par)...)
		inputs = inputs[n:]
	}
	return outs
}

// outputSize is the size of all encoded outputs.
func (r *release) outputSize() int { return 2 * r.Outputs() * r.params.Out.Size() }

func (r *release) encodeOutputs(outs []*he.Ciphertext) []byte {
	b := make([]byte, 0, r.outputSize())
	for _, out := range outs {
		b = r.params.Out.Append(r.params.Out.Append(b, out.Poly(0)), out.Poly(1))
	}
	return b
}

// decodeOutputs reads outputs that somebody else evaluated.
func (r *release) decodeOutputs(b []byte) ([]*he.Ciphertext, error) {
	size := r.params.Out.Size()
	outs := make([]*he.Ciphertext, r.Outputs())
	for i := range outs {
		c0, err := r.params.Out.Decode(b[2*i*size : (2*i+1)*size])
		if err != nil {
			return nil, err
		}
		c1, err := r.params.Out.Decode(b[(2*i+1)*size : (2*i+2)*size])
		if err != nil {
			return nil, err
		}
		outs[i] = he.NewCiphertext(c0, c1)
	}
	return outs, nil
}

// outputHash stands for all outputs, bit for bit.
func (r *release) outputHash(encoded []byte) [32]byte {
	return r.digest("tacit/guard/v1/outputs", encoded)
}

// vectorLength is the number of words that a worker opens with: N for each output.
func (r *release) vectorLength() int { return r.Outputs() * r.params.Slots() }

// base returns what the shares of all outputs are added to.
func (r *release) base(outs []*he.Ciphertext, par session.Parallel) ring.Vector {
	n := r.params.Slots()
	v := ring.NewVector(ring.Width64, r.vectorLength())
	par.Run(len(outs), func(i int) { copy(v.Words[i*n:], r.params.Base(outs[i])) })
	return v
}

func (r *release) baseHash(base ring.Vector) [32]byte {
	return r.digest("tacit/guard/v1/base", base.Append(make([]byte, 0, 8*base.Len())))
}

// analystMask is the mask between worker u and the analyst, bound to u and to the
// ciphertext: a worker that replays another's ciphertext does not get the other's mask.
func (r *release) analystMask(shared, ct []byte, u session.Party) prg.Key {
	h := session.Hash("tacit/guard/v1/analyst ciphertext", ct)
	return prg.Key(r.key(shared, "tacit/guard/v1/analyst", session.PartyBytes(u), h[:]))
}

// opening is a worker's last message: the rounded decryption shares of all outputs, with
// the masks of every other worker and the analyst, the tag of the unmasked shares with
// the same masks, and a signature.
type opening struct {
	tag   ring.F127
	sig   signature
	words []byte
}

func (o *opening) message() []byte {
	w := begin(kindOpening)
	tag := o.tag.Bytes()
	w.Fixed(tag[:])
	w.Fixed(o.sig[:])
	w.Fixed(o.words)
	return w.Data()
}

// openingSize is the size of an encoded opening.
func (r *release) openingSize() int {
	return 1 + ring.F127Size + signatureSize + 8*r.vectorLength()
}

func (r *release) decodeOpening(from session.Party, body []byte) (*opening, error) {
	return decode(from, body, kindOpening, func(rd *wire.Reader) (*opening, error) {
		return &opening{tag: readField(rd), sig: readSignature(rd), words: rd.Fixed(8 * r.vectorLength())}, nil
	})
}

func readField(r *wire.Reader) ring.F127 {
	x, err := ring.ParseF127(r.Fixed(ring.F127Size))
	r.Fail(err)
	return x
}

const signOpening = "tacit/guard/v1/sign opening"

// vectorDigest stands for the tag and the words.
func (r *release) vectorDigest(o *opening) [32]byte {
	tag := o.tag.Bytes()
	return r.digest("tacit/guard/v1/opening vector", tag[:], o.words)
}

// evidence is what the analyst checks of a worker.
type evidence struct {
	ct     [kem.CiphertextSize]byte
	digest [32]byte
	sig    signature
}

// opened is what worker u signs: whose sums and which outputs it opened, and with what.
func (r *release) opened(challenge, base [32]byte, u session.Party, e *evidence) [32]byte {
	return r.digest("tacit/guard/v1/opening", challenge[:], base[:], session.PartyBytes(u), e.ct[:], e.digest[:])
}

func (r *release) checkEvidence(challenge, base [32]byte, u session.Party, e *evidence) error {
	if !r.verify(u, signOpening, r.opened(challenge, base, u, e), e.sig) {
		return blame(u, "signature of the opening is not valid")
	}
	return nil
}

// releaseDigest is the digest under which a worker releases the job, once.
func (r *release) releaseDigest(challenge [32]byte, outputs [32]byte) [32]byte {
	return r.digest("tacit/guard/v1/release digest", challenge[:], outputs[:])
}
