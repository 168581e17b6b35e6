"""Every cryptographic primitive of the enclave: the one caller of `cryptography` and of `nacl`.

Each choice that looks dangerous carries its argument. Inputs from outside are checked for form
before they reach the library; the library's exceptions never leave this file. Nothing here knows
a label or a scheme: those are `key_schedule`, `seed_envelope` and `sealing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256K1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from enclave.errors import Code, Refusal

KEY_BYTES: Final = 32
"""X25519 and Ed25519 keys, public and private (RFC 7748, RFC 8032)."""

KEM_SEED_BYTES: Final = 64
KEM_PUBLIC_BYTES: Final = 1184
KEM_CIPHERTEXT_BYTES: Final = 1088
KEM_SECRET_BYTES: Final = 32
"""ML-KEM-768 (FIPS 203, tables 2 and 3; the key seed is d || z of section 7.1)."""

SIV_KEY_BYTES: Final = 64
SIV_TAG_BYTES: Final = 16
"""AES-SIV-CMAC-512 (RFC 5297): two AES-256 keys, and the synthetic IV in front of the text."""

GCM_KEY_BYTES: Final = 32
GCM_NONCE_BYTES: Final = 12
GCM_TAG_BYTES: Final = 16

SIGNATURE_BYTES: Final = 64
"""Ed25519 (RFC 8032), and secp256k1 as Tendermint writes it: r, then s, 32 bytes each."""

_SECP256K1_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""SEC 2, section 2.4.1."""

_P: Final = 2**255 - 19

# u-coordinates of the points whose order divides 8, on the curve and on its twist, reduced below p.
# X25519 maps each to zero whatever the scalar. Their aliases (p + u, top bit set) are refused
# before this table is asked.
_LOW_ORDER_U: Final = frozenset(
    {
        0,
        1,
        _P - 1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
    }
)

# The Edwards curve of RFC 8032 section 5.1: -x^2 + y^2 = 1 + d x^2 y^2.
_D: Final = -121665 * pow(121666, -1, _P) % _P
# y-coordinates of its points of order 1, 2, 4 and 8.
_SMALL_ORDER_Y: Final = frozenset(
    {
        0,
        1,
        _P - 1,
        2707385501144840649318225287225658788936804267575313519463743609750303402022,
        _P - 2707385501144840649318225287225658788936804267575313519463743609750303402022,
    }
)


