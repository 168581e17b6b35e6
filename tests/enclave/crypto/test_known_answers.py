"""Known answers: RFC 5297, 5869, 7748, FIPS 203 and Wycheproof.

Each vector runs against the product's primitives and against the second opinion, so that both
programs of the differential are known to be right and not only equal. Where a vector is of no use
to our parameters, the test says which and how many it ran.
"""

from __future__ import annotations

import pytest

from enclave.crypto import primitives
from enclave.crypto.primitives import ExchangeKey, KemKey
from enclave.errors import Code, Refusal
from tests.enclave.crypto.published import document, records, unhex, wycheproof
from tests.second_opinion import curve25519
from tests.second_opinion import primitives as second


def test_rfc_5869_hkdf_sha256() -> None:
    rows = records("rfc/rfc5869_hkdf_sha256.json")
    assert len(rows) == 3
    for record in rows:
        ikm, salt, info, okm = unhex(record, "ikm", "salt", "info", "okm")
        length = int(record["l"])
        assert primitives.hkdf(ikm, salt=salt, info=info, length=length) == okm
        assert second.hkdf(ikm, salt, info, length) == okm


def test_wycheproof_hkdf_sha256() -> None:
    ran = 0
    for vector in wycheproof("hkdf_sha256"):
        size = vector.test["size"]
        if not vector.valid:
            assert size > 255 * 32  # only output that RFC 5869 forbids; we never ask for it
            continue
        ran += 1
        ikm, salt, info = (vector.get(name) for name in ("ikm", "salt", "info"))
        assert primitives.hkdf(ikm, salt=salt, info=info, length=size) == vector.get("okm")
        assert second.hkdf(ikm, salt, info, size) == vector.get("okm")
    assert ran == 83


def test_rfc_5297_aes_siv() -> None:
    """Appendix A.1 and A.2 (128-bit keys), then A.1 again with longer keys."""
    rows = records("rfc/rfc5297_aes_siv.json")
    assert [record["cipher"] for record in rows] == [
        "aes-128-siv",
        "aes-128-siv",
        "aes-192-siv",
        "aes-256-siv",
    ]
    for record in rows:
        key, tag, plaintext, ciphertext = unhex(record, "key", "tag", "plaintext", "ciphertext")
        associated = unhex(record, *(n for n in ("aad", "aad2", "aad3") if n in record))
        sealed = tag + ciphertext
        assert primitives.siv_seal(key, plaintext, associated=associated) == sealed
        assert primitives.siv_open(key, sealed, associated=associated) == plaintext
        assert second.aes_siv_seal(key, plaintext, associated) == sealed
        assert second.aes_siv_open(key, sealed, associated) == plaintext


def test_wycheproof_aes_siv() -> None:
    """The 64-byte keys that we use; the nonce is the last component (RFC 5297 section 3)."""
    vectors = wycheproof("aead_aes_siv_cmac")
    assert len(vectors) == 300
    for vector in vectors:
        key, plaintext = vector.get("key"), vector.get("msg")
        sealed = vector.get("tag") + vector.get("ct")
        associated = [vector.get("aad"), vector.get("iv")]
        opened = primitives.siv_open(key, sealed, associated=associated)
        if vector.valid:
            assert opened == plaintext
            assert primitives.siv_seal(key, plaintext, associated=associated) == sealed
            assert second.aes_siv_seal(key, plaintext, associated) == sealed
        else:
            assert opened is None
            with pytest.raises(ValueError):
                second.aes_siv_open(key, sealed, associated)


def test_wycheproof_aes_gcm() -> None:
    vectors = wycheproof("aes_gcm")
    assert len(vectors) == 66
    for vector in vectors:
        key, nonce, plaintext = vector.get("key"), vector.get("iv"), vector.get("msg")
        associated, sealed = vector.get("aad"), vector.get("ct") + vector.get("tag")
        opened = primitives.gcm_open(key, nonce, sealed, associated=associated)
        if vector.valid:
            assert opened == plaintext
            assert primitives.gcm_seal(key, nonce, plaintext, associated=associated) == sealed
            assert second.aes_gcm_seal(key, nonce, plaintext, associated) == sealed
        else:
            assert opened is None
            with pytest.raises(ValueError):
                second.aes_gcm_open(key, nonce, sealed, associated)


def test_rfc_7748_x25519() -> None:
    """Section 5.2, both vectors. The second one's u has its top bit set: an alias, refused here."""
    rows = document("rfc/rfc7748_x25519.json")["vectors"]
    assert len(rows) == 3
    for record in rows:
        scalar, u, shared = unhex(record, "input_scalar", "input_u", "output_u")
        assert curve25519.x25519(scalar, u) == shared
        assert second.x25519(scalar, u) == shared
        if u[31] & 0x80:
            with pytest.raises(Refusal) as refused:
                ExchangeKey(scalar).agree(u)
            assert refused.value.code is Code.BAD_EXCHANGE_KEY
            u = u[:31] + bytes([u[31] & 0x7F])
        assert ExchangeKey(scalar).agree(u) == shared


