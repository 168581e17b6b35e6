"""Exported keys: what is exported comes back; older Cosmos exports are read."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import subprocess

import bcrypt
import pytest
from cosmpy.crypto.bcrypt import _make_bcrypt_salt_from_hex
from hypothesis import given
from hypothesis import strategies as st
from nacl.secret import SecretBox

from node.keyring import KeyringCode, KeyringFailure
from node.keyring.armor import export_armor, import_armor
from tests.differential.go_oracle import oracle

KEY = bytes(range(1, 33))
ARMOR = export_armor(KEY, password="carried")


def _refused(code: KeyringCode, text: str, password: str) -> None:
    with pytest.raises(KeyringFailure) as caught:
        import_armor(text, password=password)
    assert caught.value.code is code, caught.value


def test_what_is_exported_comes_back() -> None:
    assert import_armor(ARMOR, password="carried") == KEY
    assert import_armor(ARMOR.replace("\n", "\r\n") + "\n", password="carried") == KEY
    assert KEY.hex() not in ARMOR


def test_two_exports_differ() -> None:
    assert export_armor(KEY, password="carried") != ARMOR


def test_another_password_opens_nothing() -> None:
    _refused(KeyringCode.WRONG_PASSWORD, ARMOR, "carrier")


@given(place=st.integers(0, len(ARMOR) - 1), character=st.characters(codec="ascii"))
def test_a_changed_export_never_gives_another_key(place: int, character: str) -> None:
    """Any one character changed: the same key (case of hex, line ends), or a refusal."""
    text = ARMOR[:place] + character + ARMOR[place + 1 :]
    with contextlib.suppress(KeyringFailure):
        assert import_armor(text, password="carried") == KEY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x" * 5000,
        ARMOR.replace("PRIVATE", "PUBLIC"),
        ARMOR.replace("kdf: argon2", "kdf: none"),
        ARMOR.replace("kdf: argon2\n", ""),
        ARMOR.replace("secp256k1", "ed25519"),
        ARMOR.replace("salt: ", "salt: 00"),
        ARMOR.replace("\n\n", "\n\nAAAA"),
        ARMOR.partition("=")[0],
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    _refused(KeyringCode.BAD_KEY, text, "carried")


def test_a_text_without_checksum_is_read() -> None:
    """RFC 9580 lets go of it."""
    lines = [line for line in ARMOR.splitlines() if not line.startswith("=")]
    assert import_armor("\n".join(lines), password="carried") == KEY


PREFIX = "e1b0f79b20"
"""Amino's, of a secp256k1 private key."""


def test_go_opens_what_we_export_and_we_what_go_makes() -> None:
    """The libraries of the Cosmos SDK, put together as its crypto/armor.go does."""
    program = oracle("armor")
    opened = subprocess.run(
        [program, "open", "carried"], input=ARMOR, capture_output=True, text=True, check=True
    )
    assert opened.stdout.strip() == PREFIX + KEY.hex()
    made = subprocess.run(
        [program, "make", "päss wörd", PREFIX + KEY.hex()],
        capture_output=True,
        text=True,
        check=True,
    )
    assert import_armor(made.stdout, password="päss wörd") == KEY
    wrong = subprocess.run([program, "open", "carrier"], input=ARMOR, text=True, check=False)
    assert wrong.returncode == 1


def test_an_export_of_an_older_cosmos_daemon_is_read() -> None:
    """bcrypt, SHA-256, XSalsa20-Poly1305, as crypto/armor.go had it before 0.47."""
    salt = bytes(range(16))
    hashed = bcrypt.hashpw(b"old password", _make_bcrypt_salt_from_hex(salt.hex(), cost=12))
    box = SecretBox(hashlib.sha256(hashed).digest())
    body = bytes(box.encrypt(bytes.fromhex(PREFIX) + KEY, bytes(24)))
    text = base64.b64encode(body).decode()
    lines = [
        "-----BEGIN TENDERMINT PRIVATE KEY-----",
        "kdf: bcrypt",
        f"salt: {salt.hex().upper()}",
        "type: secp256k1",
        "",
        *(text[at : at + 64] for at in range(0, len(text), 64)),
        "-----END TENDERMINT PRIVATE KEY-----",
    ]
    armor = "\n".join(lines)
    assert import_armor(armor, password="old password") == KEY
    _refused(KeyringCode.WRONG_PASSWORD, armor, "other password")
