"""Words and keys: vectors of BIP-39 and BIP-44, a second derivation here, and cosmpy's."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from coincurve import PrivateKey
from cosmpy.aerial.wallet import LocalWallet
from cosmpy.mnemonic import entropy_to_mnemonic
from hypothesis import given
from hypothesis import strategies as st

from chain_module.address import from_text
from node.keyring import KeyringCode, KeyringFailure, SigningKey, new_mnemonic
from node.keyring.mnemonic import ENTROPY_BYTES, check_mnemonic, private_key_of

ABANDON = "abandon " * 11 + "about"

# BIP-39's own vectors: entropy and words.
WORDS = [
    ("00" * 16, ABANDON),
    ("7f" * 16, "legal winner thank year wave sausage worth useful legal winner thank yellow"),
    ("80" * 16, "letter advice cage absurd amount doctor acoustic avoid letter advice cage above"),
    ("ff" * 16, "zoo " * 11 + "wrong"),
    ("00" * 32, "abandon " * 23 + "art"),
    ("ff" * 32, "zoo " * 23 + "vote"),
    (
        "9e885d952ad362caeb4efe34a8e91bd2",
        "ozone drill grab fiber curtain grace pudding thank cruise elder eight picnic",
    ),
]

# Addresses that other wallets show for these words under m/44'/118'/0'/0/0.
ACCOUNTS = [
    (ABANDON, "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4"),
    (
        (
            "economy stock theory fatal elder harbor betray wasp final emotion task crumble siren "
            "bottom lizard educate guess current outdoor pair theory focus wife stone"
        ),
        "cosmos1pkptre7fdkl6gfrzlesjjvhxhlc3r4gmmk8rs6",
    ),
]


@pytest.mark.parametrize(("entropy", "words"), WORDS)
def test_published_words_are_taken(entropy: str, words: str) -> None:
    assert check_mnemonic(words) == words
    assert entropy_to_mnemonic(bytes.fromhex(entropy)) == words


@pytest.mark.parametrize(("words", "address"), ACCOUNTS)
def test_published_accounts(words: str, address: str) -> None:
    expected = from_text(address, prefix="cosmos")
    assert SigningKey("x", private_key_of(words)).info.raw_address == expected


@given(st.sampled_from(sorted(ENTROPY_BYTES)).flatmap(lambda n: st.binary(min_size=n, max_size=n)))
def test_any_words_give_the_key_of_two_other_implementations(entropy: bytes) -> None:
    """The key of words equals that of BIP-32 written down once more, and cosmpy's wallet."""
    size = ENTROPY_BYTES[12] if len(entropy) < ENTROPY_BYTES[24] else ENTROPY_BYTES[24]
    words: str = entropy_to_mnemonic(entropy.ljust(size, b"\x01")[:size])
    private = private_key_of(words)
    assert private == _derived(words)
    info = SigningKey("x", private).info
    assert info.address == str(LocalWallet.from_mnemonic(words, prefix="seed").address())


def _derived(words: str) -> bytes:
    """BIP-32 along m/44'/118'/0'/0/0, with libsecp256k1's own addition of keys."""
    seed = hashlib.pbkdf2_hmac("sha512", words.encode(), b"mnemonic", 2048)
    node = hmac.digest(b"Bitcoin seed", seed, "sha512")
    for index in (44 | 1 << 31, 118 | 1 << 31, 1 << 31, 0, 0):
        key, chain = PrivateKey(node[:32]), node[32:]
        hard = index >> 31
        head = b"\x00" + key.secret if hard else key.public_key.format(compressed=True)
        digest = hmac.digest(chain, head + index.to_bytes(4, "big"), "sha512")
        node = key.add(digest[:32]).secret + digest[32:]
    return node[:32]


@pytest.mark.parametrize("count", sorted(ENTROPY_BYTES))
def test_new_words_are_good_and_new(count: int) -> None:
    words = new_mnemonic(count)
    assert len(words.split()) == count
    assert check_mnemonic(words) == words
    assert new_mnemonic(count) != words


def test_spaces_and_capitals_do_not_matter() -> None:
    assert check_mnemonic("  " + ABANDON.replace(" ", "\n").upper() + "\n") == ABANDON


SECRET = "ozone drill grab fiber curtain grace pudding thank cruise elder eight picnic"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "0"),
        ("abandon", "1"),
        ("abandon " * 13, "13"),
        (SECRET.replace("fiber", "fibre"), "word 4"),
        (SECRET.replace("picnic", "zoo"), "wrong order"),
        ("drill ozone grab fiber curtain grace pudding thank cruise elder eight picnic", "order"),
    ],
)
def test_wrong_words_are_refused_and_not_repeated(text: str, found: str) -> None:
    with pytest.raises(KeyringFailure) as caught:
        private_key_of(text)
    assert caught.value.code is KeyringCode.BAD_KEY
    assert found in caught.value.found
    told = str(caught.value).split()
    assert not set(told) & {"ozone", "drill", "grab", "fibre", "curtain", "pudding", "abandon"}
