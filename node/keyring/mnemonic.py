"""Words for a key: BIP-39 in English, then BIP-32 down BIP-44's path of Cosmos, no passphrase."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

from cosmpy.mnemonic import derive_child_key_from_mnemonic, entropy_to_mnemonic
from cosmpy.mnemonic.words import ENGLISH_MNEMONIC_WORDS_LIST

from node.keyring.failures import KeyringCode, KeyringFailure

PATH: Final = "m/44'/118'/0'/0/0"
ENTROPY_BYTES: Final = {12: 16, 15: 20, 18: 24, 21: 28, 24: 32}
"""By the number of words: BIP-39's table."""

_BITS_A_WORD: Final = 11
_INDEX: Final = {word: index for index, word in enumerate(ENGLISH_MNEMONIC_WORDS_LIST)}


def new_mnemonic(words: int = 24) -> str:
    """New words from the system's randomness, 12, 15, 18, 21 or 24 of them."""
    mnemonic: str = entropy_to_mnemonic(secrets.token_bytes(ENTROPY_BYTES[words]))
    return mnemonic


def check_mnemonic(text: str) -> str:
    """The words with single spaces, their checksum checked.

    Raises:
        KeyringFailure: BAD_KEY. It tells the place of an unknown word, never a word.
    """
    words = text.lower().split()
    if len(words) not in ENTROPY_BYTES:
        raise _bad("12, 15, 18, 21 or 24 words", f"{len(words)}")
    bits = 0
    for place, word in enumerate(words, start=1):
        if word not in _INDEX:
            raise _bad("words of BIP-39's English list", f"word {place}, which is not on it")
        bits = bits << _BITS_A_WORD | _INDEX[word]
    size = ENTROPY_BYTES[len(words)]
    check_bits = size * 8 // 32
    entropy = (bits >> check_bits).to_bytes(size, "big")
    wanted = hashlib.sha256(entropy).digest()[0] >> (8 - check_bits)
    if bits & ((1 << check_bits) - 1) != wanted:
        raise _bad("words whose checksum fits", "one that does not: a wrong word, or wrong order")
    return " ".join(words)


def private_key_of(mnemonic: str) -> bytes:
    """The 32 bytes of the first account's key. Raises KeyringFailure: BAD_KEY."""
    key: bytes = derive_child_key_from_mnemonic(check_mnemonic(mnemonic), path=PATH)
    return key


def _bad(expected: str, found: str) -> KeyringFailure:
    return KeyringFailure(KeyringCode.BAD_KEY, expected=expected, found=found)
