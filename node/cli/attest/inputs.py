"""The files of `attest verify`: quote, trust anchor, policy.

Quote and collateral are what is judged: whatever can be read gets a verdict. Trust anchor and
policy are the yardstick: a bad one is wrong usage, and nothing is judged.
"""

from __future__ import annotations

import re
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.limits import MAX_COLLATERAL_BYTES
from enclave.attestation.policy import Policy
from enclave.attestation.quote import strip_padding
from enclave.errors import Code, Refusal
from enclave.registration.policy_codec import policy_from_proto
from node.cli.exit_codes import ExitCode
from node.cli.failures import malformed, of_refusal
from node.cli.files import MAX_EVIDENCE_FILE_BYTES, read_file
from node.cli.json_files import message_from_json, parse_object
from seedpact.registration.v1 import types_pb2

INTEL: Final = "intel"

_HEX: Final = re.compile(rb"(?:0x)?((?:[0-9a-fA-F]{2})+)")
_PEM: Final = b"-----BEGIN"


def read_quote(path: str) -> bytes:
    """A quote's bytes without the zeros in which platforms and publications wrap it.

    Args:
        path: a file of raw bytes or of hex text; "-" is standard input.

    Raises:
        Failure: UNREADABLE_INPUT or TOO_LARGE.
        Refusal: as `strip_padding`; MALFORMED_QUOTE for text that is not hex.
    """
    data = read_file(
        path,
        what="a quote",
        limit=MAX_EVIDENCE_FILE_BYTES,
        too_large=ExitCode.REFUSED,
        stdin=True,
    )
    return strip_padding(_from_hex(data))


def read_collateral(path: str) -> bytes:
    """A collateral's JSON. Raises Failure: UNREADABLE_INPUT or TOO_LARGE."""
    return read_file(
        path,
        what="a collateral",
        limit=max(MAX_EVIDENCE_FILE_BYTES, MAX_COLLATERAL_BYTES),
        too_large=ExitCode.REFUSED,
    )


def read_trust_anchor(name: str) -> bytes:
    """DER of the root: Intel's, or that of a file in DER or PEM. Raises Failure."""
    if name == INTEL:
        return INTEL_SGX_ROOT_CA_DER
    data = read_file(name, what="a trust anchor", limit=MAX_EVIDENCE_FILE_BYTES)
    try:
        if data.lstrip().startswith(_PEM):
            certificate = x509.load_pem_x509_certificate(data)
        else:
            certificate = x509.load_der_x509_certificate(data)
    except (ValueError, x509.InvalidVersion):
        raise malformed(
            "one X.509 certificate in DER or PEM as trust anchor", f"{name}, another file"
        ) from None
    return certificate.public_bytes(Encoding.DER)


def read_policy(path: str) -> Policy:
    """A policy file. Raises Failure: UNREADABLE_INPUT or MALFORMED_POLICY."""
    code = Code.MALFORMED_POLICY
    data = read_file(path, what="a policy", limit=MAX_EVIDENCE_FILE_BYTES)
    value = parse_object(data, what="a policy", code=code)
    message = message_from_json(value, types_pb2.Policy, what="a policy", code=code)
    try:
        return policy_from_proto(message)
    except Refusal as refusal:
        raise of_refusal(refusal, exit_code=ExitCode.USAGE) from None


def _from_hex(data: bytes) -> bytes:
    """Hex text as bytes. No quote is text: its first bytes hold zeros."""
    if not data or not data.isascii() or b"\0" in data:
        return data
    match = _HEX.fullmatch(b"".join(data.split()))
    if match is None:
        raise Refusal(
            Code.MALFORMED_QUOTE,
            expected="a quote in raw bytes or in hex",
            found="a text that is not hex",
        )
    return bytes.fromhex(match[1].decode("ascii"))
