"""The primitives of section 2, by libraries that the product does not use.

HKDF-SHA256 (RFC 5869), AES-SIV (RFC 5297), AES-256-GCM, X25519 (RFC 7748) and Ed25519 public keys
come from pycryptodome, ML-KEM-768 (FIPS 203) from kyber-py. Each raises ValueError where the
library refuses.
"""

from __future__ import annotations

from collections.abc import Sequence

from Crypto.Cipher import AES
from Crypto.Hash import SHA256
from Crypto.Protocol.DH import import_x25519_private_key, import_x25519_public_key, key_agreement
from Crypto.Protocol.KDF import HKDF
from Crypto.Signature import eddsa
from kyber_py.ml_kem import ML_KEM_768


def hkdf(ikm: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA256: extract and expand to `length` bytes."""
    key = HKDF(ikm, length, salt, SHA256, num_keys=1, context=info)
    if not isinstance(key, bytes):
        raise TypeError("one key was asked for")
    return key


def x25519(private: bytes, public: bytes) -> bytes:
    """The shared secret, 32 bytes. Raises ValueError for a public key of low order."""
    return key_agreement(
        static_priv=import_x25519_private_key(private),
        static_pub=import_x25519_public_key(public),
        kdf=bytes,
    )


def x25519_public(private: bytes) -> bytes:
    """The public key of a private key, 32 bytes each."""
    return import_x25519_private_key(private).public_key().export_key(format="raw")


def ed25519_public(seed: bytes) -> bytes:
    """The Ed25519 public key of a 32-byte seed (RFC 8032)."""
    return eddsa.import_private_key(seed).public_key().export_key(format="raw")


def ed25519_sign(seed: bytes, message: bytes) -> bytes:
    """The signature of RFC 8032, 64 bytes."""
    return eddsa.new(eddsa.import_private_key(seed), "rfc8032").sign(message)


def aes_siv_seal(key: bytes, plaintext: bytes, associated_data: Sequence[bytes]) -> bytes:
    """Synthetic IV (16 bytes), then the ciphertext, as RFC 5297 orders them."""
    cipher = AES.new(key, AES.MODE_SIV)
    for component in associated_data:
        cipher.update(component)
    ciphertext, tag = cipher.encrypt_and_digest(plaintext)
    return tag + ciphertext


def aes_siv_open(key: bytes, sealed: bytes, associated_data: Sequence[bytes]) -> bytes:
    """The plaintext. Raises ValueError when key, bytes or associated data are not the sealer's."""
    cipher = AES.new(key, AES.MODE_SIV)
    for component in associated_data:
        cipher.update(component)
    return cipher.decrypt_and_verify(sealed[16:], sealed[:16])


def aes_gcm_seal(key: bytes, nonce: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
    """AES-256-GCM with a 96-bit nonce: ciphertext, then the 16-byte tag."""
    cipher = AES.new(key, AES.MODE_GCM, nonce=nonce, mac_len=16)
    cipher.update(associated_data)
    ciphertext, tag = cipher.encrypt_and_digest(plaintext)
    return ciphertext + tag


def aes_gcm_open(key: bytes, nonce: bytes, sealed: bytes, associated_data: bytes) -> bytes:
    """The plaintext. Raises ValueError when anything differs from the sealer's."""
    cipher = AES.new(key, AES.MODE_GCM, nonce=nonce, mac_len=16)
    cipher.update(associated_data)
    return cipher.decrypt_and_verify(sealed[:-16], sealed[-16:])


def ml_kem_public(key_seed: bytes) -> bytes:
    """The ML-KEM-768 encapsulation key (1,184 bytes) of a 64-byte FIPS 203 key seed d || z."""
    public: bytes = ML_KEM_768.key_derive(key_seed)[0]
    return public


def ml_kem_encapsulate(public: bytes, randomness: bytes) -> tuple[bytes, bytes]:
    """(secret, ciphertext), 32 and 1,088 bytes, from the 32 bytes m of FIPS 203 algorithm 17."""
    secret: bytes
    ciphertext: bytes
    # The public call draws m itself; vectors need it as an argument.
    secret, ciphertext = ML_KEM_768._encaps_internal(public, randomness)  # noqa: SLF001
    return secret, ciphertext


def ml_kem_decapsulate(key_seed: bytes, ciphertext: bytes) -> bytes:
    """The secret, 32 bytes; for a foreign ciphertext a pseudo-random one (FIPS 203 rejection)."""
    secret: bytes = ML_KEM_768.decaps(ML_KEM_768.key_derive(key_seed)[1], ciphertext)
    return secret
