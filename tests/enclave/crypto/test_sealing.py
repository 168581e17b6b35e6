"""Laws of sealing (docs/spec/protocol.md section 10)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from enclave.crypto.labels import Mode
from enclave.crypto.sealing import (
    HEADER_BYTES,
    MAGIC,
    MAX_BLOB_BYTES,
    VERSION,
    Role,
    SealedHeader,
    read_header,
    seal,
    unseal,
)
from enclave.errors import Code, Refusal
from tests.enclave.crypto.agreements import MODES, SECRETS, flip, flips
from tests.second_opinion import primitives as second
from tests.second_opinion.transcript import H

TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class Sealing:
    """All that sealing takes."""

    plaintext: bytes
    mode: Mode
    role: Role
    network_id: bytes
    seal_key: bytes
    salt: bytes

    def seal(self) -> bytes:
        """The blob."""
        return seal(
            self.plaintext,
            mode=self.mode,
            role=self.role,
            network_id=self.network_id,
            seal_key=self.seal_key,
            salt=self.salt,
        )

    def unseal(self, blob: bytes) -> bytes:
        """The plaintext of `blob`, for whoever expects what this sealing says."""
        return unseal(
            blob,
            mode=self.mode,
            role=self.role,
            network_id=self.network_id,
            seal_key=self.seal_key,
        )

    def refuses(self, blob: bytes) -> Code:
        """Asserts that `blob` does not open; the reason."""
        with pytest.raises(Refusal) as refused:
            self.unseal(blob)
        return refused.value.code


SEALINGS = st.builds(
    Sealing,
    plaintext=st.binary(max_size=300),
    mode=MODES,
    role=st.sampled_from(Role),
    network_id=SECRETS,
    seal_key=SECRETS | st.binary(min_size=16, max_size=16),
    salt=SECRETS,
)

SMALL = Sealing(b"state", Mode.HARDWARE, Role.STATE, b"n" * 32, b"k" * 16, b"s" * 32)


@given(SEALINGS)
def test_round_trip(sealing: Sealing) -> None:
    """What was sealed comes back, and the header says for whom."""
    blob = sealing.seal()
    assert len(blob) == HEADER_BYTES + len(sealing.plaintext) + TAG_BYTES
    assert sealing.unseal(blob) == sealing.plaintext
    header = SealedHeader(sealing.mode, sealing.role, sealing.network_id, sealing.salt)
    assert read_header(blob) == header
    assert blob.startswith(header.encoded)


@given(SEALINGS, st.data())
def test_any_flipped_bit_fails(sealing: Sealing, data: st.DataObject) -> None:
    """In header, text and tag alike."""
    sealing.refuses(data.draw(flips(sealing.seal())))


def test_every_flipped_bit_of_a_blob_fails() -> None:
    """All of them. One bit never makes a known mode or role of another: they are 1 and 2."""
    blob = SMALL.seal()
    reasons = {SMALL.refuses(flip(blob, bit)) for bit in range(8 * len(blob))}
    assert reasons == {
        Code.SEALED_MALFORMED,
        Code.SEALED_VERSION_UNKNOWN,
        Code.SEALED_WRONG_NETWORK,
        Code.SEALED_OPEN_FAILED,
    }


@given(SEALINGS, st.data())
def test_any_truncation_or_extension_fails(sealing: Sealing, data: st.DataObject) -> None:
    """Too short for a header and a tag is malformed; the tag sees the rest."""
    blob = sealing.seal()
    length = data.draw(st.integers(0, len(blob) - 1))
    short = sealing.refuses(blob[:length])
    malformed = length < HEADER_BYTES + TAG_BYTES
    assert short is (Code.SEALED_MALFORMED if malformed else Code.SEALED_OPEN_FAILED)
    assert sealing.refuses(blob + data.draw(st.binary(min_size=1))) is Code.SEALED_OPEN_FAILED


def test_every_truncation_of_a_blob_fails() -> None:
    blob = SMALL.seal()
    for length in range(len(blob)):
        SMALL.refuses(blob[:length])


@given(SEALINGS, SECRETS)
def test_a_blob_of_another_network_fails(sealing: Sealing, network_id: bytes) -> None:
    """By name, before any key is tried."""
    assume(network_id != sealing.network_id)
    other = replace(sealing, network_id=network_id)
    assert sealing.refuses(other.seal()) is Code.SEALED_WRONG_NETWORK


def test_each_byte_of_the_network_counts() -> None:
    """The text opens under another name of it as well: the header alone says whose it is."""
    blob = SMALL.seal()
    for at in range(len(SMALL.network_id)):
        name = bytearray(SMALL.network_id)
        name[at] ^= 1
        with pytest.raises(Refusal) as refused:
            replace(SMALL, network_id=bytes(name)).unseal(blob)
        assert refused.value.code is Code.SEALED_WRONG_NETWORK


@given(SEALINGS)
def test_a_blob_of_another_role_or_mode_fails(sealing: Sealing) -> None:
    """A backup is no state, and software mode's blob is no hardware one."""
    for role in Role:
        if role is not sealing.role:
            other = replace(sealing, role=role)
            assert sealing.refuses(other.seal()) is Code.SEALED_WRONG_ROLE
    for mode in Mode:
        if mode is not sealing.mode:
            other = replace(sealing, mode=mode)
            assert sealing.refuses(other.seal()) is Code.SEALED_WRONG_MODE


