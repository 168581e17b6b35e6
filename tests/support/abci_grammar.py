"""The grammar of legal ABCI executions, run over a node's log of calls.

CometBFT, spec/abci, "CometBFT's expected behavior":

    start               = clean-start / recovery
    clean-start         = ( app-handshake / state-sync ) consensus-exec
    app-handshake       = info init-chain
    state-sync          = *state-sync-attempt success-sync info
    state-sync-attempt  = offer-snapshot *apply-chunk
    success-sync        = offer-snapshot 1*apply-chunk
    recovery            = info [init-chain] consensus-exec
    consensus-exec      = (inf)consensus-height
    consensus-height    = *consensus-round finalize-block commit

Every part of a round is optional, so any order of its calls is some number of rounds. Besides the
order this checks what the text says of heights, and that nothing that was committed is lost. Of
state sync it checks the answers too: no chunk of a snapshot that was not accepted, success only
after a chunk that was, and no snapshot in the place of blocks. An execution may end anywhere: a
process may be killed. A log is of one home, across all its starts.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn

STARTED: Final = "started"
INFO: Final = "info"
INIT_CHAIN: Final = "init_chain"
OFFER: Final = "offer_snapshot"
APPLY: Final = "apply_snapshot_chunk"
FINALIZE: Final = "finalize_block"
COMMIT: Final = "commit"


class State(enum.Enum):
    """Where an execution stands."""

    BEGIN = "before the first call"
    OFFERED = "a snapshot was offered"
    REFUSED = "a snapshot was refused"
    RESTORING = "chunks were applied"
    EMPTY = "the application has no state"
    ROUNDS = "consensus is under way"
    DECIDED = "a block was finalized"


_ROUND: Final = {
    "prepare_proposal": State.ROUNDS,
    "process_proposal": State.ROUNDS,
    "extend_vote": State.ROUNDS,
    "verify_vote_extension": State.ROUNDS,
    FINALIZE: State.DECIDED,
}
TRANSITIONS: Final[Mapping[State, Mapping[str, State]]] = {
    # Info leads to EMPTY or ROUNDS: its answer says which.
    State.BEGIN: {INFO: State.ROUNDS, OFFER: State.OFFERED},
    State.OFFERED: {OFFER: State.OFFERED, APPLY: State.RESTORING},
    State.REFUSED: {OFFER: State.OFFERED},
    State.RESTORING: {OFFER: State.OFFERED, APPLY: State.RESTORING, INFO: State.ROUNDS},
    State.EMPTY: {INIT_CHAIN: State.ROUNDS},
    State.ROUNDS: _ROUND,
    State.DECIDED: {COMMIT: State.ROUNDS},
}
_AT_A_HEIGHT: Final = frozenset(_ROUND)
_TAKEN: Final = frozenset({"ACCEPT", "RETRY", "RETRY_SNAPSHOT"})
"""Answers after which chunks of the same snapshot come."""


class IllegalExecution(Exception):
    """The log is of no legal execution; says the line."""


@dataclass(frozen=True)
class Call:
    """One line of the log."""

    line: int
    name: str
    connection: int = 0
    index: int = 0
    height: int = 0
    app_hash: str = ""
    result: str = "ACCEPT"
    """Of an offer or a chunk."""
    error: str = ""


@dataclass
class Summary:
    """What a legal log shows."""

    clean_starts: int = 0
    recoveries: int = 0
    state_syncs: int = 0
    blocks: int = 0
    """Commits, each height once."""
    replayed: int = 0
    """Blocks that were finalized again, after a start that found them lost."""


@dataclass
class _Checker:
    state: State = State.BEGIN
    expected: int | None = None
    """The height of the next block."""
    offered: int = 0
    """The height of the last snapshot that was offered."""
    applied: bool = False
    """The last chunk was taken."""
    committed: int = 0
    decided: bool = False
    """The last execution ended between FinalizeBlock and the line of its Commit."""
    failed: bool = False
    hashes: dict[int, str] = field(default_factory=dict)
    summary: Summary = field(default_factory=Summary)

    def take(self, call: Call) -> None:
        if call.name == STARTED:
            self._end()
            return
        opens = call.index == 0 and call.name in (INFO, OFFER)
        in_sync = self.state is State.RESTORING and call.name == INFO and call.height
        if opens and not in_sync:
            self._end()
        elif call.name == INFO and (self.state is not State.RESTORING or not call.height):
            return  # A user's, by RPC: "it can happen at any time".
        self._step(call)

    def _end(self) -> None:
        if self.state is not State.BEGIN:
            self.decided = self.state is State.DECIDED
        self.state, self.expected, self.failed = State.BEGIN, None, False

    def _step(self, call: Call) -> None:
        if self.failed:
            _refuse(call, "a call after one that raised")
        before = self.state
        after = TRANSITIONS[before].get(call.name)
        if after is None:
            _refuse(call, f"{call.name} when {before.value}")
        if call.error:
            self.failed = True
            return
        self.state = after
        if call.name == INFO:
            self._info(call, synced=before is State.RESTORING)
        elif call.name in (OFFER, APPLY):
            self._sync(call)
        elif call.name == INIT_CHAIN:
            self.expected = call.height
            self.summary.clean_starts += 1
        elif call.name in _AT_A_HEIGHT:
            self._at_height(call)
        elif call.name == COMMIT:
            self._commit()

    def _sync(self, call: Call) -> None:
        if call.name == APPLY:
            self.applied = call.result == "ACCEPT"
            if call.result not in _TAKEN:
                self.state = State.REFUSED
            return
        self.offered, self.applied = call.height, False
        if call.result != "ACCEPT":
            self.state = State.REFUSED
        elif self.hashes:
            _refuse(call, "a snapshot in the place of blocks")

    def _info(self, call: Call, *, synced: bool) -> None:
        if synced:
            if not self.applied:
                _refuse(call, f"height {call.height} after a chunk that was not taken")
            if call.height != self.offered:
                _refuse(call, f"height {call.height} after a snapshot of {self.offered}")
            self.summary.state_syncs += 1
        elif call.height < self.committed:
            _refuse(call, f"height {call.height} after {self.committed} was committed")
        elif call.height > self.committed + self.decided:
            _refuse(call, f"height {call.height}, and only {self.committed} was committed")
        elif call.height > 0:
            self.summary.recoveries += 1
            self.summary.blocks += call.height - self.committed
        self.committed = call.height
        self.decided = False
        self.expected = call.height + 1
        if call.height == 0:
            self.state = State.EMPTY

    def _at_height(self, call: Call) -> None:
        if call.height != self.expected:
            _refuse(call, f"{call.name} at height {call.height}, expected {self.expected}")
        if call.name != FINALIZE:
            return
        self.summary.replayed += call.height in self.hashes
        known = self.hashes.setdefault(call.height, call.app_hash)
        if known != call.app_hash:
            _refuse(call, f"another app hash for height {call.height} than before")

    def _commit(self) -> None:
        assert self.expected is not None
        self.committed = self.expected
        self.expected += 1
        self.summary.blocks += 1


def check_calls(calls: Iterable[Call]) -> Summary:
    """What a log of one home shows.

    Raises:
        IllegalExecution: at the first call that no legal execution has.
    """
    checker = _Checker()
    for call in calls:
        checker.take(call)
    return checker.summary


def check_log(path: Path) -> Summary:
    """The same for a file.

    Raises:
        IllegalExecution: also for a line that is no call.
    """
    return check_calls(_parse(path.read_text()))


def _parse(text: str) -> Iterable[Call]:
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            parsed = json.loads(line)
            known = {key: parsed[key] for key in Call.__annotations__ if key in parsed}
            yield Call(line=number, name=parsed["call"], **known)
        except (ValueError, KeyError, TypeError):
            raise IllegalExecution(f"line {number}: no call: {line[:80]!r}") from None


def _refuse(call: Call, why: str) -> NoReturn:
    raise IllegalExecution(f"line {call.line}: {why}")
