"""What the rest is made of: sealing, the seed envelope, a software quote, a whole join.

No targets; for whoever wonders where the time goes. In one thread, without gRPC and disk.
"""

from __future__ import annotations

import itertools
from typing import Final

from benchmarks.measure import CPU, Effort, Figure, Sides, alternate, milliseconds
from enclave.attestation.collateral import Collateral
from enclave.crypto.key_schedule import derive_io_keys
from enclave.crypto.labels import Mode
from enclave.crypto.primitives import ExchangeKey, kem_encapsulate
from enclave.crypto.sealing import Role, seal, unseal
from enclave.crypto.seed_envelope import SeedContext, open_seed, seal_seed
from tests.support.enclaves import CHAIN_ID, GENESIS_TIME, Node
from tests.support.world import Ledger

CALLS: Final = 100
SEED: Final = bytes(range(32))
STATE_BYTES: Final = 10_000
"""About what a HOLDER with 16 quotes seals."""


def run(effort: Effort) -> list[Figure]:
    """Each on its own."""
    seconds = alternate({**_sealing(), **_envelope(), **_attestation()}, effort=effort, clock=CPU)
    return [milliseconds(name, samples) for name, samples in seconds.items()]


def _sealing() -> Sides:
    network_id, seal_key, salt = bytes(32), bytes(range(32)), bytes(32)
    state, role, mode = bytes(STATE_BYTES), Role.STATE, Mode.SOFTWARE

    def sealed() -> bytes:
        return seal(
            state, mode=mode, role=role, network_id=network_id, seal_key=seal_key, salt=salt
        )

    blob = sealed()
    return {
        f"seal {STATE_BYTES} bytes": sealed,
        f"unseal {STATE_BYTES} bytes": lambda: unseal(
            blob, mode=mode, role=role, network_id=network_id, seal_key=seal_key
        ),
    }


def _envelope() -> Sides:
    keys = derive_io_keys(SEED, mode=Mode.SOFTWARE, network_id=bytes(32), epoch=0)
    node_key = ExchangeKey(bytes(range(32)))
    secret, ciphertext = kem_encapsulate(keys.kem_public)
    context = SeedContext(
        mode=keys.mode,
        network_id=keys.network_id,
        epoch=keys.epoch,
        pk_io=keys.pk_io,
        kem_io=keys.kem_public,
        exchange_key=node_key.public,
        kem_ciphertext=ciphertext,
        report_data=bytes(64),
    )

    def sealed() -> bytes:
        return seal_seed(
            SEED,
            keys=keys,
            exchange_key=context.exchange_key,
            kem_ciphertext=context.kem_ciphertext,
            report_data=context.report_data,
        )

    envelope = sealed()
    return {
        "derive the network's keys of an epoch": lambda: derive_io_keys(
            SEED, mode=Mode.SOFTWARE, network_id=bytes(32), epoch=0
        ),
        "seal a seed envelope": sealed,
        "open a seed envelope": lambda: open_seed(
            envelope, context=context, node_key=node_key, kem_secret=secret
        ),
    }


def _attestation() -> Sides:
    attestor = Node("a machine").attestor
    evidence = attestor.quote(bytes(64), chain_id=CHAIN_ID, genesis_time=GENESIS_TIME)
    # Parsed collaterals are remembered: a space more is another one.
    paddings = itertools.count(1)
    ledger, founder = Ledger(), Node("founder")
    ledger.bootstrap(founder)
    names = itertools.count()
    return {
        "issue a software quote": lambda: attestor.quote(
            bytes(64), chain_id=CHAIN_ID, genesis_time=GENESIS_TIME
        ),
        "parse a collateral": lambda: Collateral.parse(
            evidence.collateral + b" " * (next(paddings) % 10_000)
        ),
        "join: keys, quote, confirm, import": lambda: ledger.join(
            Node(f"newcomer {next(names)}"), founder
        ),
    }
