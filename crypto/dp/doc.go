// Package dp is differential privacy for sums of integers: exact samplers of integer noise, noise
// shares of which those of the honest workers suffice, and accounts in zero-concentrated
// differential privacy (zCDP).
//
// # Construction
//
// Samplers are Algorithms 1 to 3 of Canonne, Kamath and Steinke (CKS below): Bernoulli(exp(−γ)), discrete
// Laplace ([Laplace]), and from it by rejection the discrete Gaussian N_Z(0, σ²) ([Gaussian]), where x has
// probability proportional to exp(−x²/(2σ²)). All is integer arithmetic: a decision with rational probability
// p compares a uniform 64-bit word with the first 64 bits of p, and the words after it only if they are equal, so
// that no probability is rounded. Two things differ from the paper. The scale t of the Laplace distribution is
// a power of two, not ⌊σ⌋+1; any t is exact. And a Laplace number of 256·t or more is drawn again: what
// is drawn is N_Z(0, σ²) under the condition |x| < 256·t, which fails with probability below 2^−20000, for
// t > 0.7σ; for the Laplace distribution itself, with probability e^−256 < 2^−369.
//
// Every call takes [SeedSize] bytes from its reader and expands them by AES-256-CTR (package prg). What a call
// takes from the keystream is not constant and cannot be: it is about 15 words for a number, more or less by
// chance. That the keystream is not random costs what AES-256 costs to tell from random: δ holds up
// to an advantage of about N²/2^129 for N blocks, below 2^−70 for the largest call, against attackers who cannot break
// AES. A generator of the operating system, read directly, would rest on an assumption of the same kind.
//
// # Noise shares
//
// A sum is released with the shares of at least n_min workers, of which at most T are corrupt. Every
// worker adds N_Z(0, σ_u²) to its part, with σ_u² = σ²/(n_min − T) rounded up to 24 significant bits
// ([NewMechanism]).
//
// Claim: whatever corrupt workers do, and whoever drops out, the noise in the sum that they do
// not know has parameter at least σ². For whatever set of at least n_min workers the sum is over, at least
// n = n_min − T of them are honest. Their shares are independent of each other, of the data and of all that
// the corrupt ones know, and parameters add: n·σ_u² >= σ². Fix n of the honest ones. Everything else
// in the sum (further honest shares, corrupt ones, the noise that corrupt workers left out) is
// independent of these n shares, and so is a function applied to their noisy sum: it takes no privacy away.
//
// A sum Z_n of n discrete Gaussians is not a discrete Gaussian. Kairouz, Liu and Steinke (KLS below),
// Proposition 14, for σ_u >= 1/2 and a shift Δ of d coordinates:
//
//	D_α(Z_n ‖ Z_n + Δ) <= α/2·(‖Δ‖₂²/(nσ_u²) + 2‖Δ‖₁·τ/(√n·σ_u) + τ²d),   τ = 10·Σ_{k=1..n−1} exp(−2π²σ_u²·k/(k+1)).
//
// So the release is ρ-zCDP for half of the bracket. A share has at least 3 units, where τ is below 10^−34; it is
// nevertheless in [Mechanism.Charge], bounded from above in rational numbers. If the unit is too coarse
// for that, [Literal.Refine] says by how much: counts, too, are multiplied before noise is added.
//
// The bound Range on what a person changes in one sum, and Groups on how many sums, have to be enforced before the
// noise: clamp to the declared range and keep at most Groups groups of a person.
//
// # Accounts
//
// [Rho], [Epsilon] and [Budget] count nanounits: a ledger holds integers. ρ adds up; [Rho.Epsilon] is the tight
// conversion of CKS, Proposition 12 and Corollary 13, rounded up, and [Epsilon.Rho] its inverse, rounded
// down, both in fixed-point arithmetic with 192 bits behind the point: every member gets the same integer. ε = 1 and
// δ = 1e-6 are ρ = 0.0244 and σ = 4.53·Δ; ε = 0.5 takes 8.68, ε = 2 takes 2.38, δ = 1e-9 takes 5.78.
// Floats occur in reports only: [Mechanism.Sigma] and [HalfWidth].
//
// # Threat model
//
// Noise is a secret for ever: who learns a share subtracts it. It does not print, and [Noise] adds each
// number once. The same noise in two sums cancels in their difference; a retry sends the stored bytes and
// does not draw again.
//
// Time leaks. Rejection takes longer for some numbers than for others, and the time of a draw
// tells something of its absolute value (Jin et al., S&P 2022). Who may see how long a worker takes
// should not see draws: draw ahead, off the path of a request ([Gaussian.Draw]), and add a finished [Noise]. The time of
// [AddGaussian] for a long vector shows the sum of many, for a short one of few.
//
// Corrupt workers can spoil a sum by wrong noise, as by wrong data. They cannot make it less private.
//
// # Sizes and limits
//
// σ² in [2^−20, 2^100]; a share of a [Mechanism] at least 9. Every draw is below [Variance.Bound]; whether a sum
// with all shares fits the ring is the planner's proof. At most [MaxDraws] numbers in a [Noise], 8 bytes each; a vector of
// any length in [AddGaussian]. Range up to 2^48, Groups 2^20, honest workers 2^10, ρ 10^6. A rho below a few
// hundred nanounits is coarse: rounding is up to one of them. One core draws some 2 to 8 million
// numbers a second, whatever σ is; a conversion takes a millisecond.
//
// # Errors
//
// [ErrRange], [ErrSyntax], [ErrScale], [ErrUsed], [ErrOverdraft], and what the reader of randomness returns. No error holds noise.
//
// # References
//
// Canonne, Kamath, Steinke: The Discrete Gaussian for Differential Privacy, NeurIPS 2020, arXiv 2004.00010 (CKS).
// Kairouz, Liu, Steinke: The Distributed Discrete Gaussian Mechanism for Federated Learning with Secure
// Aggregation, ICML 2021, arXiv 2102.06387 (KLS). Bun, Steinke: Concentrated Differential Privacy, TCC 2016-B. Feldman,
// Zrnic: Individual Privacy Accounting via a Rényi Filter, NeurIPS 2021. Jin, McMurtry, Rubinstein, Ohrimenko: Are We There
// Yet? Timing and Floating-Point Attacks on Differential Privacy Systems, S&P 2022.
//
// Start at [NewMechanism] and [AddGaussian].
package dp
