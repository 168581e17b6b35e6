"""Reading the platform out of a PCK certificate: the counterpart of `pck_extension`."""

from __future__ import annotations

import contextlib

import dcap_qvl
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from enclave.attestation.certificates import pck_leaf
from enclave.attestation.der import boolean, object_identifier, octet_string, sequence
from enclave.attestation.development_root import LAST_SECOND, Window, development_root
from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.pck_certificate import Platform, read_platform
from enclave.attestation.pck_extension import (
    SGX_EXTENSION_OID,
    PckExtension,
    encode_pck_extension,
)
from enclave.attestation.quote import parse_quote
from enclave.attestation.types import PlatformFlags
from enclave.errors import Code, Refusal
from enclave.software.pki import issue_leaf
from tests.enclave.attestation.blueprints import flags, sized
from tests.enclave.attestation.real_evidence import VECTORS
from tests.support.refusals import refused

ROOT = development_root("seedpact-test")
WINDOW = Window(0, LAST_SECOND)
TRUE, FALSE = boolean(value=True), boolean(value=False)
PPID, PCE_ID, FMSPC = bytes(range(16)), b"\x01\x02", b"\x03" * 6
EXTENSIONS = st.builds(
    PckExtension,
    ppid=sized(16),
    components=st.tuples(*[st.integers(0, 255)] * 16),
    pce_svn=st.integers(0, 2**16 - 1),
    cpu_svn=sized(16),
    pce_id=sized(2),
    fmspc=sized(6),
    sgx_type=st.integers(0, 2),
    platform_instance_id=st.none() | sized(16),
    configuration=st.none() | flags,
)


def leaf(extension: bytes | None) -> bytes:
    issued = issue_leaf(
        ROOT,
        chain_id="seedpact-test",
        name="leaf",
        identity=b"",
        window=WINDOW,
        signer=ROOT.key,
        sgx_extension=extension,
    )
    return issued.certificate.public_bytes(Encoding.DER)


def pair(arc: str, value: bytes) -> bytes:
    return sequence(object_identifier(f"{SGX_EXTENSION_OID}.{arc}"), value)


def pairs(*, ppid: bytes = PPID, pce_id: bytes = PCE_ID, fmspc: bytes = FMSPC) -> list[bytes]:
    return [
        pair("1", octet_string(ppid)),
        pair("3", octet_string(pce_id)),
        pair("4", octet_string(fmspc)),
    ]


def configuration(*values: tuple[str, bytes]) -> bytes:
    return pair("7", sequence(*(pair(f"7.{arc}", value) for arc, value in values)))


@given(EXTENSIONS)
def test_what_is_written_is_read(extension: PckExtension) -> None:
    clear = PlatformFlags(dynamic_platform=False, cached_keys=False, smt_enabled=False)
    assert read_platform(leaf(encode_pck_extension(extension))) == Platform(
        ppid=extension.ppid,
        pce_id=extension.pce_id,
        fmspc=extension.fmspc,
        flags=extension.configuration or clear,
    )


@pytest.mark.parametrize("name", VECTORS)
def test_real_certificates_are_read_as_the_library_reads_them(name: str) -> None:
    quote = parse_quote(VECTORS[name].quote)
    platform = read_platform(pck_leaf(quote.certification_data, root_der=INTEL_SGX_ROOT_CA_DER))
    library = dcap_qvl.parse_quote(quote.raw).pck_extension()
    assert library is not None
    found = (platform.ppid, platform.pce_id, platform.fmspc)
    assert found == (library.ppid, library.pce_id, library.fmspc)


def test_each_flag_has_its_place() -> None:
    for index, arc in enumerate(("1", "2", "3")):
        one = configuration((arc, TRUE))
        read = read_platform(leaf(sequence(*pairs(), one))).flags
        found = (read.dynamic_platform, read.cached_keys, read.smt_enabled)
        assert found == tuple(place == index for place in range(3))


def test_a_flag_that_is_false_is_clear() -> None:
    one = configuration(("1", FALSE))
    assert not read_platform(leaf(sequence(*pairs(), one))).flags.dynamic_platform


@pytest.mark.parametrize(
    "extension",
    [
        None,
        b"",
        sequence(),
        sequence(*pairs()[1:]),
        sequence(*pairs()[:2]),
        sequence(*pairs(ppid=PPID + b"\0")),
        sequence(*pairs(ppid=PPID[:-1])),
        sequence(*pairs(pce_id=b"")),
        sequence(*pairs(fmspc=FMSPC[:-1])),
        sequence(*pairs(), pairs()[0]),
        sequence(*pairs(), pairs(fmspc=bytes(6))[2]),
        sequence(*pairs(), configuration(("1", FALSE), ("1", TRUE))),
        sequence(*pairs(), configuration(("3", b"\x01\x01\x01"))),
    ],
    ids=range(13),
)
def test_another_extension_is_refused(extension: bytes | None) -> None:
    with refused(Code.CERTIFICATE_INVALID):
        read_platform(leaf(extension))


def test_two_extensions_are_refused() -> None:
    one = leaf(sequence(*pairs()))
    with refused(Code.CERTIFICATE_INVALID):
        read_platform(one + one)


def test_a_certificate_that_ends_inside_a_value_is_refused() -> None:
    whole = leaf(sequence(*pairs()))
    end = whole.index(FMSPC) + len(FMSPC)
    assert read_platform(whole[:end]).fmspc == FMSPC
    with refused(Code.CERTIFICATE_INVALID):
        read_platform(whole[: end - 1])


@given(st.binary(max_size=200))
def test_any_extension_is_read_or_refused(extension: bytes) -> None:
    with refused(Code.CERTIFICATE_INVALID):
        read_platform(leaf(extension))


@given(st.data())
def test_a_changed_certificate_is_read_or_refused(data: st.DataObject) -> None:
    changed = bytearray(leaf(sequence(*pairs())))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(changed) - 1))
        changed[start : start + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    with contextlib.suppress(Refusal):
        read_platform(bytes(changed))


def test_a_leaf_that_nobody_verified_is_read_or_refused() -> None:
    """The gates read whatever the first PEM block of a quote holds, wherever it stands there."""
    head = object_identifier(SGX_EXTENSION_OID)
    values = {"1": PPID, "3": PCE_ID, "4": FMSPC}
    body = b"".join(
        object_identifier(f"{SGX_EXTENSION_OID}.{arc}") + octet_string(value)
        for arc, value in values.items()
    )
    plain = PlatformFlags(dynamic_platform=False, cached_keys=False, smt_enabled=False)
    for bare in (head + b"\x04" + body, b"\x30" + head + body):
        assert read_platform(bare) == Platform(PPID, PCE_ID, FMSPC, plain)
    with refused(Code.CERTIFICATE_INVALID):
        read_platform(head + head + body)
