"""The process beside the engine: `python -m tests.support.kv_node HOME` serves until SIGTERM.

HOME gets `abci.sock`, `state.json` and `calls.jsonl`.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import uvloop

from enclave.service.log import log
from node.abci import AbciServer, CallLog
from tests.support.kv_application import KvApplication


async def _serve(home: Path) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    call_log = CallLog(home / "calls.jsonl")
    application = KvApplication(home / "state.json")
    async with AbciServer(application, path=home / "abci.sock", log=log, call_log=call_log):
        await stop.wait()
    call_log.close()


if __name__ == "__main__":
    uvloop.run(_serve(Path(sys.argv[1])))