def test_rfc_7748_x25519_iterated() -> None:
    """Section 5.2's loop, 1,000 times, by three programs.

    The product refuses aliases, which the loop never meets: outputs are canonical.
    """
    iterated = document("rfc/rfc7748_x25519.json")["iterated"]
    start = bytes.fromhex(iterated["start"])
    by_product = by_second = by_integers = (start, start)
    for count in range(1, 1001):
        k, u = by_product
        by_product = (ExchangeKey(k).agree(u), k)
        k, u = by_second
        by_second = (second.x25519(k, u), k)
        k, u = by_integers
        by_integers = (curve25519.x25519(k, u), k)
        if str(count) in iterated:
            wanted = bytes.fromhex(iterated[str(count)])
            assert by_product[0] == by_second[0] == by_integers[0] == wanted


def test_rfc_7748_diffie_hellman() -> None:
    """Section 6.1."""
    record = document("rfc/rfc7748_x25519.json")["diffie_hellman"]
    alice, alice_public, bob, bob_public, shared = unhex(
        record, "alice_private", "alice_public", "bob_private", "bob_public", "shared"
    )
    assert ExchangeKey(alice).public == second.x25519_public(alice) == alice_public
    assert ExchangeKey(bob).public == second.x25519_public(bob) == bob_public
    assert ExchangeKey(alice).agree(bob_public) == shared
    assert ExchangeKey(bob).agree(alice_public) == shared


def test_wycheproof_x25519() -> None:
    """Every vector. Gate 1 refuses aliases and low order; the rest must agree."""
    vectors = wycheproof("x25519")
    counts = {"agreed": 0, Code.BAD_EXCHANGE_KEY: 0, Code.LOW_ORDER_KEY: 0}
    for vector in vectors:
        private, public, shared = (vector.get(n) for n in ("private", "public", "shared"))
        assert curve25519.x25519(private, public) == shared
        if curve25519.exchange_key_is_canonical(public) and shared != bytes(32):
            counts["agreed"] += 1
            assert ExchangeKey(private).agree(public) == shared
            assert second.x25519(private, public) == shared
            continue
        with pytest.raises(Refusal) as refused:
            ExchangeKey(private).agree(public)
        counts[refused.value.code] += 1
        canonical = curve25519.exchange_key_is_canonical(public)
        assert refused.value.code is (Code.LOW_ORDER_KEY if canonical else Code.BAD_EXCHANGE_KEY)
        assert vector.flags & {"NonCanonicalPublic", "LowOrderPublic", "ZeroSharedSecret", "Twist"}
    print(counts)
    assert sum(counts.values()) == len(vectors) == 518
    assert min(counts.values()) > 0


def test_fips_203_key_from_seed() -> None:
    """The 64-byte seed d || z gives the encapsulation key."""
    for record in records("fips203/kat_mlkem768.json"):
        d, z, public = unhex(record, "d", "z", "pk")
        assert KemKey(d + z).public == second.ml_kem_public(d + z) == public
    vectors = wycheproof("mlkem_768_keygen_seed")
    assert len(vectors) == 25
    for vector in vectors:
        seed, public = vector.get("seed"), vector.get("ek")
        assert KemKey(seed).public == second.ml_kem_public(seed) == public


def test_fips_203_encapsulation_from_randomness() -> None:
    """The second opinion alone can be told m; the product's library draws it."""
    for record in records("fips203/kat_mlkem768.json"):
        public, randomness, secret, ciphertext = unhex(record, "pk", "msg", "ss", "ct")
        assert second.ml_kem_encapsulate(public, randomness) == (secret, ciphertext)


def test_fips_203_decapsulation() -> None:
    """Right ciphertexts, and foreign ones: implicit rejection gives the standard's secret."""
    for record in records("fips203/kat_mlkem768.json"):
        d, z = unhex(record, "d", "z")
        for ciphertext, secret in (
            unhex(record, "ct", "ss"),
            unhex(record, "ct_n", "ss_n"),
        ):
            assert KemKey(d + z).decapsulate(ciphertext) == secret
            assert second.ml_kem_decapsulate(d + z, ciphertext) == secret


def test_wycheproof_ml_kem_768_decapsulation() -> None:
    """Every vector is valid: a changed ciphertext has a secret too."""
    vectors = wycheproof("mlkem_768")
    assert len(vectors) == 34
    for vector in vectors:
        seed, ciphertext = vector.get("seed"), vector.get("c")
        assert vector.valid
        assert KemKey(seed).public == vector.get("ek")
        assert KemKey(seed).decapsulate(ciphertext) == vector.get("K")
        assert second.ml_kem_decapsulate(seed, ciphertext) == vector.get("K")


def test_wycheproof_ml_kem_768_encapsulation_keys() -> None:
    """FIPS 203 section 7.2: coefficients that are not reduced are refused (BAD_KEM_KEY)."""
    accepted = refused = 0
    for vector in wycheproof("mlkem_768_encaps"):
        public = vector.get("ek")
        if vector.valid:
            accepted += 1
            primitives.check_kem_key(public)
            expected = (vector.get("K"), vector.get("c"))
            assert second.ml_kem_encapsulate(public, vector.get("m")) == expected
            continue
        refused += 1
        for use in (primitives.check_kem_key, primitives.kem_encapsulate):
            with pytest.raises(Refusal) as found:
                use(public)
            assert found.value.code is Code.BAD_KEM_KEY
    assert accepted == 25
    assert refused == 12


def test_wycheproof_ed25519() -> None:
    vectors = wycheproof("ed25519")
    assert len(vectors) == 151
    for vector in vectors:
        public = bytes.fromhex(vector.group["publicKey"]["pk"])
        message, signature = vector.get("msg"), vector.get("sig")
        assert primitives.ed25519_verifies(public, signature, message) is vector.valid
