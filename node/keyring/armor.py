"""A key as text that can be carried: the armor that Cosmos daemons export and import.

ASCII armor (RFC 4880, section 6) with the headers kdf, salt and type. Exports use Argon2id and
ChaCha20-Poly1305, as the Cosmos SDK does since 0.47 (crypto/armor.go); imports also take bcrypt and
XSalsa20-Poly1305, as older versions wrote them.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cosmpy.crypto.bcrypt import ArmorError, import_cosmos_bcrypt_armored_privkey
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from node.keyring.failures import KeyringCode, KeyringFailure
from node.keyring.key import PRIVATE_BYTES

BLOCK: Final = "TENDERMINT PRIVATE KEY"
KEY_TYPE: Final = "secp256k1"
KDF: Final = "argon2"
OLD_KDF: Final = "bcrypt"
SALT_BYTES: Final = 16
MAX_ARMOR_CHARACTERS: Final = 4096

ITERATIONS: Final = 1
MEMORY_KIB: Final = 64 * 1024
LANES: Final = 4
"""The SDK's constants."""

_NONCE: Final = bytes(12)
"""Constant, as in the SDK: each export has a salt of its own, so no key is used twice."""
_AMINO_PREFIX: Final = bytes.fromhex("e1b0f79b20")
"""Amino's type prefix of a secp256k1 private key, and the length of what follows."""
_LINE: Final = 64
_SALT: Final = re.compile(rf"[0-9A-Fa-f]{{{2 * SALT_BYTES}}}")
_CRC_START, _CRC_POLYNOMIAL = 0xB704CE, 0x1864CFB
_ARMOR: Final = re.compile(
    rf"\s*-----BEGIN {BLOCK}-----\n"
    r"(?P<headers>(?:[A-Za-z]+: [ -~]+\n)*)\n"
    r"(?P<body>(?:[A-Za-z0-9+/=]+\n)*?)"
    r"(?:=(?P<crc>[A-Za-z0-9+/]{4})\n)?"
    rf"-----END {BLOCK}-----\s*"
)


@dataclass(frozen=True, slots=True)
class _Armor:
    headers: Mapping[str, str]
    body: bytes


def export_armor(private_key: bytes, *, password: str) -> str:
    """The text of a key, encrypted under a password of its own."""
    salt = secrets.token_bytes(SALT_BYTES)
    body = ChaCha20Poly1305(_argon2(password, salt)).encrypt(
        _NONCE, _AMINO_PREFIX + private_key, None
    )
    headers = {"kdf": KDF, "salt": salt.hex().upper(), "type": KEY_TYPE}
    text = base64.b64encode(body).decode("ascii")
    lines = [f"-----BEGIN {BLOCK}-----", *(f"{name}: {value}" for name, value in headers.items())]
    lines += ["", *(text[at : at + _LINE] for at in range(0, len(text), _LINE))]
    return "\n".join([*lines, f"={_crc(body)}", f"-----END {BLOCK}-----", ""])


def import_armor(text: str, *, password: str) -> bytes:
    """The 32 bytes of a key.

    Raises:
        KeyringFailure: BAD_KEY where it is no such text, WRONG_PASSWORD.
    """
    armor = _parse(text)
    if armor.headers.get("type", KEY_TYPE) != KEY_TYPE:
        raise _bad(f"a key of type {KEY_TYPE}", armor.headers["type"])
    match armor.headers.get("kdf"):
        case "argon2":
            plain = _open(armor, password)
        case "bcrypt":
            plain = _open_bcrypt(text, password)
        case other:
            raise _bad(f"kdf {KDF} or {OLD_KDF}", repr(other))
    if len(plain) != len(_AMINO_PREFIX) + PRIVATE_BYTES or not plain.startswith(_AMINO_PREFIX):
        raise _bad("the export of a secp256k1 key", "something else under that password")
    return plain[len(_AMINO_PREFIX) :]


def _parse(text: str) -> _Armor:
    plain = text.replace("\r\n", "\n")
    match = _ARMOR.fullmatch(plain) if len(plain) <= MAX_ARMOR_CHARACTERS else None
    if match is None:
        raise _bad(f"a text from -----BEGIN {BLOCK}----- on", "something else")
    try:
        body = base64.b64decode(match["body"].replace("\n", ""), validate=True)
    except binascii.Error:
        raise _bad("a body in base64", "other characters") from None
    if match["crc"] not in (None, _crc(body)):
        raise _bad("a body whose checksum fits", "a body that was changed or cut")
    pairs = (line.split(": ", 1) for line in match["headers"].splitlines())
    return _Armor(dict(pairs), body)


def _open(armor: _Armor, password: str) -> bytes:
    salt = armor.headers.get("salt", "")
    if _SALT.fullmatch(salt) is None:
        raise _bad(f"a salt of {SALT_BYTES} bytes in hex", "another")
    key = _argon2(password, bytes.fromhex(salt))
    try:
        return ChaCha20Poly1305(key).decrypt(_NONCE, armor.body, None)
    except InvalidTag:
        raise _wrong_password() from None


def _open_bcrypt(text: str, password: str) -> bytes:
    try:
        private, _ = import_cosmos_bcrypt_armored_privkey(text.strip(), passphrase=password)
    except ArmorError as error:
        if "decryption" in str(error):
            raise _wrong_password() from None
        raise _bad("an armor with kdf bcrypt", "a damaged one") from None
    return _AMINO_PREFIX + bytes(private)


def _argon2(password: str, salt: bytes) -> bytes:
    kdf = Argon2id(salt=salt, length=32, iterations=ITERATIONS, lanes=LANES, memory_cost=MEMORY_KIB)
    return kdf.derive(password.encode("utf-8"))


def _crc(data: bytes) -> str:
    """CRC-24 of RFC 4880, section 6.1, in base64."""
    crc = _CRC_START
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc <<= 1
            if crc & 0x1000000:
                crc ^= _CRC_POLYNOMIAL
    return base64.b64encode((crc & 0xFFFFFF).to_bytes(3, "big")).decode("ascii")


def _wrong_password() -> KeyringFailure:
    return KeyringFailure(
        KeyringCode.WRONG_PASSWORD,
        expected="the password that the key was exported with",
        found="another, or a changed text",
    )


def _bad(expected: str, found: str) -> KeyringFailure:
    return KeyringFailure(KeyringCode.BAD_KEY, expected=expected, found=found)
