"""Light blocks of real engines: their hashes are the engine's own; and of servers that are none."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from node.engine_rpc import EngineFailed, EngineRefused, EngineRpc, EngineUnreachable
from node.engine_rpc.client import MAX_VALIDATORS, MAX_VOTES_BYTES, PAGE
from node.light_blocks import LightBlocks
from tests.differential.light_oracle import light_hashes
from tests.node.light_blocks.answers import VALIDATOR, signed_header
from tests.support.cometbft import KvNode, join
from tests.support.http_server import answering
from tests.support.light_blocks import decoded, hashes_are_the_engines
from tests.support.one_validator import one_validator

BLOCKS: Final = 4
VALIDATORS: Final = 4
HEIGHT: Final = 5


def test_hashes_of_every_block_are_the_engines_while_a_validator_is_away(
    engine: Path, record_property: Callable[[str, object], None]
) -> None:
    """Four validators of the key-value application; one dies, and its votes are absent."""
    with ExitStack() as stack:
        folders = [
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="light-")))
            for _ in range(VALIDATORS)
        ]
        nodes = [KvNode(folder, engine) for folder in folders]
        join(nodes)
        for node in nodes:
            stack.callback(node.stop)
        for node in nodes:
            node.start()
        nodes[0].wait_for_height(2)
        nodes[-1].kill_cometbft()
        last = nodes[0].height() + BLOCKS
        nodes[0].wait_for_height(last + 1)
        with EngineRpc(nodes[0].rpc) as rpc:
            met = hashes_are_the_engines(rpc, 1, last)
            go_hashes_are_ours(rpc, last)
    assert met["headers"] == last
    assert met["COMMIT"] >= met["headers"] * VALIDATORS * 2 // 3
    assert met["ABSENT"] > 0
    record_property("count", f"light blocks of a real network of four: {dict(met)}")


def go_hashes_are_ours(rpc: EngineRpc, height: int) -> None:
    """What the converter writes is what CometBFT's own reader takes, with equal hashes."""
    message = LightBlocks(rpc).light_block(height)
    (said,) = light_hashes([message.SerializeToString(deterministic=True)])
    assert said.header == message.signed_header.commit.block_id.hash
    assert said.validators == message.signed_header.header.validators_hash


def test_hashes_of_a_chain_of_ours_are_the_engines(engine: Path, tmp_path: Path) -> None:
    del engine  # built
    with one_validator(tmp_path / "one") as chain, EngineRpc(chain.rpc) as rpc:
        last = rpc.status().latest_height + BLOCKS
        while rpc.status().latest_height <= last:
            chain.wait_ready()
        met = hashes_are_the_engines(rpc, 1, last)
        assert met == {"headers": last, "COMMIT": last}
        with pytest.raises(EngineRefused, match="must be less than or equal"):
            LightBlocks(rpc).light_block(last + 1_000_000)


Answer = Callable[[dict[str, Any]], Any]
"""Of a call's parameters."""


@contextmanager
def _engine(commit: Answer, validators: Answer) -> Iterator[LightBlocks]:
    """The source of a server that answers these two calls."""
    answers = {"commit": commit, "validators": validators}

    def answer(body: bytes) -> bytes:
        call = json.loads(body)
        result = answers[call["method"]](call["params"])
        return result if isinstance(result, bytes) else json.dumps({"result": result}).encode()

    with answering(answer) as address, EngineRpc(address) as rpc:
        yield LightBlocks(rpc)


def _paged(total: int, *, said: int | None = None) -> Answer:
    """So many validators, a page of 100 at a time."""

    def answer(params: dict[str, Any]) -> Any:
        size = min(PAGE, total - PAGE * (int(params["page"]) - 1))
        return {
            "block_height": params["height"],
            "validators": [VALIDATOR] * max(size, 0),
            "total": str(total if said is None else said),
        }

    return answer


def test_all_pages_of_the_validators_are_asked_for() -> None:
    with _engine(lambda _: signed_header(HEIGHT), _paged(250)) as source:
        assert len(source.light_block(HEIGHT).validator_set.validators) == 250


PAGES: Final = f"full pages of up to {MAX_VALIDATORS} validators"
LIES: Final[dict[str, tuple[Answer, Answer, str]]] = {
    "another height": (
        lambda _: signed_header(HEIGHT + 1),
        _paged(1),
        f"the header at height {HEIGHT}",
    ),
    "too many validators": (
        lambda _: signed_header(HEIGHT),
        _paged(MAX_VALIDATORS + 1),
        PAGES,
    ),
    "fewer than said": (lambda _: signed_header(HEIGHT), _paged(100, said=101), PAGES),
    "more than said": (lambda _: signed_header(HEIGHT), _paged(2, said=1), PAGES),
    "a total below zero": (lambda _: signed_header(HEIGHT), _paged(0, said=-1), PAGES),
    "a page too long": (
        lambda _: signed_header(HEIGHT),
        lambda _: {"block_height": "5", "validators": [VALIDATOR] * 101, "total": "5000"},
        PAGES,
    ),
    "an answer too long": (
        lambda _: b"x" * (MAX_VOTES_BYTES + 1),
        _paged(1),
        f"at most {MAX_VOTES_BYTES} bytes",
    ),
    "no commit": (lambda _: {"signed_header": {}, "canonical": True}, _paged(1), "an object in"),
}


@pytest.mark.parametrize("name", LIES)
def test_an_answer_that_no_engine_gives(name: str) -> None:
    commit, validators, expected = LIES[name]
    with _engine(commit, validators) as source, pytest.raises(EngineFailed) as failed:
        source.light_block(HEIGHT)
    assert failed.value.expected.startswith(expected)


def test_nobody_there() -> None:
    with EngineRpc("http://127.0.0.1:1") as rpc, pytest.raises(EngineUnreachable):
        LightBlocks(rpc).light_block(HEIGHT)


def test_a_light_block_of_a_server_is_read_by_the_enclaves_codec() -> None:
    with _engine(lambda _: signed_header(HEIGHT), _paged(1)) as source:
        assert decoded(source.light_block(HEIGHT)).header.height == HEIGHT
