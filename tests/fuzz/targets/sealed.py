"""An enclave starts from what it sealed itself, refuses all else by Refusal, and does nothing else.

`SealedBlobTarget`: any bytes in the place of the state file or of a backup; only what this machine
sealed opens, and only in the role that it was sealed for. `SealedEntriesTarget`: any plaintext,
sealed with the right key, as another version of the code might leave it; where the enclave takes
it, it answers or refuses every question, and its backup holds the same entries.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Final

from google.protobuf.message import Message

from enclave.crypto.labels import Mode
from enclave.crypto.sealing import HEADER_BYTES, MAX_BLOB_BYTES, Role, read_header, unseal
from enclave.errors import Refusal
from enclave.service.dispatch import METHODS
from enclave.wire import encode, strict_decode
from seedpact.enclave.v1 import sealed_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2
from tests.fuzz.messages import Mutator, values_of
from tests.fuzz.situations import MACHINE, entries_of, scene, seal_entries
from tests.fuzz.target import Mutation, require
from tests.support.enclaves import MemoryStorage, Node

_QUESTIONS: Final[tuple[tuple[str, Message], ...]] = (
    ("GetInfo", pb.GetInfoRequest()),
    ("GetNetworkKeys", pb.GetNetworkKeysRequest()),
    ("Backup", pb.BackupRequest()),
    ("MakeQuote", pb.MakeQuoteRequest(bootstrap=pb.BootstrapPurpose())),
)
_VALUES: Final[Mapping[bytes, type[Message]]] = {
    b"network": types_pb2.NetworkInputs,
    b"trust": sealed_pb2.SealedTrust,
    b"kem/": sealed_pb2.SealedKemSecret,
    b"quote/": sealed_pb2.SealedQuote,
}


class SealedBlobTarget:
    """The header, the authentication, and the load path of the state file."""

    max_bytes: Final = MAX_BLOB_BYTES + 64

    def seeds(self) -> Iterable[bytes]:
        """State and backup in each state, of this machine and of another."""
        for situation in scene().situations:
            yield from situation.blobs.values()

    def check(self, data: bytes) -> None:
        """See the module."""
        node, genuine = _machine()
        _check_header(data)
        for role in Role:
            opens = _opens(data, role, node.seal_key)
            require(holds=opens is (data in genuine[role]), rule=f"opens as {role.name}")
        storage = MemoryStorage()
        storage.blobs = {Role.STATE: data}
        started = _start(storage)
        require(
            holds=(started is not None) is (data in genuine[Role.STATE]),
            rule="an enclave starts from what it sealed as its state, and from nothing else",
        )

    def mutate(self, data: bytes, mutation: Mutation) -> bytes:
        """Header or body; the two places where a tag could be confused."""
        rng = mutation.rng
        if len(data) <= HEADER_BYTES or rng.random() < 0.5:
            return mutation.of(data)
        if rng.random() < 0.7:
            return mutation.change(data[:HEADER_BYTES], HEADER_BYTES) + data[HEADER_BYTES:]
        return data[:HEADER_BYTES] + mutation.of(data[HEADER_BYTES:])


class SealedEntriesTarget:
    """What is read out of a blob that opened."""

    max_bytes: Final = 64 * 1024

    def seeds(self) -> Iterable[bytes]:
        """The entries of each state."""
        for situation in scene().situations:
            if situation.entries:
                yield encode(_message(situation.entries))

    def check(self, data: bytes) -> None:
        """See the module."""
        node, _ = _machine()
        entries = _entries(data)
        if entries is None:
            return
        storage = MemoryStorage()
        network_id = scene().ledger.network_id
        storage.blobs = {Role.STATE: seal_entries(node, entries, network_id=network_id)}
        started = _start(storage)
        if started is None:
            return
        require(holds=entries_of(started) == entries, rule="what was sealed is what is kept")
        for method, question in _QUESTIONS:
            try:
                METHODS[method](started.enclave, encode(question))
            except Refusal:
                continue
        require(holds=entries_of(started) == entries, rule="questions change nothing")

    def mutate(self, data: bytes, mutation: Mutation) -> bytes:
        """Inside the values too: the key of an entry says of what type its value is."""
        return _mutator().mutate(data, mutation)


def _check_header(data: bytes) -> None:
    try:
        header = read_header(data)
    except Refusal:
        return
    require(holds=header.encoded == data[:HEADER_BYTES], rule="one header, one encoding")


def _opens(data: bytes, role: Role, seal_key: bytes) -> bool:
    network_id = scene().ledger.network_id
    try:
        unseal(data, mode=Mode.SOFTWARE, role=role, network_id=network_id, seal_key=seal_key)
    except Refusal:
        return False
    return True


def _start(storage: MemoryStorage) -> Node | None:
    try:
        return Node(MACHINE, storage=storage)
    except Refusal:
        return None


@functools.cache
def _machine() -> tuple[Node, Mapping[Role, frozenset[bytes]]]:
    """The machine, and every blob that it sealed, by role."""
    situations = [one for one in scene().situations if one.node.name == MACHINE]
    sealed = {
        role: frozenset(one.blobs[role] for one in situations if role in one.blobs) for role in Role
    }
    return Node(MACHINE), sealed


@functools.cache
def _mutator() -> Mutator:
    messages = [_message(situation.entries) for situation in scene().situations]
    return Mutator(sealed_pb2.SealedEntries, _nested, values_of(messages, _nested))


def _message(entries: Mapping[bytes, bytes]) -> sealed_pb2.SealedEntries:
    return sealed_pb2.SealedEntries(
        entries=[sealed_pb2.SealedEntry(key=k, value=v) for k, v in sorted(entries.items())]
    )


def _entries(data: bytes) -> dict[bytes, bytes] | None:
    try:
        message = strict_decode(sealed_pb2.SealedEntries, data, max_bytes=len(data))
    except Refusal:
        return None
    return {entry.key: entry.value for entry in message.entries}


def _nested(message: Message, field: str) -> type[Message] | None:
    if not isinstance(message, sealed_pb2.SealedEntry) or field != "value":
        return None
    found = [kind for prefix, kind in _VALUES.items() if message.key.startswith(prefix)]
    return found[0] if found else None
