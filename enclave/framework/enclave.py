"""`Enclave` and `Handler`: one request is one transaction.

A request is refused, and nothing changed; or it is done, sealed, backed up where keys or a fork
changed, and only then answered. The enclave holds the parts; what a request means is its handler's.
"""

from __future__ import annotations

import threading
from typing import Final, Protocol, TypeVar

from enclave.attestation.attestor import Attestor
from enclave.attestation.types import Evidence, Measurement
from enclave.crypto.endpoint import Endpoint
from enclave.crypto.labels import Mode
from enclave.errors import Code, Refusal
from enclave.framework.key_manager import KeyManager
from enclave.framework.sealed_state import (
    Entries,
    Entropy,
    Sealed,
    SealedState,
    Storage,
    StorageUncertain,
)
from enclave.framework.start_nonce import StartNonce
from enclave.framework.states import Operation, State, check_legal, check_transition
from enclave.framework.store import TransactionalStore
from enclave.framework.stored_backup import StoredBackup, next_sealed

_NEW_KEYS: Final = frozenset({Operation.BOOTSTRAP, Operation.CREATE_NODE_KEY})

Request = TypeVar("Request")
Response = TypeVar("Response")
Response_co = TypeVar("Response_co", covariant=True)


class Handler(Protocol[Request, Response_co]):
    """A request handler: it receives the enclave and knows no transport."""

    @property
    def operation(self) -> Operation:
        """The row of the state table that this handler is."""
        ...

    @property
    def request(self) -> type[Request]:
        """What it takes: a message of protobuf."""
        ...

    def handle(self, enclave: Enclave, request: Request) -> Response_co:
        """Does it, inside the running transaction. Raises Refusal."""
        ...


class Enclave:
    """The trusted side: keys, platform and sealed store.

    Args:
        attestor: the platform.
        storage: where sealed blobs survive a crash.
        seal_key: this machine's key for this code.
        entropy: random bytes.

    Raises:
        Refusal: one of SEALED_*, STORAGE_FAILED, ATTESTATION_UNAVAILABLE.
    """

    def __init__(
        self, *, attestor: Attestor, storage: Storage, seal_key: bytes, entropy: Entropy
    ) -> None:
        self.attestor = attestor
        self.measurement: Measurement = attestor.measurement()
        self._sealed = SealedState(storage, mode=attestor.mode, seal_key=seal_key, entropy=entropy)
        self._kept = self._sealed.load()
        self._restored: Sealed | None = None
        self._store = TransactionalStore(self._kept.entries)
        self.keys = KeyManager(self._store, mode=attestor.mode, entropy=entropy)
        self.keys.check()
        self.entropy = entropy
        self.start_nonce = StartNonce.fresh(entropy)
        """In memory alone: no seal that is put back brings one back."""
        self.endpoint: Endpoint | None = None
        """Where it serves, told by the service before the first request; None for nowhere."""
        self._lock = threading.Lock()
        self._uncertain = False
        self._backup = StoredBackup(self._sealed)
        empty = self.state is State.EMPTY
        self._backup.bring_up(self._kept, network_id=None if empty else self.keys.network_id)

    @property
    def mode(self) -> Mode:
        """Fixed by the platform."""
        return self.attestor.mode

    @property
    def state(self) -> State:
        """Where in the life of an enclave this one is."""
        return self.keys.state

    @property
    def backup_current(self) -> bool:
        """Whether the stored backup holds the present state, but for a few newer headers.

        False where the disk refused it, in EMPTY, and beside a newer backup.
        """
        return self._backup.is_current(self._kept)

    @property
    def backup_newer(self) -> Refusal | None:
        """Why the stored backup is kept as it is; None where the state may take its place.

        An older state was put back, or none is left (docs/adr/0023).
        """
        return self._backup.newer

    def handle(self, handler: Handler[Request, Response], request: Request) -> Response:
        """Runs one request as one transaction.

        Raises:
            Refusal: the rule that said no, BACKUP_NEWER where the answer would overwrite a newer
                backup; nothing changed, but for a failed backup (STORAGE_FAILED), whose answer is
                withheld: ask again.
        """
        with self._lock:
            if self._uncertain:
                raise _uncertain()
            before, nonce = self.state, self.start_nonce
            check_legal(before, handler.operation)
            if before is State.EMPTY and handler.operation in _NEW_KEYS:
                self._sealed.check_no_backup()
            try:
                response = handler.handle(self, request)
                check_transition(before, handler.operation, self.state)
                self._commit(handler.operation)
            except BaseException:
                self.start_nonce = nonce
                raise
            finally:
                self._restored = None
                self._store.rollback()
            return response

    def quote(self, report_data: bytes) -> Evidence:
        """A quote over 64 bytes, for the sealed network. Raises Refusal."""
        network = self.keys.network
        return self.attestor.quote(
            report_data, chain_id=network.chain_id, genesis_time=network.genesis_time
        )

    def make_backup(self) -> bytes:
        """The sealed backup of the present state."""
        return self._sealed.make_backup(self._kept, network_id=self.keys.network_id)

    def restore(self, blob: bytes, *, network_id: bytes) -> None:
        """Takes a backup's entries into the running transaction. Raises Refusal: SEALED_*."""
        self._restored = self._sealed.open_backup(blob, network_id=network_id)
        for key, value in self._restored.entries.items():
            self._store.put(key, value)
        self.keys.check()

    def _commit(self, operation: Operation) -> None:
        """State first, then its backup: a backup never holds what the state did not.

        A backup that lacks newer headers alone stays as it is (`StoredBackup`). No quote leaves
        before the backup holds what it vouches for (section 10): the bootstrap quote made once
        more changes nothing, and may come after a backup that failed.
        """
        sealed = self._next()
        self._check_backup_follows(sealed, operation)
        try:
            changed = self._store.commit(lambda _entries: self._save(sealed))
            self._kept = sealed
            if (changed or operation is Operation.MAKE_QUOTE) and not self.backup_current:
                self._backup.save(sealed, network_id=self.keys.network_id)
        except StorageUncertain:
            self._uncertain = True
            raise _uncertain() from None

    def _check_backup_follows(self, sealed: Sealed, operation: Operation) -> None:
        """What the backup has to follow is refused where it holds more than the state did.

        A fork alone is sealed all the same, in the state: it must stop this enclave now.

        Raises:
            Refusal: BACKUP_NEWER, or STORAGE_FAILED where the backup cannot be read.
        """
        followed = sealed.place != self._kept.place or operation is Operation.MAKE_QUOTE
        if followed and operation is not Operation.REPORT_FORK:
            self._backup.check_follows(sealed)

    def _next(self) -> Sealed:
        """What the running transaction would seal."""
        if self._restored is not None:
            return self._restored
        return next_sealed(self._kept, self._entries(), entropy=self.entropy)

    def _save(self, sealed: Sealed) -> None:
        self._sealed.save(sealed, network_id=self.keys.network_id)

    def _entries(self) -> Entries:
        return dict(self._store.scan(b""))


def _uncertain() -> Refusal:
    return Refusal(
        Code.STORAGE_FAILED,
        expected="a disk that says what it holds",
        found="a failed sync; restart the enclave, which reads the disk again",
    )
