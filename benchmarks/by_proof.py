"""What it costs that an enclave believes proofs alone: added to a block, and to a join.

There is no other way any more, so the parts are measured, each by itself, side by side in one run,
with 4 validators and a batch of 8 registers.

*In a block* is what Prepare or Process waits for. Registers that waited since the commit before
have their outcomes ready: the node proves entries, and the enclave is not asked. For those that
came since, it is asked once: it verifies one step of headers and seals the newest (through gRPC and
on the disk, less a bare GetInfo), and verifies the entries. That is the most that a block waits.

*Beside a block* is what keeps node and enclave busy after the commit before: the path (as if the
engine answered at once), and for registers that wait the same work, with the entries verified once
for each, since each is asked about alone.

*A join*: entries and headers from a real engine, one validator, one step; then the enclave's
verification of root, step and entries.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from benchmarks.measure import CPU, WALL, Effort, Figure, alternate, milliseconds, out_folder
from chain_module.registration.proofs import prove_registration
from enclave.proven.chain import prove
from enclave.proven.headers import follow, root_header
from enclave.service.durable_file import DurableFile, OsDisk
from enclave.wire import encode
from node.chain_proof import RemoteProofs
from node.join.homing import own_network
from node.join.seed import header_from
from node.light_blocks import LightBlocks
from node.light_blocks.path import Start, find_path
from seedpact.enclave.v1 import chain_pb2
from tests.support.changing_headers import ServedBlocks
from tests.support.enclaves import CHAIN_ID, CODE
from tests.support.one_validator import one_validator
from tests.support.process import EnclaveProcess, enclave_process
from tests.support.world import Ledger

TARGET_MS: Final = 10.0
CALLS: Final = 20
REGISTERS: Final = 8
FROM_HEIGHT: Final = 40
ENGINE_WAY: Final = 3
"""Blocks between a join's root and its proving header."""


def run(effort: Effort) -> list[Figure]:
    """A block, then a join."""
    with tempfile.TemporaryDirectory(dir=out_folder()) as folder:
        home = Path(folder) / "home"
        options = ("--measurement", CODE.mr_enclave.hex())
        with enclave_process(home, *options) as process:
            block = _block(process, home, effort)
    with tempfile.TemporaryDirectory() as folder:
        return [*block, *_join(Path(folder), effort)]


def _block(process: EnclaveProcess, home: Path, effort: Effort) -> list[Figure]:
    ledger = Ledger()
    ledger.bootstrap(process)
    ledger.height = FROM_HEIGHT + 1
    ledger.settle()
    state, header = ledger.state.at(ledger.height - 2), ledger.headers.header(ledger.height - 1)
    node_id = process.info().node_id
    anchors = range(ledger.height - 3 - REGISTERS, ledger.height - 3)
    shown = encode(prove_registration(state, node_id=node_id, anchors=anchors))
    start, end = Start(CHAIN_ID, ledger.height - 11), ledger.height - 1
    blocks = ServedBlocks(ledger.headers)
    process.follow(chain_pb2.FollowChainRequest(steps=ledger.headers.steps(None, [end])))
    steps = _following(ledger, effort)
    work = alternate(
        {
            "prove": lambda: prove_registration(state, node_id=node_id, anchors=anchors),
            "entries": lambda: prove(
                chain_pb2.ChainProof.FromString(shown), header=header, node_id=node_id
            ),
            "path": lambda: find_path(blocks, start, to=end),
        },
        effort=effort,
        clock=CPU,
    )
    calls = alternate(
        {
            "step": lambda: process.follow(next(steps)),
            "disk": _replacing(home),
            "nothing": process.info,
        },
        effort=effort,
        clock=WALL,
    )
    rounds = zip(work["prove"], work["entries"], calls["step"], calls["nothing"], strict=True)
    asked = [(proven, one, step - call, call) for proven, one, step, call in rounds]
    came = [proven + one + step for proven, one, step, _ in asked]
    beside = [
        path + call + proven + step + REGISTERS * one
        for path, (proven, one, step, call) in zip(work["path"], asked, strict=True)
    ]
    return [
        milliseconds(f"a block: the node proves entries for {REGISTERS} registers", work["prove"]),
        milliseconds("a block: the enclave verifies them", work["entries"]),
        milliseconds("a block: the enclave verifies one step, seals it, answers", calls["step"]),
        milliseconds("a block: of that the disk, one file with two syncs", calls["disk"]),
        milliseconds("a block: the enclave answers GetInfo", calls["nothing"]),
        _added("in a block: added by proof, registers that came with it", came),
        _added("in a block: added by proof, registers that waited", work["prove"]),
        milliseconds("beside a block: the node's path of one step", work["path"]),
        milliseconds(f"beside a block: busy by proof, {REGISTERS} registers that wait", beside),
    ]


def _replacing(home: Path) -> Callable[[], None]:
    """One durable write as the enclave makes it, beside its state and of its size."""
    blob = (home / "state.sealed").read_bytes()
    file = DurableFile(home / "beside.sealed", disk=OsDisk(), max_bytes=len(blob))
    return lambda: file.save(blob)


def _added(name: str, seconds: list[float]) -> Figure:
    plain = milliseconds(name, seconds)
    return Figure(name, plain.value, plain.unit, at_most=TARGET_MS, samples=plain.samples)


def _following(ledger: Ledger, effort: Effort) -> Iterator[chain_pb2.FollowChainRequest]:
    """One new header a request, made before anything is timed."""
    first = ledger.headers.top
    ledger.height += effort.runs * effort.calls + 1
    ledger.catch_up()
    requests = [
        chain_pb2.FollowChainRequest(steps=ledger.headers.steps(height, [height + 1]))
        for height in range(first, ledger.headers.top)
    ]
    return iter(requests)


def _join(folder: Path, effort: Effort) -> list[Figure]:
    with one_validator(folder / "net") as chain, chain.client() as client:
        node_id = next(client.nodes()).node_id
        proofs, blocks = RemoteProofs(client), LightBlocks(client.engine)

        def fetch() -> tuple[int, chain_pb2.ChainProof]:
            """As a newcomer does: the newest header, the way there, the entries under it."""
            height = header_from(client, ENGINE_WAY + 1).height
            root = height - ENGINE_WAY
            shown = proofs.entries(height, node_id=node_id)
            shown.root.CopyFrom(blocks.light_block(root).signed_header.header)
            start = Start(client.status().chain_id, root)
            shown.steps.extend(find_path(blocks, start, to=height))
            return root, shown

        fetched = alternate({"fetch": fetch}, effort=effort, clock=WALL)["fetch"]
        root, shown = fetch()
        network, digest = own_network(chain.home), client.header(root).hash
        if network is None:
            raise RuntimeError("the validator has no genesis")
        data, inputs = encode(shown), network.inputs

        def verify() -> None:
            """The enclave's side of an import, but for opening the envelope."""
            proof = chain_pb2.ChainProof.FromString(data)
            start = root_header(proof.root, network=inputs, height=root, root_hash=digest)
            prove(proof, header=follow(start, proof.steps, network=inputs), node_id=node_id)

        verified = alternate({"verify": verify}, effort=effort, clock=CPU)["verify"]
    both = [a + b for a, b in zip(fetched, verified, strict=True)]
    return [
        milliseconds("a join: headers and entries from an engine", fetched),
        milliseconds("a join: root, step and entries verified", verified),
        milliseconds("a join: added by proof", both),
    ]
