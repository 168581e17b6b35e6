"""A hundred newcomers of a software network, and the raw primitives that confirming them takes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import dcap_qvl
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from enclave.attestation.collateral import Collateral
from enclave.attestation.library_report import for_library
from enclave.wire import encode
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.enclaves import Node, Requests
from tests.support.world import Ledger

COUNT: Final = 100


@dataclass(frozen=True)
class Batch:
    """One confirm request as bytes, and what it is made of."""

    ledger: Ledger
    request: bytes
    newcomers: tuple[pb.Newcomer, ...]
    collateral: bytes


def batch_for(ledger: Ledger, holder: Requests, *, count: int = COUNT) -> Batch:
    """`count` newcomers on as many machines, all good."""
    registered = []
    for number in range(count):
        node = Node(f"newcomer {number}")
        ledger.prepare(node)
        purpose = ledger.purpose()
        quote = node.make_quote(purpose)
        registered.append((ledger.newcomer(quote, purpose), quote.evidence.collateral))
    request = ledger.confirm_request(holder, *registered)
    (collateral,) = request.collaterals
    return Batch(ledger, encode(request), tuple(request.newcomers), collateral)


def raw_primitives(batch: Batch) -> Callable[[], None]:
    """One pass over the batch with the libraries alone, all keys and collateral prepared."""
    library = for_library(Collateral.parse(batch.collateral).content)
    root = batch.ledger.network.floor.attestation_root
    now = batch.ledger.time(batch.ledger.height - 1).seconds
    private, kem = X25519PrivateKey.generate(), MLKEM768PrivateKey.generate()
    newcomers = [
        (one.quote, X25519PublicKey.from_public_bytes(one.exchange_key), one.kem_ciphertext)
        for one in batch.newcomers
    ]
    seed, salt, context = bytes(32), bytes(32), bytes(32)

    def confirm_all() -> None:
        for quote, public, ciphertext in newcomers:
            dcap_qvl.verify_with_root_ca(quote, library, root, now)
            secret = private.exchange(public) + kem.decapsulate(ciphertext)
            derived = HKDF(algorithm=SHA256(), length=64, salt=salt, info=context).derive(secret)
            AESSIV(derived).encrypt(seed, [b"label", context])

    return confirm_all


def check(answer: bytes, count: int) -> None:
    """Every newcomer got an envelope, or the figure would be of refusals."""
    confirmations = pb.ConfirmNodesResponse.FromString(answer).confirmations
    envelopes = [one for one in confirmations if len(one.envelope) == 48]
    if len(envelopes) != count:
        raise RuntimeError(f"{len(envelopes)} envelopes of {count}")


@functools.cache
def founder_and_ledger() -> tuple[Node, Ledger]:
    """A network of one holder."""
    ledger, founder = Ledger(), Node("founder")
    ledger.bootstrap(founder)
    return founder, ledger
