"""Enclaves in every state of one software network, for targets to put requests to.

The network is in its second epoch. One machine went from EMPTY to HOLDER and left its sealed
bytes on the way; the founder is a HOLDER by bootstrap. A situation can be put back to its start.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from enclave.crypto.labels import Mode
from enclave.crypto.sealing import SALT_BYTES, Role, seal
from enclave.framework.sealed_state import HISTORY_BYTES
from enclave.wire import encode
from seedpact.enclave.v1 import sealed_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from tests.second_opinion.primitives import ml_kem_encapsulate
from tests.support.enclaves import Entropy, MemoryStorage, Node
from tests.support.world import Ledger

MACHINE: Final = "machine"
NEWCOMERS: Final = 3
_SECOND_SEED: Final = hashlib.sha256(b"seed of the second epoch").digest()

Entries = Mapping[bytes, bytes]


class Situation:
    """One enclave as it was when the harness began."""

    def __init__(self, name: str, owner: str, blobs: Mapping[Role, bytes]) -> None:
        self.name = name
        self.storage = MemoryStorage()
        self.storage.blobs = dict(blobs)
        self.node = Node(owner, storage=self.storage)
        # As a start leaves them: it brings the backup up to the state.
        self.blobs = dict(self.storage.blobs)
        self.reset()
        self.entries = self.present_entries()
        self.start_nonce = self.node.enclave.start_nonce

    def reset(self) -> None:
        """Back to the start, also in what entropy will give."""
        self.storage.blobs = dict(self.blobs)
        # Another name than the machine's: what made its keys must not come out again as a salt.
        self.node.entropy = Entropy(f"{self.node.name}, {self.name}")
        self.node.start()

    def present_entries(self) -> Entries:
        """Everything that the running enclave keeps."""
        return entries_of(self.node)

    @property
    def is_unchanged(self) -> bool:
        """Whether memory and disk hold what they held at the start."""
        return (
            self.present_entries() == self.entries
            and self.storage.blobs == self.blobs
            and self.node.enclave.start_nonce == self.start_nonce
        )


@dataclass(frozen=True)
class Scene:
    """The network, and what its newcomers ask of a holder."""

    ledger: Ledger
    situations: tuple[Situation, ...]
    newcomers: tuple[tuple[pb.Newcomer, bytes], ...]
    """Each with its collateral."""
    network_keys: bytes
    """What every holder answers to GetNetworkKeys."""


@functools.cache
def scene() -> Scene:
    """Made once a process."""
    ledger, founder = Ledger(), Node("founder")
    ledger.bootstrap(founder)
    _begin_second_epoch(ledger, founder)
    machine = Node(MACHINE)
    blobs = {"EMPTY": _blobs(machine)}
    _prepare(ledger, machine)
    blobs["KEYED"] = _blobs(machine)
    machine.make_quote(ledger.purpose(anchor_height=ledger.height - 4))
    ledger.register(machine, founder)
    blobs["PENDING"] = _blobs(machine)
    machine.import_seed(ledger.proof(machine))
    blobs["HOLDER"] = _blobs(machine)
    situations = [Situation(name, MACHINE, kept) for name, kept in blobs.items()]
    situations.append(Situation("FOUNDER", founder.name, _blobs(founder)))
    newcomers = [_newcomer(ledger, Node(f"newcomer {number}")) for number in range(NEWCOMERS)]
    answer = founder.call("GetNetworkKeys", pb.GetNetworkKeysRequest(), pb.GetNetworkKeysResponse)
    return Scene(ledger, tuple(situations), tuple(newcomers), encode(answer))


def entries_of(node: Node) -> Entries:
    """The whole state of a running enclave, for laws."""
    return dict(node.enclave._store.scan(b""))  # noqa: SLF001 (the whole state, for laws)


def seal_entries(node: Node, entries: Entries, *, network_id: bytes) -> bytes:
    """A state file with these entries, sealed as this node's enclave seals its next one."""
    place = node.enclave._kept.place  # noqa: SLF001 (what a seal says of itself)
    message = sealed_pb2.SealedEntries(
        entries=[sealed_pb2.SealedEntry(key=k, value=v) for k, v in sorted(entries.items())],
        history=place.history or bytes(HISTORY_BYTES),
        generation=place.generation + 1,
    )
    return seal(
        encode(message),
        mode=Mode.SOFTWARE,
        role=Role.STATE,
        network_id=network_id,
        seal_key=node.seal_key,
        salt=bytes(SALT_BYTES),
    )


def _begin_second_epoch(ledger: Ledger, founder: Node) -> None:
    """As a rotation would leave it: the founder holds both seeds, the chain knows both keys."""
    _keep(founder, {b"seed/" + (1).to_bytes(8, "big"): _SECOND_SEED}, ledger)
    answer = founder.call("GetNetworkKeys", pb.GetNetworkKeysRequest(), pb.GetNetworkKeysResponse)
    ledger.keys = list(answer.keys)
    ledger.epoch = 1


def _prepare(ledger: Ledger, node: Node) -> None:
    """Keys for a newcomer, with an encapsulation that is the same in every process.

    A corpus outlives its process: what was genuine then has to be known as genuine now.
    """
    ledger.prepare(node)
    kem_io = ledger.keys[-1].kem_io
    randomness = hashlib.sha256(b"randomness of " + node.name.encode()).digest()
    secret, ciphertext = ml_kem_encapsulate(kem_io, randomness)
    kem = sealed_pb2.SealedKemSecret(kem_io=kem_io, ciphertext=ciphertext, secret=secret)
    _keep(node, {b"kem/" + ledger.epoch.to_bytes(8, "big"): encode(kem)}, ledger)


def _keep(node: Node, entries: Entries, ledger: Ledger) -> None:
    """Restarts the enclave with these entries besides its own."""
    blob = seal_entries(node, {**entries_of(node), **entries}, network_id=ledger.network_id)
    node.storage.save(Role.STATE, blob)
    node.start()


def _newcomer(ledger: Ledger, node: Node) -> tuple[pb.Newcomer, bytes]:
    _prepare(ledger, node)
    purpose = ledger.purpose()
    quote = node.make_quote(purpose)
    return ledger.newcomer(quote, purpose), quote.evidence.collateral


def _blobs(node: Node) -> dict[Role, bytes]:
    loaded = {role: node.storage.load(role) for role in Role}
    return {role: blob for role, blob in loaded.items() if blob is not None}
