package benchmarks

import (
	"bytes"
	"crypto/ecdh"
	"crypto/mlkem"
	"errors"

	"filippo.io/edwards25519"
)

// kemFloors are the two halves of X-Wing as the standard library has them, ML-KEM-768 and X25519. They stand beside, and are no floor:
// the library that X-Wing comes from is faster where it has assembly.
func kemFloors(o Options) ([]operation, error) {
	seed, coins := o.seedOf("X25519"), o.seedOf("ephemeral")
	key, err := mlkem.NewDecapsulationKey768(append(coins[:], seed[:]...))
	if err != nil {
		return nil, err
	}
	own, err := ecdh.X25519().NewPrivateKey(seed[:])
	if err != nil {
		return nil, err
	}
	other, err := ecdh.X25519().NewPrivateKey(coins[:])
	if err != nil {
		return nil, err
	}
	public := key.EncapsulationKey()
	shared, ct := public.Encapsulate()
	opened, err := key.Decapsulate(ct)
	if err != nil {
		return nil, err
	}
	mine, err := own.ECDH(other.PublicKey())
	if err != nil {
		return nil, err
	}
	theirs, err := other.ECDH(own.PublicKey())
	if err != nil {
		return nil, err
	}
	if err := o.broken(bytes.Equal(shared, opened) && bytes.Equal(mine, theirs), "a shared secret of the floor"); err != nil {
		return nil, err
	}
	return []operation{
		{"beside: ML-KEM-768 and X25519 of the standard library, key pair", func() {
			_, _ = mlkem.NewDecapsulationKey768(append(coins[:], seed[:]...))
			k, _ := ecdh.X25519().NewPrivateKey(seed[:])
			k.PublicKey()
		}},
		{"beside: ML-KEM-768 and X25519 of the standard library, encapsulation", func() {
			public.Encapsulate()
			k, _ := ecdh.X25519().NewPrivateKey(coins[:])
			k.PublicKey()
			_, _ = k.ECDH(own.PublicKey())
		}},
		{"beside: ML-KEM-768 and X25519 of the standard library, decapsulation", func() {
			_, _ = key.Decapsulate(ct)
			_, _ = own.ECDH(other.PublicKey())
		}},
	}, nil
}

// shareFloors are so many multiplications and additions in the field, as sharing and recovering take at least by the
// schoolbook: a polynomial at a point for each holder, and a product for each share.
func shareFloors(o Options) ([]operation, error) {
	x, err := scalarOf(o.seedOf("floor of sharing"))
	if err != nil {
		return nil, err
	}
	y, one := edwards25519.NewScalar(), edwards25519.NewScalar()
	// x·x⁻¹ + 0 = 1.
	if one.MultiplyAdd(x, y.Invert(x), one); one.Equal(unit()) != 1 || o.spoil {
		return nil, errors.New("the field differs from the oracle")
	}
	chain := func(times int) func() {
		return func() {
			for range times {
				y.MultiplyAdd(y, x, x)
			}
		}
	}
	return []operation{
		{"floor: field operations of a split", chain((shamirThreshold - 1) * shamirHolders)},
		{"floor: field operations of a recovery", chain(shamirThreshold)},
	}, nil
}

func scalarOf(seed [32]byte) (*edwards25519.Scalar, error) {
	return edwards25519.NewScalar().SetUniformBytes(append(seed[:], seed[:]...))
}

func unit() *edwards25519.Scalar {
	one, err := edwards25519.NewScalar().SetCanonicalBytes(append([]byte{1}, make([]byte, 31)...))
	if err != nil {
		panic(err)
	}
	return one
}
