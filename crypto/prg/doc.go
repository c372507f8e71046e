// Package prg expands a 32-byte key into masks: words of an AES-256-CTR
// keystream that are added to, or subtracted from, a vector while they are in
// the cache.
//
// # Construction
//
// Block i of stream n is AES-256(key, domain | n | 0³ | i), where domain is one
// byte, n 4 bytes and i the block number as 8 bytes, both big-endian. Domain 0 is for vectors
// modulo 2^64 and 2^128: word j is the little-endian half (j mod 2) of block
// ⌊j/2⌋, and a 128-bit element is one block, low word first. Domain 1 is for
// elements of F_p, p = 2^127−1: element i is 32 bytes (blocks 2i and 2i+1)
// reduced modulo p, at distance below 2^-128 from uniform. Both use stream 0. Domain 2 is
// for residues modulo a prime: words cut to its length, those too large left out. Domain
// 3 is for bytes.
//
// # Threat model
//
// A mask hides one vector, once: two vectors under one key show their
// difference. Nothing here can notice that; every caller derives its key from
// fresh secrets by a label that binds job, attempt and parties
// ([github.com/tacit-space/tacit/crypto/session.KDF]).
//
// AES is a permutation, so that keystream blocks never repeat: N blocks are
// distinguishable from random with advantage about N²/2^129, that is 2^-91 for
// 2^20 words and 2^-67 for 2^32 words, the most this project's limits allow.
//
// AES-256 and not AES-128: a search for a 128-bit key takes 2^64 quantum steps, and
// transcripts are recorded. The price was measured on one core (AMD EPYC, AES-NI):
// 7 GB/s of raw keystream instead of 11; masked at 4.7 GB/s, two thirds of the raw rate,
// 2^20 words with the 101 masks of a client among 100 take 0.18 s of processor time.
// The key is used as it comes from the KDF.
//
// The time does not depend on key or data where the processor has AES
// instructions (amd64 with AES-NI, arm64 with the crypto extension); elsewhere
// Go's AES uses tables.
//
// # Sizes
//
// Vectors of up to 2^32 words. A call allocates the key schedule and one
// buffer, nothing per element. Every call is for a range, so that a caller may
// share a vector out over goroutines, and mask a range that fits the
// processor's cache with all keys before it goes on to the next.
//
// # References
//
// FIPS 197; NIST SP 800-38A, section 6.5; Bonawitz et al., CCS 2017, section 4
// (pairwise masks from a PRG).
//
// Start at [Add].
package prg
