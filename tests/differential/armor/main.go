// Opens and makes Cosmos' armor of a private key with Go's own libraries, as crypto/armor.go of the
// Cosmos SDK 0.50 puts them together: Argon2id, ChaCha20-Poly1305, OpenPGP's ASCII armor.
//
//	armor open PASSWORD < ARMOR     prints the plain bytes in hex
//	armor make PASSWORD PLAIN_HEX   prints an armor
package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/crypto/openpgp/armor" //nolint:staticcheck // the SDK's own choice
)

const (
	block   = "TENDERMINT PRIVATE KEY"
	time    = 1
	memory  = 64 * 1024
	threads = 4
)

func main() {
	var err error
	switch os.Args[1] {
	case "open":
		err = open(os.Args[2])
	case "make":
		err = create(os.Args[2], os.Args[3])
	default:
		err = fmt.Errorf("open or make, not %q", os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func open(password string) error {
	found, err := armor.Decode(os.Stdin)
	if err != nil {
		return err
	}
	if found.Type != block || found.Header["kdf"] != "argon2" || found.Header["type"] != "secp256k1" {
		return fmt.Errorf("type %q, headers %v", found.Type, found.Header)
	}
	salt, err := hex.DecodeString(found.Header["salt"])
	if err != nil {
		return err
	}
	body, err := io.ReadAll(found.Body)
	if err != nil {
		return err
	}
	aead, err := chacha20poly1305.New(argon2.IDKey([]byte(password), salt, time, memory, threads, 32))
	if err != nil {
		return err
	}
	plain, err := aead.Open(nil, make([]byte, aead.NonceSize()), body, nil)
	if err != nil {
		return err
	}
	fmt.Println(hex.EncodeToString(plain))
	return nil
}

func create(password, text string) error {
	plain, err := hex.DecodeString(text)
	if err != nil {
		return err
	}
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return err
	}
	aead, err := chacha20poly1305.New(argon2.IDKey([]byte(password), salt, time, memory, threads, 32))
	if err != nil {
		return err
	}
	headers := map[string]string{"kdf": "argon2", "salt": fmt.Sprintf("%X", salt), "type": "secp256k1"}
	writer, err := armor.Encode(os.Stdout, block, headers)
	if err != nil {
		return err
	}
	if _, err := writer.Write(aead.Seal(nil, make([]byte, aead.NonceSize()), plain, nil)); err != nil {
		return err
	}
	return writer.Close()
}
