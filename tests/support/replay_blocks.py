"""`python -m tests.support.replay_blocks FILE FOLDER [options]`: a recorded chain, run again.

The product's application on a new disk in FOLDER, with no enclave and nothing that verifies quotes:
whoever asks for either ends the replay. One line of JSON a block on stdout: its app hash, and the
hash of the whole answer.

    --block NAME       no import of this module, or of what it needs, works
    --shuffle SEED     every module of the product is imported first, in an order drawn by SEED
    --restart EVERY    the application starts again from its disk after every so many blocks
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.abc
import json
import math
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from node.application.application import ChainApplication
from node.deadline import Deadline
from node.storage import Storage

PACKAGES = ("enclave", "chain_module", "node")
"""Imported by --shuffle, but for __main__ modules."""
MAX_FRAME_BYTES = 1 << 30


class Blocker(importlib.abc.MetaPathFinder):
    """No module of that name can be imported, not even one that is installed."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Raises ImportError for the module."""
        del path, target
        if fullname.partition(".")[0] == self._name:
            raise ImportError(f"{fullname} is blocked")
        return None


def main(arguments: Sequence[str]) -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--block", default="")
    parser.add_argument("--shuffle", type=int)
    parser.add_argument("--restart", type=int, default=0)
    options = parser.parse_args(arguments)
    if options.block:
        sys.meta_path.insert(0, Blocker(options.block))
    if options.shuffle is not None:
        import_all(options.shuffle)
    replay(options.file.read_bytes(), options.folder, restart=options.restart)
    if options.block and options.block in sys.modules:
        raise SystemExit(f"{options.block} was imported all the same")


def import_all(seed: int) -> None:
    """Every module of the product, in an order of its own."""
    names = [name for package in PACKAGES for name in _modules(package)]
    for name in sorted(names, key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).digest()):
        importlib.import_module(name)


def replay(data: bytes, folder: Path, *, restart: int) -> None:
    """Runs the frames of a recording, and prints the answers."""
    from node.abci import decoding  # noqa: PLC0415 (imports are what this program varies)
    from node.abci.framing import FrameDecoder  # noqa: PLC0415
    from tests.support.recording import answer_of  # noqa: PLC0415

    decoder = FrameDecoder(max_message_bytes=MAX_FRAME_BYTES)
    decoder.feed(data)
    first, *blocks = [decoding.parse_request(frame)[1] for frame in decoder.take(MAX_FRAME_BYTES)]
    decoder.end()
    genesis = decoding.init_chain(first)
    storage, application = start(folder, genesis.chain_id)
    application.init_chain(genesis)
    for number, message in enumerate(blocks, 1):
        response = application.finalize_block(decoding.finalize_block(message))
        application.commit()
        sys.stdout.write(json.dumps(asdict(answer_of(response))) + "\n")
        if restart and number % restart == 0:
            storage.close()
            storage, application = start(folder, genesis.chain_id)
    storage.close()


def start(folder: Path, chain_id: str) -> tuple[Storage, ChainApplication]:
    """The application over what is in the folder, alone."""
    from chain_module.abci.responses import QueryResponse  # noqa: PLC0415
    from chain_module.app.look import FirstLooks  # noqa: PLC0415
    from chain_module.app.modules import STORES  # noqa: PLC0415
    from node.application.application import ChainApplication  # noqa: PLC0415
    from node.application.parts import Parts  # noqa: PLC0415
    from node.log import no_log  # noqa: PLC0415
    from node.metrics import Metrics  # noqa: PLC0415
    from node.storage import open_storage  # noqa: PLC0415

    class NoEnclave:
        """An `EnvelopeSource` that must not be asked."""

        for_proposal = for_judgement = staticmethod(_nobody)

    storage = open_storage(folder, names=STORES, chain_id=chain_id, log=no_log)
    parts = Parts(
        storage=storage,
        looks=FirstLooks(_nobody),
        envelopes=NoEnclave(),
        log=no_log,
        metrics=Metrics(),
        min_gas_price=None,
        query=lambda _: QueryResponse(),
        committed=lambda _: None,
        disk_failed=lambda: None,
        proposal_time=lambda: Deadline(math.inf),
    )
    return storage, ChainApplication(parts)


def _nobody(*_: object, **__: object) -> NoReturn:
    raise SystemExit("a replay asked for a verification, or for an enclave")


def _modules(package: str) -> Iterator[str]:
    found = importlib.import_module(package)
    for module in pkgutil.walk_packages(found.__path__, f"{package}."):
        if not module.name.endswith("__main__"):
            yield module.name


if __name__ == "__main__":
    main(sys.argv[1:])
