"""The journal of a join: what was done, so that the next run goes on from there.

home/run/register.json, replaced whole by each write. It is a memory, no authority: what it says is
compared with the enclave and the chain. Two things only it can know: which network was meant, and
the register that was signed. The latter is written *before* it is sent, so that a run that was
killed in between sends those same bytes again: their sequence lets them be executed once.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, cast

from enclave.errors import words_of
from node.base.file_lock import FileLock, Held
from node.config.failures import ConfigFailure
from node.config.files import replace_file
from node.join.failures import JoinCode, JoinFailure
from node.join.plan import Step
from node.json_form import parse_json

FILE_NAME: Final = "register.json"
LOCK_NAME: Final = "register.lock"
VERSION: Final = 1
SIGNED: Final = "signed"
"""What the hook is told when a register is in the journal, and not yet sent."""
MAX_BYTES: Final = 1024 * 1024
_PRIVATE: Final = 0o600


@dataclass(frozen=True, slots=True)
class Sent:
    """A register that was signed, and perhaps sent."""

    tx_hash: str
    raw: bytes
    sequence: int
    timeout_height: int
    """The last block that may hold it."""
    report_data: bytes
    """64 bytes, of the quote in it."""


@dataclass(frozen=True, slots=True)
class Notes:
    """The journal's content."""

    network_id: bytes = b""
    """32 bytes, or empty before the first step."""
    node_id: bytes = b""
    steps: tuple[Step, ...] = ()
    """Done, in their order."""
    sent: Sent | None = None
    paid: int = 0
    """Registers that were signed so far."""


class Journal:
    """One home's journal.

    Args:
        folder: the home's run folder.
        hook: is told what was recorded, once it is on the disk: a step's name, or "signed". Tests
            kill the process there.
    """

    def __init__(self, folder: Path, *, hook: Callable[[str], None] | None = None) -> None:
        self.path = folder / FILE_NAME
        self._hook = hook
        self.notes = _read(self.path)

    def done(self, step: Step) -> None:
        """Records a step."""
        if step not in self.notes.steps:
            self.write(steps=(*self.notes.steps, step))
        if self._hook is not None:
            self._hook(step)

    def write(
        self,
        *,
        network_id: bytes | None = None,
        node_id: bytes | None = None,
        steps: tuple[Step, ...] | None = None,
        sent: Sent | None = None,
        paid: int | None = None,
    ) -> None:
        """Replaces what is given, durably."""
        now = self.notes
        self._replace(
            Notes(
                network_id=now.network_id if network_id is None else network_id,
                node_id=now.node_id if node_id is None else node_id,
                steps=now.steps if steps is None else steps,
                sent=now.sent if sent is None else sent,
                paid=now.paid if paid is None else paid,
            )
        )
        if sent is not None and self._hook is not None:
            self._hook(SIGNED)

    def forget_sent(self) -> None:
        """The register in flight is settled: it is in a block, or can be in none."""
        self._replace(replace(self.notes, sent=None))

    def restart(self, *, network_id: bytes, node_id: bytes = b"") -> None:
        """New keys or another network: nothing of before counts, except what was paid."""
        self._replace(Notes(network_id=network_id, node_id=node_id, paid=self.notes.paid))

    def _replace(self, notes: Notes) -> None:
        self.notes = notes
        try:
            replace_file(self.path, _dump(notes), mode=_PRIVATE)
        except ConfigFailure as failure:
            raise _unusable(self.path, failure.found) from None


@contextlib.contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """One `register` a home: two would pay twice. Raises JoinFailure: REGISTER_RUNNING."""
    try:
        lock = FileLock(folder / LOCK_NAME)
    except Held:
        raise JoinFailure(
            JoinCode.REGISTER_RUNNING,
            expected=f"no other register on {folder.parent}",
            found="one that holds its lock",
        ) from None
    except OSError as error:
        raise _unusable(folder / LOCK_NAME, words_of(error)) from None
    with lock:
        yield


def _read(path: Path) -> Notes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES)
    except FileNotFoundError:
        return Notes()
    except OSError as error:
        raise _unusable(path, words_of(error)) from None
    try:
        return _parse(cast("Mapping[str, object]", parse_json(data)))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _unusable(path, "a file that is not one") from None


def _dump(notes: Notes) -> bytes:
    sent = notes.sent
    value = {
        "version": VERSION,
        "network_id": notes.network_id.hex(),
        "node_id": notes.node_id.hex(),
        "steps": [str(step) for step in notes.steps],
        "paid": notes.paid,
        "sent": None
        if sent is None
        else {
            "tx_hash": sent.tx_hash,
            "raw": sent.raw.hex(),
            "sequence": sent.sequence,
            "timeout_height": sent.timeout_height,
            "report_data": sent.report_data.hex(),
        },
    }
    return (json.dumps(value, indent=2) + "\n").encode("ascii")


def _parse(value: Mapping[str, object]) -> Notes:
    if value["version"] != VERSION:
        raise ValueError("version")
    steps = value["steps"]
    if not isinstance(steps, list):
        raise TypeError("steps")
    return Notes(
        network_id=_bytes(value["network_id"]),
        node_id=_bytes(value["node_id"]),
        steps=tuple(Step(step) for step in steps),
        sent=_parse_sent(value["sent"]),
        paid=_integer(value["paid"]),
    )


def _parse_sent(value: object) -> Sent | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise TypeError("sent")
    return Sent(
        tx_hash=str(value["tx_hash"]),
        raw=_bytes(value["raw"]),
        sequence=_integer(value["sequence"]),
        timeout_height=_integer(value["timeout_height"]),
        report_data=_bytes(value["report_data"]),
    )


def _bytes(value: object) -> bytes:
    return bytes.fromhex(str(value))


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("no number")
    return value


def _unusable(path: Path, found: str) -> JoinFailure:
    return JoinFailure(
        JoinCode.JOURNAL_UNUSABLE,
        expected=f"a journal at {path}, readable and writable",
        found=found,
    )
