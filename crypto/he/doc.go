// Package he is the homomorphic encryption under the guarded release: BGV with a secret key
// that is the sum of the parties' secrets. It is the only package that imports the
// library Lattigo, whose faults it works around.
//
// # Construction
//
// R = Z[X]/(X^N+1), Q = q_0…q_L, P a product of special primes, t prime, 1 mod 2N. A
// ciphertext (c0, c1) of m under S = Σ s_u has c0 + S·c1 = m·t^-1 + e mod Q. Parties make, each by
// itself,
//
//   - shares of the relinearisation key ([Params.KeyShare]) and of inputs
//     ([Encoder.InputShare]), whose sums are key and ciphertexts;
//   - after the evaluation of a [Circuit] by [Evaluator.Eval], shares of opening an output
//     ([Params.OpenShare]), whose sum opens it ([Encoder.Open]).
//
// Multiplication, relinearisation and rescaling are here, in terms of the library's rings and
// its gadget product: the evaluator of the library loses scales and takes keys of
// another form.
//
// # Parameters
//
// [Set] returns one of a few sets, checked when first used: primality and form of all moduli,
// log2(QP) against the table of eprint 2024/463 for 128 bits, uniform ternary secrets, errors
// of standard deviation 3.2. [Params.Budget] simulates the noise of a circuit for a number of
// parties, and refuses what leaves less than [MinMargin] bits between noise and flooding.
//
// # Threat model
//
// Nothing here decides what may be opened: that is package guard. A share hides its secret
// under ring LWE, a share of the key if encryptions of s under r and of r under s do no
// harm (circular security, which every scheme with a relinearisation key assumes). A
// share of opening hides the noise, which depends on secrets and messages, by flooding
// with 2^[Params.FloodBits]. Every seed is used once; two
// opening shares of one key for different outputs, or two inputs under one common polynomial,
// show the difference. Encoded polynomials from peers are read by [Basis.Decode] only,
// which accepts exactly one encoding and allocates what the basis says; the library's
// decoders crash on bad input and are not used.
//
// Samplers for errors and secrets are the library's, over a stream of AES-256-CTR; they and
// its modular arithmetic are not hardened against local timing: the transforms reduce with
// comparisons. Rounding and flooding have no branch or division that depends on a secret.
//
// Results are the same bits on amd64, arm64 and others with 64-bit words; 32-bit builds do
// not compile.
//
// # Errors
//
// [ErrUnknownSet], [ErrParameters], [ErrPoly]. No error holds a residue.
//
// # References
//
// Brakerski, Gentry, Vaikuntanathan, ITCS 2012. Mouchet et al., PoPETs 2021. Chen et al., CCS 2019,
// eprint 2019/524. Security Guidelines for Implementing Homomorphic Encryption, eprint
// 2024/463. Lattigo v5, github.com/tuneinsight/lattigo.
//
// Start at [Set] and [Circuit].
package he

import "math/bits"

// A 32-bit build evaluates to other bits: this array has a negative length there.
var _ [bits.UintSize - 64]struct{}
