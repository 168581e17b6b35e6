"""Evidence for the targets: software quotes of every kind, and changes inside a collateral.

A collateral is JSON around hex, PEM and JSON: a change of plain bytes breaks the outer layer and
shows nothing of the inner ones, so changes are made inside and wrapped again.
"""

from __future__ import annotations

import base64
import functools
import json
from typing import Final

from enclave.software.blueprint import QuoteKind
from enclave.software.issuer import issue
from tests.enclave.attestation.blueprints import REPORT_DATA, good
from tests.fuzz.target import Mutation

_PLAIN: Final = 0.2
"""Share of mutations that know nothing of the format."""

_ODD: Final[tuple[object, ...]] = (
    None, True, 0, -1, 1.5, 2**64, "", "x", "\u00e9", "\ud800", [], {}, [[]], {"a": 1},
)  # fmt: skip
"""Values that a JSON field may have and a collateral's may not."""


@functools.cache
def software_evidence() -> tuple[tuple[bytes, bytes], ...]:
    """(quote, collateral) of each kind of quote."""
    evidence = [issue(good(kind), REPORT_DATA) for kind in QuoteKind]
    return tuple((piece.quote, piece.collateral) for piece in evidence)


def mutate_collateral(data: bytes, mutation: Mutation) -> bytes:
    """The JSON with one field changed inside, or plain bytes."""
    rng = mutation.rng
    fields = _load(data)
    if not fields or rng.random() < _PLAIN:
        return mutation.of(data)
    name = rng.choice(sorted(fields))
    if rng.random() < 0.1:
        return _rename(fields, name, mutation)
    value = fields[name]
    fields[name] = _mutate_text(value, mutation) if isinstance(value, str) else rng.choice(_ODD)
    return json.dumps(fields, separators=(",", ":")).encode("ascii")


def _load(data: bytes) -> dict[str, object]:
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return dict(fields) if isinstance(fields, dict) else {}


def _rename(fields: dict[str, object], name: str, mutation: Mutation) -> bytes:
    """A field that is missing, has another's name, or appears twice."""
    other = mutation.rng.choice(["pck_certificate_chain", "", *sorted(fields)])
    value = fields[name] if mutation.rng.random() < 0.5 else fields.pop(name)
    head = f"{json.dumps(other)}:{json.dumps(value)}"
    rest = json.dumps(fields, separators=(",", ":"))
    return f"{{{head},{rest[1:]}".encode("ascii")


def _mutate_text(text: str, mutation: Mutation) -> object:
    rng = mutation.rng
    if rng.random() < _PLAIN:
        return rng.choice((_ascii(mutation.of(text.encode("utf-8", "replace"))), *_ODD))
    if "BEGIN CERTIFICATE" in text:
        return _mutate_pem(text, mutation)
    if text.startswith("{"):
        return _mutate_json(text, mutation)
    try:
        return mutation.of(bytes.fromhex(text), slack=8).hex()
    except ValueError:
        return _ascii(mutation.of(text.encode("utf-8", "replace")))


def _mutate_pem(text: str, mutation: Mutation) -> str:
    """One certificate changed inside its base64, or taken out, or given twice."""
    rng = mutation.rng
    end = "-----END CERTIFICATE-----\n"
    blocks = [block + end for block in text.split(end) if block.strip()]
    at = rng.randrange(len(blocks))
    choice = rng.random()
    if choice < 0.15:
        del blocks[at]
    elif choice < 0.3:
        blocks.insert(rng.randrange(len(blocks) + 1), blocks[at])
    else:
        body = blocks[at].partition("-----BEGIN CERTIFICATE-----\n")[2].partition("-----END")[0]
        try:
            der = mutation.of(base64.b64decode(body), slack=8)
        except ValueError:
            return _ascii(mutation.of(text.encode("utf-8", "replace")))
        blocks[at] = f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der).decode()}{end}"
    return "".join(blocks)


def _mutate_json(text: str, mutation: Mutation) -> str:
    """One value at any depth of a signed text, replaced."""
    rng = mutation.rng
    try:
        root = json.loads(text)
    except (ValueError, RecursionError):
        return _ascii(mutation.of(text.encode("utf-8", "replace")))
    node: object = root
    while isinstance(node, dict | list) and node:
        keys = sorted(node) if isinstance(node, dict) else range(len(node))
        key = rng.choice(keys)
        child = node[key]
        if not isinstance(child, dict | list) or not child or rng.random() < 0.2:
            node[key] = rng.choice((*_ODD, str(child), child))
            break
        node = child
    return json.dumps(root, separators=(",", ":"))


def _ascii(data: bytes) -> str:
    return data.decode("latin-1")
