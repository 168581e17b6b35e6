"""The three registrations of seed_agreement.json: whose network, which epoch, which values.

Every value is SHAKE-256("seedpact test vector " || name), so nobody chose it. Derivations are
tests/second_opinion's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.second_opinion import agreement, primitives
from tests.second_opinion import network as identity
from tests.second_opinion.agreement import Registration
from tests.second_opinion.network import Floor, NetworkInputs
from tests.second_opinion.transcript import HARDWARE, SOFTWARE

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]
Object = dict[str, Json]


def value(name: str, length: int = 32) -> bytes:
    """The test value of this name: nothing up anybody's sleeve."""
    return hashlib.shake_256(b"seedpact test vector " + name.encode("ascii")).digest(length)


@dataclass(frozen=True, slots=True)
class Case:
    """One registration: whose network, which epoch, and all that was drawn for it."""

    name: str
    inputs: NetworkInputs
    epoch: int

    @property
    def mode(self) -> str:
        """`hardware` or `software`."""
        return self.inputs.floor.mode

    @property
    def network_id(self) -> bytes:
        """The network's identity."""
        return identity.network_id(self.inputs)

    def seed(self, epoch: int) -> bytes:
        """The consensus seed of an epoch."""
        return value(f"{self.inputs.chain_id} seed {epoch}")

    def own(self, name: str, length: int = 32) -> bytes:
        """A value that the newcomer drew."""
        return value(f"{self.name} {name}", length)

    def pk_io(self, epoch: int) -> bytes:
        """The network's X25519 public key of an epoch."""
        return agreement.pk_io(self.mode, self.network_id, epoch, self.seed(epoch))

    def kem_io(self, epoch: int) -> bytes:
        """The network's ML-KEM public key of an epoch."""
        return agreement.kem_io(self.mode, self.network_id, epoch, self.seed(epoch))

    def encapsulation(self) -> tuple[bytes, bytes]:
        """The newcomer's (kem_secret, kem_ciphertext)."""
        randomness = self.own("encapsulation")
        return primitives.ml_kem_encapsulate(self.kem_io(self.epoch), randomness)

    def registration(self) -> Registration:
        """What the newcomer's quote binds."""
        return Registration(
            operator=self.own("operator", 20),
            exchange_key=primitives.x25519_public(self.own("node_key")),
            kem_ciphertext=self.encapsulation()[1],
            epoch=self.epoch,
            anchor_height=1000 + 7 * self.epoch,
            anchor_hash=self.own("anchor_hash"),
            tls_key=primitives.ed25519_public(self.own("tls_seed")),
        )

    def report_data(self) -> bytes:
        """What the newcomer's quote carries, 64 bytes."""
        return agreement.register_report_data(self.mode, self.network_id, self.registration())

    def envelope(self) -> bytes:
        """What every holder answers, 48 bytes."""
        drawn = self.registration()
        return agreement.seal_envelope(
            self.mode,
            self.network_id,
            self.epoch,
            seed=self.seed(self.epoch),
            exchange_key=drawn.exchange_key,
            kem_ciphertext=drawn.kem_ciphertext,
            report_data=self.report_data(),
        )


def network(
    chain_id: str, mode: str, *, upgrade_keys: int, threshold: int, worst: int
) -> NetworkInputs:
    """The inputs of a network's identity."""
    keys = sorted(
        primitives.ed25519_public(value(f"{chain_id} upgrade seed {i}"))
        for i in range(upgrade_keys)
    )
    return NetworkInputs(
        chain_id=chain_id,
        genesis_time_unix_nanos=1_767_225_600_123_456_789,
        initial_height=1,
        genesis_validators_hash=value(f"{chain_id} validators"),
        consensus_params_hash=value(f"{chain_id} params"),
        floor=Floor(mode, value(f"{chain_id} root", 96), tuple(keys), threshold, worst),
        app_state_hash=value(f"{chain_id} app_state"),
    )


ALPHA: Final = network("alpha-1", HARDWARE, upgrade_keys=3, threshold=2, worst=2)
BETA: Final = network("beta-test", SOFTWARE, upgrade_keys=0, threshold=0, worst=8)
CASES: Final = (
    Case("hardware epoch 0", ALPHA, 0),
    Case("software epoch 0", BETA, 0),
    Case("hardware epoch 2", ALPHA, 2),
)
