"""Attack 12: quote, certificate chain and JSON ten times over their limits, nested, or packed.

Refused by size before anything looks inside, and with little memory.
"""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable
from typing import Final

import pytest
from google.protobuf.message import Message

from enclave.attestation.collateral import Collateral
from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.limits import MAX_COLLATERAL_BYTES, MAX_JSON_DEPTH, MAX_QUOTE_BYTES
from enclave.attestation.quote import parse_quote, strip_padding
from enclave.attestation.verifier import verify_quote
from enclave.errors import Code, Refusal
from enclave.service.dispatch import MAX_FIELDS, METHODS
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2
from tests.attacks.attackers import holder_of, verdict
from tests.attacks.forgery import Forgery, confirm
from tests.enclave.attestation.real_evidence import SGX, TDX5
from tests.support.enclaves import Node
from tests.support.refusals import refused

MEMORY: Final = 4 * 2**20
"""Bytes that refusing one hostile input may take at its peak, the input itself not counted."""
FIELDS: Final[dict[str, str]] = json.loads(TDX5.collateral)


def frugal(parse: Callable[[bytes], object], raw: bytes) -> Code:
    """The refusal, which may not take much memory to reach."""
    tracemalloc.start()
    try:
        with pytest.raises(Refusal) as refusal:
            parse(raw)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MEMORY
    return refusal.value.code


def changed(**fields: str) -> bytes:
    return json.dumps({**FIELDS, **fields}).encode()


def declared(length: int) -> bytes:
    """A quote whose signature data says that it has this many bytes."""
    signed = len(parse_quote(SGX.quote).signed)
    return SGX.quote[:signed] + length.to_bytes(4, "little") + SGX.quote[signed + 4 :]


@pytest.mark.parametrize("parse", [parse_quote, strip_padding])
@pytest.mark.parametrize("times", [1, 10, 1000])
def test_12_a_quote_over_its_limit_is_not_looked_into(
    parse: Callable[[bytes], object], times: int
) -> None:
    raw = SGX.quote.ljust(MAX_QUOTE_BYTES * times + 1, b"\0")
    assert frugal(parse, raw) is Code.TOO_LARGE


@pytest.mark.parametrize("length", [0, 2**16, 2**31, 2**32 - 1])
def test_12_a_length_inside_a_quote_reserves_nothing(length: int) -> None:
    assert frugal(parse_quote, declared(length)) is Code.MALFORMED_QUOTE


@pytest.mark.parametrize("times", [1, 10, 1000])
def test_12_a_collateral_over_its_limit_is_not_looked_into(times: int) -> None:
    raw = TDX5.collateral.ljust(MAX_COLLATERAL_BYTES * times + 1)
    assert frugal(Collateral.parse, raw) is Code.TOO_LARGE


def test_12_a_gzip_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(50 * 2**20), mtime=0)
    assert len(bomb) < MAX_COLLATERAL_BYTES
    assert frugal(Collateral.parse, bomb) is Code.MALFORMED_COLLATERAL
    assert frugal(parse_quote, bomb[:MAX_QUOTE_BYTES]) in (
        Code.MALFORMED_QUOTE,
        Code.UNSUPPORTED_QUOTE,
    )


NESTS: Final = {
    "lists": "[" * 60_000,
    "closed lists": "[" * 30_000 + "]" * 30_000,
    "objects": '{"a":' * 12_000,
    "mixed": '[{"a":' * 10_000,
    "one over": '{"a":' * MAX_JSON_DEPTH + "1" + "}" * MAX_JSON_DEPTH,
}


@pytest.mark.parametrize("name", NESTS)
def test_12_nested_json_is_refused_by_depth(name: str) -> None:
    text = f'{{"a":{NESTS[name]}'[:30_000]
    outer, inner = text.encode(), changed(tcb_info=text)
    for raw in (outer, inner):
        with pytest.raises(Refusal) as refusal:
            Collateral.parse(raw)
        assert refusal.value.code is Code.MALFORMED_COLLATERAL
        assert "nested" in refusal.value.found


