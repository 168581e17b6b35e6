"""`parse_quote` returns a quote whose parts are cut from its own bytes, or raises Refusal.

And nothing else, for any bytes; `strip_padding` likewise, and what it leaves parses as its input
without the zeros would.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from enclave.attestation import quote_layout as layout
from enclave.attestation.limits import MAX_QUOTE_BYTES
from enclave.attestation.quote import Quote, parse_quote, strip_padding
from enclave.attestation.quote_layout import size_of
from enclave.errors import Refusal
from tests.enclave.attestation.real_evidence import FOLDER
from tests.fuzz.evidence import software_evidence
from tests.fuzz.target import Mutation, require

_VERSION: Final = 2
"""Bytes of the version, at the very start."""


class QuoteTarget:
    """The quote parser."""

    max_bytes: Final = MAX_QUOTE_BYTES + 64

    def seeds(self) -> Iterable[bytes]:
        """Every real quote, as published, and one of each kind that software issues."""
        yield from (path.read_bytes() for path in sorted(FOLDER.glob("*.quote")))
        yield from (quote for quote, _ in software_evidence())

    def check(self, data: bytes) -> None:
        """See the module."""
        stripped = _strip(data)
        try:
            quote = parse_quote(data)
        except Refusal:
            return
        _check_parts(quote, data)
        require(holds=stripped == data, rule="a quote of exact length has no padding")

    def mutate(self, data: bytes, mutation: Mutation) -> bytes:
        """Plain bytes; sometimes a length field, a version or a type, which lie at even places."""
        if not data or mutation.rng.random() < 0.6:
            return mutation.of(data)
        head = size_of(layout.HEADER) + size_of(layout.BODY_DESCRIPTOR)
        places = [*range(0, head, 2), *(at for at in _length_places(data) if at < len(data))]
        at = mutation.rng.choice(places)
        width = mutation.rng.choice((2, 4))
        old = int.from_bytes(data[at : at + width], "little")
        new = mutation.rng.choice((0, 1, old + 1, old - 1, old * 2, 1 << 15, (1 << 8 * width) - 1))
        field = (new % (1 << 8 * width)).to_bytes(width, "little")
        return data[:at] + field + data[at + width :]


def _strip(data: bytes) -> bytes | None:
    try:
        stripped = strip_padding(data)
    except Refusal:
        return None
    zeros = data[len(stripped) :]
    require(holds=data.startswith(stripped), rule="stripping only cuts the end off")
    require(holds=not zeros.strip(b"\0"), rule="stripping cuts zeros alone")
    return stripped


def _check_parts(quote: Quote, data: bytes) -> None:
    require(holds=quote.raw == data, rule="raw is the input")
    require(holds=data.startswith(quote.signed), rule="what is signed is the start of the quote")
    digest = hashlib.sha256(quote.signed).digest()
    require(holds=quote.attestation_id == digest, rule="the id is over what is signed alone")
    version = int.from_bytes(data[:_VERSION], "little")
    require(holds=quote.version == version, rule="the version is the one in the header")
    for part in (quote.report_data, quote.attributes, quote.measurement.encoded[:32]):
        require(holds=part in quote.signed, rule="what a quote says is signed")
    require(
        holds=quote.certification_data in data[len(quote.signed) :],
        rule="certification data comes from the signature data",
    )
    require(holds=len(quote.report_data) == 64, rule="report_data has 64 bytes")


def _length_places(data: bytes) -> Iterable[int]:
    """Where the lengths behind the signed part stand, for the kinds of body that there are."""
    for body in layout.BODY.values():
        for descriptor in (0, size_of(layout.BODY_DESCRIPTOR)):
            signed = size_of(layout.HEADER) + descriptor + size_of(body)
            signature = signed + layout.SIGNATURE_LENGTH_BYTES + size_of(layout.SIGNATURE_HEAD)
            authentication = signature + size_of(layout.QE_REPORT_HEAD)
            yield from (signed, signature, signature + 2, authentication - 2)
            yield from (authentication + 32, authentication + 34, len(data) - 2)
