package store

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
)

// sealer encrypts records at rest: AES-256-GCM with a random nonce, which holds
// for 2^32 records under one key (NIST SP 800-38D, section 8.3).
type sealer struct{ aead cipher.AEAD }

func newSealer(key [32]byte) (sealer, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return sealer{aead}, err
}

// seal encrypts record for the row that place and number name.
func (s sealer) seal(record []byte, place string, job JobID, number uint32) []byte {
	return s.aead.Seal(nil, nil, record, row(place, job, number))
}

// open is the reverse of seal; it fails with [Sealed] on a record of another
// key or another row.
func (s sealer) open(box []byte, place string, job JobID, number uint32) ([]byte, error) {
	record, err := s.aead.Open(nil, nil, box, row(place, job, number))
	if err != nil {
		return nil, Sealed.New("a record of job %s does not open", job)
	}
	return record, nil
}

// row names a row unambiguously: the job and the number have fixed lengths.
func row(place string, job JobID, number uint32) []byte {
	return append(binary.BigEndian.AppendUint32(append([]byte(nil), job[:]...), number), place...)
}

// check seals a fixed record on first use and opens it later, so that a store
// is refused at once under another identity.
func (d *db) check(s sealer) error {
	const place = "key_check"
	const insert = "INSERT INTO key_check (one, box) VALUES (1, ?) ON CONFLICT DO NOTHING"
	if err := d.exec("write the key check", insert, s.seal([]byte("tacit"), place, JobID{}, 0)); err != nil {
		return err
	}
	var box []byte
	if err := d.one("read the key check", "SELECT box FROM key_check", nil, &box); err != nil {
		return err
	}
	if _, err := s.open(box, place, JobID{}, 0); err != nil {
		return Sealed.New("the store was made with another key")
	}
	return nil
}
