"""A chain as the engine gives it to an application that starts from genesis: ABCI frames in a file.

Requests are those that make state: InitChain, then FinalizeBlock for each block. `replay_blocks.py`
runs a recording in another process.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cosmpy.protos.tendermint.abci import types_pb2 as pb

from chain_module.abci import common
from chain_module.abci import requests as req
from chain_module.abci import responses as res
from node.abci import encoding
from node.abci.framing import encode_frame
from node.application.application import ChainApplication
from node.application.parts import Parts

REPOSITORY: Final = Path(__file__).parents[2]
SCRIPT: Final = "tests.support.replay_blocks"
SECOND_NS: Final = 10**9


@dataclass(frozen=True, slots=True)
class Answer:
    """What an application makes of a block."""

    app_hash: str
    """64 hex digits."""
    response: str
    """SHA-256 of ResponseFinalizeBlock as it goes to the engine: results and events too."""


def answer_of(response: res.FinalizeBlockResponse) -> Answer:
    """As the replay prints it."""
    data = encoding.finalize_block(response).SerializeToString()
    return Answer(response.app_hash.hex(), hashlib.sha256(data).hexdigest())


class Recording:
    """Requests so far, and the answers that they got."""

    def __init__(self) -> None:
        self._frames: list[Any] = []
        self.responses: list[res.FinalizeBlockResponse] = []

    @property
    def answers(self) -> list[Answer]:
        """What a replay must print."""
        return [answer_of(response) for response in self.responses]

    def genesis(self, request: req.InitChainRequest) -> None:
        """Before the first block."""
        self._frames = [_init_chain(request)]

    def block(self, request: req.FinalizeBlockRequest, response: res.FinalizeBlockResponse) -> None:
        """The next block."""
        self._frames.append(_finalize(request))
        self.responses.append(response)

    def save(self, path: Path) -> Path:
        """Writes the requests."""
        frames = [encode_frame(frame.SerializeToString()) for frame in self._frames]
        path.write_bytes(b"".join(frames))
        return path


class RecordingApplication(ChainApplication):
    """The product's, which also writes down what makes its state."""

    def __init__(self, parts: Parts, recording: Recording) -> None:
        super().__init__(parts)
        self._recording = recording

    def init_chain(self, request: req.InitChainRequest) -> res.InitChainResponse:
        """As it is."""
        self._recording.genesis(request)
        return super().init_chain(request)

    def finalize_block(self, request: req.FinalizeBlockRequest) -> res.FinalizeBlockResponse:
        """As it is."""
        response = super().finalize_block(request)
        self._recording.block(request, response)
        return response


def replay(
    path: Path,
    folder: Path,
    *options: str,
    python: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> list[Answer]:
    """What a process of its own makes of a recording.

    Args:
        path: the recording.
        folder: a new one, where the application keeps its state.
        options: of `replay_blocks.py`.
        python: options of the interpreter.
        environment: changes to this process's.
    """
    paths = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "proto")])
    done = subprocess.run(
        [sys.executable, *python, "-m", SCRIPT, str(path), str(folder), *options],
        env={**os.environ, "PYTHONPATH": paths, **(environment or {})},
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(done.stderr)
    return [Answer(**json.loads(line)) for line in done.stdout.splitlines()]


def _init_chain(value: req.InitChainRequest) -> Any:
    seconds, nanos = divmod(value.time_ns, SECOND_NS)
    return pb.Request(
        init_chain=pb.RequestInitChain(
            time={"seconds": seconds, "nanos": nanos},
            chain_id=value.chain_id,
            consensus_params=_consensus_params(value.consensus_params),
            validators=[
                {"pub_key": {one.key_type.value: one.public_key}, "power": one.power}
                for one in value.validators
            ],
            app_state_bytes=value.app_state,
            initial_height=value.initial_height,
        )
    )


def _finalize(value: req.FinalizeBlockRequest) -> Any:
    seconds, nanos = divmod(value.time_ns, SECOND_NS)
    return pb.Request(
        finalize_block=pb.RequestFinalizeBlock(
            txs=value.txs,
            hash=value.hash,
            height=value.height,
            time={"seconds": seconds, "nanos": nanos},
            next_validators_hash=value.next_validators_hash,
            proposer_address=value.proposer_address,
        )
    )


def _consensus_params(value: common.ConsensusParams) -> dict[str, dict[str, Any]]:
    """Every part must be there: what is not would be told as a default."""
    assert value.block is not None
    assert value.evidence is not None
    seconds, nanos = divmod(value.evidence.max_age_duration_ns, SECOND_NS)
    return {
        "block": {"max_bytes": value.block.max_bytes, "max_gas": value.block.max_gas},
        "evidence": {
            "max_age_num_blocks": value.evidence.max_age_num_blocks,
            "max_age_duration": {"seconds": seconds, "nanos": nanos},
            "max_bytes": value.evidence.max_bytes,
        },
        "validator": {"pub_key_types": value.pub_key_types},
        "version": {"app": value.app_version},
        "abci": {"vote_extensions_enable_height": value.vote_extensions_enable_height},
    }
