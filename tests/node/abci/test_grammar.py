"""The checker of executions itself: what it takes, and what it must refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.abci_grammar import (
    STARTED,
    Call,
    IllegalExecution,
    Summary,
    check_calls,
    check_log,
)

SHORT = {
    "S": STARTED,
    "I": "info",
    "G": "init_chain",
    "O": "offer_snapshot",
    "A": "apply_snapshot_chunk",
    "p": "prepare_proposal",
    "P": "process_proposal",
    "e": "extend_vote",
    "v": "verify_vote_extension",
    "F": "finalize_block",
    "C": "commit",
}


def calls(text: str) -> list[Call]:
    """Calls by letter and height, as "I0 G1 F1 C".

    "i" is a user's Info, "!" marks a call that raised, "*" one that opens no connection; of offers
    and chunks "?" is answered by RETRY and "-" by REJECT.
    """
    made = []
    for line, word in enumerate(text.split(), start=1):
        letter, height = word[0], word[1:].rstrip("!*?-")
        made.append(
            Call(
                line,
                SHORT[letter.upper() if letter == "i" else letter],
                connection=line,
                index=0 if letter in "IO" and not word.endswith("*") else 1,
                height=int(height or 0),
                app_hash=f"hash {height}",
                result={"?": "RETRY", "-": "REJECT"}.get(word[-1], "ACCEPT"),
                error="ValueError" if word.endswith("!") else "",
            )
        )
    return made


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("", Summary()),
        ("S I0", Summary()),
        ("S I0 G1", Summary(clean_starts=1)),
        ("S I0 G1 p1 P1 F1 C p2 P2 e2 F2 C", Summary(clean_starts=1, blocks=2)),
        ("S I0 G5 F5 C F6 C", Summary(clean_starts=1, blocks=2)),
        # Rounds: not the proposer, several proposals, votes at any time, and none (catching up).
        ("S I0 G1 v1 P1 v1 e1 v1 p1 P1 P1 e1 F1 C F2 C", Summary(clean_starts=1, blocks=2)),
        # A user's Info, anywhere.
        ("S i0 I0 i0 G1 i0 p1 i0 F1 i0 C", Summary(clean_starts=1, blocks=1)),
        # Ended before the first block was durable: genesis again.
        ("S I0 G1 F1 S I0 G1 F1 C", Summary(clean_starts=2, blocks=1, replayed=1)),
        ("S I0 G1 F1 C S I1 F2 C", Summary(clean_starts=1, recoveries=1, blocks=2)),
        # The engine alone was started again.
        ("S I0 G1 F1 C I1 F2 C", Summary(clean_starts=1, recoveries=1, blocks=2)),
        # Killed after the commit was durable, before its line.
        ("S I0 G1 F1 S I1 F2 C", Summary(clean_starts=1, recoveries=1, blocks=2)),
        (
            "S I0 G1 F1 C p2 F2 S I1 F2 C",
            Summary(clean_starts=1, recoveries=1, blocks=2, replayed=1),
        ),
        ("S I0 G1 p1 S I0 G1", Summary(clean_starts=2)),
        ("S O9 O8* A A I8 F9 C", Summary(state_syncs=1, blocks=1)),
        ("S O9 A A O8* A I8 P9 F9 C", Summary(state_syncs=1, blocks=1)),
        # Refused offers, chunks that were fetched again, a snapshot given up, a user's Info.
        ("S O9- O8*- O7* A? A i0 A? A I7* F8 C", Summary(state_syncs=1, blocks=1)),
        ("S O9 A A- O8* A I8 F9 C", Summary(state_syncs=1, blocks=1)),
        # Killed while it restored, and before the engine knew of the state: it starts over.
        ("S O9 A S O9 A I9 S O9 A I9 F10 C", Summary(state_syncs=2, blocks=1)),
        ("S O9 A O9 A I9 F10 C", Summary(state_syncs=1, blocks=1)),
        ("S O9 A I9 S I9 F10 C", Summary(state_syncs=1, recoveries=1, blocks=1)),
        ("S I0 G1 F1!", Summary(clean_starts=1)),
        ("S I0 G1 F1! S I0 G1 F1 C", Summary(clean_starts=2, blocks=1)),
    ],
)
def test_legal(text: str, summary: Summary) -> None:
    assert check_calls(calls(text)) == summary


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("S G1", "line 2: init_chain when before the first call"),
        ("S P1", "process_proposal when before the first call"),
        ("S C", "commit when before the first call"),
        ("S I0 P1", "process_proposal when the application has no state"),
        ("S I0 F1", "finalize_block when the application has no state"),
        ("S I0 G1 G1", "init_chain when consensus is under way"),
        ("S I0 G1 C", "commit when consensus is under way"),
        ("S I0 G1 F1 F1", "finalize_block when a block was finalized"),
        ("S I0 G1 F1 F2", "finalize_block when a block was finalized"),
        ("S I0 G1 F1 p2", "prepare_proposal when a block was finalized"),
        ("S I0 G1 F1 C C", "commit when consensus is under way"),
        ("S I0 G1 F2", "finalize_block at height 2, expected 1"),
        ("S I0 G1 F1 C P1", "process_proposal at height 1, expected 2"),
        ("S I0 G1 F1 C P3", "process_proposal at height 3, expected 2"),
        ("S I0 G1 v2", "verify_vote_extension at height 2, expected 1"),
        ("S I0 G1 e2", "extend_vote at height 2, expected 1"),
        ("S I0 G5 F1", "finalize_block at height 1, expected 5"),
        ("S I0 G1 F1 C S I1 G1", "init_chain when consensus is under way"),
        ("S I0 G1 F1 C S I0", "height 0 after 1 was committed"),
        ("S I0 G1 F1 C S I2", "height 2, and only 1 was committed"),
        ("S I0 G1 p1 S I1", "height 1, and only 0 was committed"),
        ("S I0 G1 F1 C S I1 F1", "finalize_block at height 1, expected 2"),
        ("S I0 G1 F1 C S P2", "process_proposal when before the first call"),
        ("S O9 P1", "process_proposal when a snapshot was offered"),
        ("S O9 G1", "init_chain when a snapshot was offered"),
        ("S O9 A F9", "finalize_block when chunks were applied"),
        ("S O9 O8* A I9", "height 9 after a snapshot of 8"),
        ("S A", "apply_snapshot_chunk when before the first call"),
        ("S I0 G1 O9*", "offer_snapshot when consensus is under way"),
        ("S O9 A I9 A", "apply_snapshot_chunk when consensus is under way"),
        ("S O9- A", "apply_snapshot_chunk when a snapshot was refused"),
        ("S O9 A A- A", "apply_snapshot_chunk when a snapshot was refused"),
        ("S O9 A- I9* F10", "finalize_block when a snapshot was refused"),
        ("S O9 A A? I9*", "height 9 after a chunk that was not taken"),
        ("S I0 G1 F1 C O9", "a snapshot in the place of blocks"),
        ("S I0 G1 F1! C", "a call after one that raised"),
    ],
)
def test_illegal(text: str, why: str) -> None:
    with pytest.raises(IllegalExecution) as refused:
        check_calls(calls(text))
    assert why in str(refused.value)
    *legal, _ = calls(text)
    check_calls(legal)


def test_a_block_that_is_executed_again_gives_the_same_app_hash() -> None:
    log = calls("S I0 G1 F1 S I0 G1 F1")
    check_calls(log)
    changed = Call(line=8, name="finalize_block", index=1, height=1, app_hash="another")
    with pytest.raises(IllegalExecution, match="another app hash for height 1"):
        check_calls([*log[:-1], changed])


@given(st.integers(0, 30), st.data())
def test_every_beginning_of_a_legal_execution_is_legal(blocks: int, data: st.DataObject) -> None:
    text = "S I0 G1 " + " ".join(f"p{h} P{h} e{h} F{h} C" for h in range(1, blocks + 1))
    log = calls(text)
    cut = data.draw(st.integers(0, len(log)))
    check_calls(log[:cut])


@given(st.data())
def test_a_call_left_out_or_moved_is_found(data: st.DataObject) -> None:
    """Of what a height needs: FinalizeBlock and Commit."""
    log = calls("S I0 G1 " + " ".join(f"P{h} F{h} C" for h in range(1, 6)))
    needed = [at for at, call in enumerate(log[:-1]) if call.name in ("finalize_block", "commit")]
    at = data.draw(st.sampled_from(needed))
    without = log[:at] + log[at + 1 :]
    with pytest.raises(IllegalExecution):
        check_calls(without)


@pytest.mark.parametrize("line", ["", "{}", "[]", '"x"', "{", '{"call": 1', "null"])
def test_a_line_that_is_no_call_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_text('{"call": "started"}\n' + line + "\n")
    with pytest.raises(IllegalExecution, match="line 2: no call"):
        check_log(path)