def hkdf(ikm: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA256 (RFC 5869), `length` bytes."""
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(ikm)


def check_length(name: str, data: bytes, length: int) -> None:
    """Raises Refusal(BAD_LENGTH) unless `data` has exactly `length` bytes."""
    if len(data) != length:
        raise Refusal(
            Code.BAD_LENGTH, expected=f"{name} of {length} bytes", found=f"{len(data)} bytes"
        )


def check_exchange_key(key: bytes) -> None:
    """A canonical X25519 public key that is not of low order (protocol.md gate 1).

    RFC 7748 section 5 accepts aliases (u >= p, top bit set); one key must have one encoding here,
    because node_id is a hash of it.

    Raises:
        Refusal: BAD_EXCHANGE_KEY or LOW_ORDER_KEY.
    """
    if len(key) != KEY_BYTES:
        raise Refusal(
            Code.BAD_EXCHANGE_KEY, expected=f"{KEY_BYTES} bytes", found=f"{len(key)} bytes"
        )
    u = int.from_bytes(key, "little")
    if u >= _P:
        raise Refusal(Code.BAD_EXCHANGE_KEY, expected="u below 2^255-19", found=key.hex())
    if u in _LOW_ORDER_U:
        raise Refusal(Code.LOW_ORDER_KEY, expected="a point of large order", found=key.hex())


def check_tls_key(key: bytes) -> None:
    """A canonical Ed25519 point that is not of small order (protocol.md gate 1; RFC 8032, 5.1.3).

    Raises:
        Refusal: BAD_TLS_KEY.
    """

    def refuse(expected: str) -> Refusal:
        return Refusal(Code.BAD_TLS_KEY, expected=expected, found=key.hex() or "nothing")

    if len(key) != KEY_BYTES:
        raise refuse(f"{KEY_BYTES} bytes")
    y = int.from_bytes(key, "little") & (2**255 - 1)
    if y >= _P:
        raise refuse("y below 2^255-19")
    # The table holds every y whose x is 0, so the sign bit of x = 0 needs no rule of its own.
    if y in _SMALL_ORDER_Y:
        raise refuse("a point of large order")
    # x^2 = (y^2 - 1) / (d y^2 + 1) must be a square; u/v is one exactly when u*v is.
    y2 = y * y % _P
    if not _is_square((y2 - 1) * (_D * y2 + 1) % _P):
        raise refuse("a point on the curve")


class ExchangeKey:
    """An X25519 private key (RFC 7748). The caller brings 32 random or derived bytes."""

    __slots__ = ("_private", "public")

    def __init__(self, private: bytes) -> None:
        self._private = X25519PrivateKey.from_private_bytes(private)
        self.public = self._private.public_key().public_bytes_raw()
        """32 bytes."""

    def agree(self, public: bytes) -> bytes:
        """The shared 32 bytes.

        Raises:
            Refusal: BAD_EXCHANGE_KEY or LOW_ORDER_KEY.
        """
        check_exchange_key(public)
        return self._private.exchange(X25519PublicKey.from_public_bytes(public))


class KemKey:
    """An ML-KEM-768 decapsulation key, expanded from its 64-byte seed (FIPS 203 section 7.1)."""

    __slots__ = ("_private", "public")

    def __init__(self, seed: bytes) -> None:
        self._private = MLKEM768PrivateKey.from_seed_bytes(seed)
        self.public = self._private.public_key().public_bytes_raw()
        """1,184 bytes."""

    def decapsulate(self, ciphertext: bytes) -> bytes:
        """32 bytes. A wrong ciphertext gives a pseudo-random secret (implicit rejection).

        Raises:
            Refusal: BAD_LENGTH.
        """
        check_length("kem_ciphertext", ciphertext, KEM_CIPHERTEXT_BYTES)
        return self._private.decapsulate(ciphertext)


def check_kem_key(public: bytes) -> None:
    """An ML-KEM-768 encapsulation key that passes FIPS 203's input check (section 7.2).

    Raises:
        Refusal: BAD_KEM_KEY.
    """
    _kem_public(public)


def kem_encapsulate(public: bytes) -> tuple[bytes, bytes]:
    """A fresh (secret of 32 bytes, ciphertext of 1,088 bytes) for `public`.

    The randomness is the library's own: its interface takes none from the caller.

    Raises:
        Refusal: BAD_KEM_KEY.
    """
    return _kem_public(public).encapsulate()


def ed25519_public(seed: bytes) -> bytes:
    """The 32-byte public key of a 32-byte private key (RFC 8032)."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def ed25519_verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` of 64 bytes is `public`'s over `message`.

    A bool, because callers count signatures towards a threshold: a bad one is not counted and
    fails nothing. libsodium's, in half of OpenSSL's time; what it refuses besides is in
    docs/adr/0021.
    """
    # The library reads 32 bytes of key and cuts 64 off the message, whatever lengths they had.
    if len(public) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        crypto_sign_open(signature + message, public)
    except BadSignatureError:
        return False
    return True


def secp256k1_verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature`, r then s, is `public`'s ECDSA over SHA-256 of `message`.

    `public` is compressed, 33 bytes. Of (r, s) and (r, -s), which verify alike, the one with the
    larger s is refused: CometBFT refuses it, so that a vote has one signature.
    """
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != SIGNATURE_BYTES or s > _SECP256K1_ORDER // 2:
        return False
    try:
        key = EllipticCurvePublicKey.from_encoded_point(SECP256K1(), public)
        key.verify(encode_dss_signature(r, s), message, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def siv_seal(key: bytes, plaintext: bytes, *, associated: Sequence[bytes]) -> bytes:
    """AES-SIV (RFC 5297): 16 bytes of synthetic IV, then the ciphertext. Deterministic."""
    return AESSIV(key).encrypt(plaintext, list(associated))


def siv_open(key: bytes, sealed: bytes, *, associated: Sequence[bytes]) -> bytes | None:
    """The plaintext, or None where key, text or associated data are not the sealer's."""
    try:
        return AESSIV(key).decrypt(sealed, list(associated))
    except InvalidTag:
        return None


def gcm_seal(key: bytes, nonce: bytes, plaintext: bytes, *, associated: bytes) -> bytes:
    """AES-256-GCM: the ciphertext, then the 16-byte tag. One (key, nonce) seals once."""
    return AESGCM(key).encrypt(nonce, plaintext, associated)


def gcm_open(key: bytes, nonce: bytes, sealed: bytes, *, associated: bytes) -> bytes | None:
    """The plaintext, or None where key, nonce, text or associated data are not the sealer's."""
    try:
        return AESGCM(key).decrypt(nonce, sealed, associated)
    except InvalidTag:
        return None


def _is_square(value: int) -> bool:
    """Whether `value`, 0 .. p - 1, has a square root modulo p and is not 0.

    The Jacobi symbol by quadratic reciprocity: a quarter of the time of Euler's criterion, which
    every newcomer would pay. The time depends on the value, which is public.
    """
    top, bottom, negative = value, _P, 0
    while top:
        twos = (top & -top).bit_length() - 1
        top >>= twos
        # (2/n) is -1 where n is 3 or 5 modulo 8; (m/n) = -(n/m) where both are 3 modulo 4.
        if twos & 1 and bottom & 7 in (3, 5):
            negative ^= 2
        negative ^= top & bottom & 2
        top, bottom = bottom % top, top
    return bottom == 1 and not negative


def _kem_public(public: bytes) -> MLKEM768PublicKey:
    refused = Refusal(
        Code.BAD_KEM_KEY,
        expected=f"an ML-KEM-768 encapsulation key of {KEM_PUBLIC_BYTES} bytes",
        found=f"{len(public)} bytes, coefficients not reduced"
        if len(public) == KEM_PUBLIC_BYTES
        else f"{len(public)} bytes",
    )
    if len(public) != KEM_PUBLIC_BYTES:
        raise refused
    try:
        return MLKEM768PublicKey.from_public_bytes(public)
    except ValueError:
        raise refused from None