@pytest.mark.parametrize(
    "text",
    ['"' + '\\"' * 32_000, '{"' * 32_000, '{"a":' + "9" * 64_000 + "}", '{"a":"' + "\\" * 64_000],
    ids=["escapes", "openings", "digits", "backslashes"],
)
def test_12_json_that_is_costly_to_scan_is_refused(text: str) -> None:
    assert frugal(Collateral.parse, text.encode()) is Code.MALFORMED_COLLATERAL


@pytest.mark.parametrize("count", [4, 20, 60])
@pytest.mark.parametrize("name", ["pck_crl_issuer_chain", "tcb_info_issuer_chain"])
def test_12_a_chain_of_many_certificates_is_refused_by_count(name: str, count: int) -> None:
    chain = FIELDS[name]
    raw = changed(**{name: (chain * count)[: MAX_COLLATERAL_BYTES // 2]})
    assert frugal(Collateral.parse, raw) is Code.MALFORMED_COLLATERAL


@pytest.mark.parametrize("extra", [1, 3, 8])
def test_12_a_quotes_chain_of_many_certificates_is_refused_by_count(extra: int) -> None:
    """Path building tries every order: a long list is a way to burn time."""
    quote = parse_quote(TDX5.quote)
    end = b"-----END CERTIFICATE-----\n"
    first, *rest = quote.certification_data.split(end)
    chain = end.join([first, *[rest[0]] * extra, *rest])
    # The lengths of all layers grow by the same number of bytes.
    grown = len(chain) - len(quote.certification_data)
    body = bytearray(quote.raw.replace(quote.certification_data, chain))
    start = len(quote.signed)
    for offset in (start, start + 4 + 128 + 2, start + 4 + 134 + 384 + 64 + 2 + 32 + 2):
        length = int.from_bytes(body[offset : offset + 4], "little") + grown
        body[offset : offset + 4] = length.to_bytes(4, "little")
    collateral = Collateral.parse(TDX5.collateral)
    with refused(Code.CERTIFICATE_INVALID):
        verify_quote(bytes(body), collateral, root_der=INTEL_SGX_ROOT_CA_DER, now=TDX5.time)


@pytest.mark.parametrize(
    ("method", "repeated"),
    {
        "ConfirmNodes": pb.ConfirmNodesRequest(newcomers=[pb.Newcomer()]),
        "ImportSeed": pb.ImportSeedRequest(
            chain=chain_pb2.ChainProof(network_keys=[chain_pb2.ProvenEntry()] * MAX_FIELDS)
        ),
        "FollowChain": chain_pb2.FollowChainRequest(steps=[chain_pb2.HeaderStep()] * MAX_FIELDS),
        "Bootstrap": pb.BootstrapRequest(
            network=types_pb2.NetworkInputs(floor=types_pb2.Floor(upgrade_keys=[b""] * MAX_FIELDS))
        ),
    }.items(),
)
def test_12_a_request_of_millions_of_empty_fields_is_refused_unparsed(
    method: str, repeated: Message
) -> None:
    """Parsed, the first at 16 MiB would take more than a gigabyte: more than the enclave has."""
    data = repeated.SerializeToString()
    with refused(Code.TOO_LARGE):
        METHODS[method](Node("empty").enclave, data * (2**20 // len(data) + 1))


def test_12_a_holder_refuses_one_oversized_register_and_serves_the_other() -> None:
    ledger, holder = holder_of()
    honest = Forgery().newcomer(ledger, Node("honest"))
    quote, collateral = Forgery().newcomer(ledger, Node("attacker"))
    quote.quote = quote.quote.ljust(MAX_QUOTE_BYTES + 1, b"\0")
    huge = Forgery().newcomer(ledger, Node("attacker"))[0]
    answers = confirm(
        ledger, holder, honest, (quote, collateral), (huge, b" " * (MAX_COLLATERAL_BYTES + 1))
    )
    assert [verdict(one) for one in answers] == [None, Code.TOO_LARGE, Code.TOO_LARGE]
