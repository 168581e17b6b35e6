package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand"
	"sync/atomic"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"google.golang.org/protobuf/encoding/protowire"
)

const (
	hexNonce   = 16 // characters
	blankNonce = 64 // spaces and tabs: a document of JSON stays what it was, and its hash does not
	signature  = 64
)

// Source gives transactions that differ in a nonce. The lane that has it may change its sequence.
type Source struct {
	Body     []byte `json:"body"`     // TxBody; or the whole, if Whole
	Whole    bool   `json:"whole"`    // sent as it is, without envelope
	NonceAt  int    `json:"nonce_at"` // in Body
	Blank    bool   `json:"blank"`    // the nonce is of spaces and tabs
	Signer   []byte `json:"signer"`   // SignerInfo up to its sequence
	Fee      []byte `json:"fee"`      // the other fields of AuthInfo
	Key      []byte `json:"key"`      // 32 bytes; empty: the signature is zeros
	Number   uint64 `json:"number"`   // of the account
	Sequence uint64 `json:"sequence"` // of the next transaction
	Ordered  bool   `json:"ordered"`  // each one that is taken uses a sequence

	chainID string
	key     *secp256k1.PrivateKey
}

var nonces atomic.Uint64

func init() { nonces.Store(rand.Uint64()) }

func (s *Source) prepare(chainID string) error {
	width := hexNonce
	if s.Blank {
		width = blankNonce
	}
	if s.NonceAt < 0 || s.NonceAt+width > len(s.Body) {
		return fmt.Errorf("a nonce of %d bytes at %d of %d", width, s.NonceAt, len(s.Body))
	}
	s.chainID = chainID
	if len(s.Key) != 0 {
		s.key = secp256k1.PrivKeyFromBytes(s.Key)
	}
	return nil
}

// next is another transaction than any before.
func (s *Source) next() []byte {
	body := append([]byte(nil), s.Body...)
	putNonce(body[s.NonceAt:], nonces.Add(1), s.Blank)
	if s.Whole {
		return body
	}
	auth := s.authInfo()
	raw := make([]byte, 0, len(body)+len(auth)+2*signature)
	raw = field(raw, 1, body)
	raw = field(raw, 2, auth)
	return field(raw, 3, s.sign(body, auth))
}

// taken is told that the mempool has the newest one.
func (s *Source) taken() {
	if s.Ordered {
		s.Sequence++
	}
}

func (s *Source) authInfo() []byte {
	signer := append([]byte(nil), s.Signer...)
	if s.Sequence != 0 {
		signer = protowire.AppendTag(signer, 3, protowire.VarintType)
		signer = protowire.AppendVarint(signer, s.Sequence)
	}
	return append(field(nil, 1, signer), s.Fee...)
}

func (s *Source) sign(body, auth []byte) []byte {
	if s.key == nil {
		return make([]byte, signature)
	}
	document := make([]byte, 0, len(body)+len(auth)+len(s.chainID)+2*signature)
	document = field(document, 1, body)
	document = field(document, 2, auth)
	document = field(document, 3, []byte(s.chainID))
	if s.Number != 0 {
		document = protowire.AppendTag(document, 4, protowire.VarintType)
		document = protowire.AppendVarint(document, s.Number)
	}
	hash := sha256.Sum256(document)
	return ecdsa.SignCompact(s.key, hash[:], true)[1:]
}

func field(to []byte, number protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(to, number, protowire.BytesType), value)
}

func putNonce(to []byte, nonce uint64, blank bool) {
	if blank {
		for bit := range blankNonce {
			to[bit] = " \t"[nonce>>bit&1]
		}
		return
	}
	var bytes [hexNonce / 2]byte
	binary.BigEndian.PutUint64(bytes[:], nonce)
	hex.Encode(to, bytes[:])
}