@given(SEALINGS, st.sampled_from(["mode", "role", "network_id"]), SECRETS)
def test_a_relabelled_header_does_not_help(sealing: Sealing, name: str, network_id: bytes) -> None:
    """The names in the header are in the key and in the tag too, not only compared."""
    match name:
        case "mode":
            other = replace(sealing, mode=next(m for m in Mode if m is not sealing.mode))
        case "role":
            other = replace(sealing, role=next(r for r in Role if r is not sealing.role))
        case _:
            assume(network_id != sealing.network_id)
            other = replace(sealing, network_id=network_id)
    header = SealedHeader(sealing.mode, sealing.role, sealing.network_id, sealing.salt)
    forged = header.encoded + other.seal()[HEADER_BYTES:]
    assert sealing.refuses(forged) is Code.SEALED_OPEN_FAILED


@given(SEALINGS, SECRETS)
def test_another_machines_key_fails(sealing: Sealing, seal_key: bytes) -> None:
    """Nothing in the blob says which machine; the tag does."""
    assume(seal_key != sealing.seal_key)
    other = replace(sealing, seal_key=seal_key)
    assert sealing.refuses(other.seal()) is Code.SEALED_OPEN_FAILED


@given(SEALINGS, SECRETS)
def test_every_salt_has_its_own_key(sealing: Sealing, salt: bytes) -> None:
    """Sealing the same state twice shows nothing of whether it changed."""
    assume(salt != sealing.salt)
    one, other = sealing.seal(), replace(sealing, salt=salt).seal()
    assert one[HEADER_BYTES:] != other[HEADER_BYTES:]
    assert sealing.unseal(other) == sealing.plaintext


@given(SEALINGS)
def test_it_is_the_second_opinions(sealing: Sealing) -> None:
    """The layout of the docstring, by other libraries."""
    mode = {Mode.HARDWARE: 1, Mode.SOFTWARE: 2}[sealing.mode]
    role = {Role.STATE: 1, Role.BACKUP: 2}[sealing.role]
    header = b"SPSEALED" + bytes([0, 2, mode, role]) + sealing.network_id + sealing.salt
    info = H(sealing.mode.value, "seal-key", role, sealing.network_id)
    derived = second.hkdf(sealing.seal_key, sealing.salt, info, 44)
    body = second.aes_gcm_seal(derived[:32], derived[32:], sealing.plaintext, header)
    assert sealing.seal() == header + body


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: MAGIC + tail))
@example(MAGIC + VERSION.to_bytes(2, "big") + b"\x01\x01" + bytes(80))
@example(MAGIC + VERSION.to_bytes(2, "big") + b"\x00\x01" + bytes(80))
@example(MAGIC + VERSION.to_bytes(2, "big") + b"\x01\x03" + bytes(80))
def test_any_bytes_give_a_header_or_a_refusal(blob: bytes) -> None:
    """Nothing but a Refusal comes out, and what decodes encodes to the same bytes."""
    if (header := header_of(blob)) is not None:
        assert header.encoded == blob[:HEADER_BYTES]


def header_of(blob: bytes) -> SealedHeader | None:
    """The header, or None where it is refused for its form."""
    try:
        return read_header(blob)
    except Refusal as refusal:
        if refusal.code in {Code.SEALED_MALFORMED, Code.SEALED_VERSION_UNKNOWN}:
            return None
        raise


def test_a_blob_over_the_limit_is_refused_unread() -> None:
    blob = SMALL.seal()
    assert SMALL.refuses(blob + bytes(MAX_BLOB_BYTES)) is Code.SEALED_MALFORMED


def test_what_would_not_open_again_is_not_sealed() -> None:
    """A state that outgrew the limit is refused before the old blob is replaced."""
    most = MAX_BLOB_BYTES - HEADER_BYTES - TAG_BYTES
    largest = replace(SMALL, plaintext=bytes(most))
    assert largest.unseal(largest.seal()) == bytes(most)
    with pytest.raises(Refusal) as refused:
        replace(SMALL, plaintext=bytes(most + 1)).seal()
    assert refused.value.code is Code.TOO_LARGE


def test_what_begins_otherwise_is_no_sealed_file() -> None:
    blob = SMALL.seal()
    for at in range(len(MAGIC)):
        other = blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]
        assert SMALL.refuses(other) is Code.SEALED_MALFORMED
    for short, found in ((b"", "start with nothing"), (b"junk", "start with 6a756e6b")):
        with pytest.raises(Refusal) as refused:
            SMALL.unseal(short)
        assert found in refused.value.found


def test_a_future_version_is_named() -> None:
    blob = SMALL.seal()
    later = blob[:8] + (VERSION + 1).to_bytes(2, "big") + blob[10:]
    assert SMALL.refuses(later) is Code.SEALED_VERSION_UNKNOWN


@pytest.mark.parametrize("length", [0, 31, 33])
def test_network_id_and_salt_have_32_bytes(length: int) -> None:
    for short in (replace(SMALL, network_id=bytes(length)), replace(SMALL, salt=bytes(length))):
        with pytest.raises(Refusal) as refused:
            short.seal()
        assert refused.value.code is Code.BAD_LENGTH
