package kem

import (
	"errors"
	"fmt"
	"io"

	"github.com/cloudflare/circl/hpke"
	"github.com/cloudflare/circl/kem/xwing"
)

// BoxOverhead is how many bytes a box is longer than its content: the
// encapsulation and the tag of AES-256-GCM.
const BoxOverhead = CiphertextSize + 16

// ErrBox says that a box does not open: it is for another key, info or
// associated data, or was changed.
var ErrBox = errors.New("kem: the box does not open")

var suite = hpke.NewSuite(hpke.KEM_XWING, hpke.KDF_HKDF_SHA256, hpke.AEAD_AES256GCM)

// Seal encrypts content to key. Info names the use and aad binds the context;
// both must be given again to open the box. It reads 64 bytes of rand. The zero
// key gives [ErrKey].
func Seal(key PublicKey, info, aad, content []byte, rand io.Reader) ([]byte, error) {
	if key == (PublicKey{}) {
		return nil, ErrKey
	}
	public, err := xwing.Scheme().UnmarshalBinaryPublicKey(key.packed[:])
	if err != nil {
		return nil, ErrKey
	}
	sender, err := suite.NewSender(public, info)
	if err != nil {
		return nil, fmt.Errorf("kem: seal: %w", err)
	}
	enc, sealer, err := sender.Setup(rand)
	if err != nil {
		return nil, fmt.Errorf("kem: seal: %w", err)
	}
	sealed, err := sealer.Seal(content, aad)
	if err != nil {
		return nil, fmt.Errorf("kem: seal: %w", err)
	}
	return append(enc, sealed...), nil
}

// Open returns the content of a box, or [ErrBox] whatever is wrong with it.
func (k PrivateKey) Open(info, aad, box []byte) ([]byte, error) {
	if len(box) < BoxOverhead {
		return nil, ErrBox
	}
	private, err := xwing.Scheme().UnmarshalBinaryPrivateKey(k.seed.Bytes())
	if err != nil {
		return nil, fmt.Errorf("kem: open: %w", err)
	}
	receiver, err := suite.NewReceiver(private, info)
	if err != nil {
		return nil, fmt.Errorf("kem: open: %w", err)
	}
	opener, err := receiver.Setup(box[:CiphertextSize])
	if err != nil {
		return nil, ErrBox
	}
	content, err := opener.Open(box[CiphertextSize:], aad)
	if err != nil {
		return nil, ErrBox
	}
	return content, nil
}
