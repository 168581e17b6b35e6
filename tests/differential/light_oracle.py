"""CometBFT's own `types` and `light`, asked from Python: the program is light/ beside this file."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from enclave.time import Time
from tests.differential.go_oracle import oracle


@dataclass(frozen=True, slots=True)
class Verdict:
    """What Go said. `kind` names the rule that refused; it is empty where Go accepts."""

    kind: str
    error: str
    others: str | None
    """For kind "signature": Go's kind when the votes that do not verify are struck out."""

    @property
    def expected(self) -> str:
        """Go's kind, by the rule that a bad signature is not counted and fails nothing."""
        return self.kind if self.others is None else self.others

    @classmethod
    def read(cls, said: Any) -> Self:
        """From the program's JSON."""
        others = said.get("others")
        return cls(said["kind"], said["error"], others["kind"] if others else None)


@dataclass(frozen=True, slots=True)
class Case:
    """Light blocks in protobuf, the client's arguments, and two verdicts of Go's."""

    faults: tuple[str, ...]
    trusted: bytes
    trusted_next: bytes
    block: bytes
    level: tuple[int, int]
    period_ns: int
    drift_ns: int
    now: Time
    client: Verdict
    """Of `light.Verify` with these arguments."""
    enclave: Verdict
    """Of `light.Verify` at 2/3, whatever the time."""


@dataclass(frozen=True, slots=True)
class Hashes:
    """What Go computes of a light block."""

    header: bytes
    validators: bytes
    commit: bytes
    sign_bytes: tuple[bytes, ...]
    """Of each vote; none where it is absent."""


def light_cases(*, seed: int, count: int, faults: Sequence[str] = ()) -> Iterator[Case]:
    """Random cases, each fault in its turn; of these faults alone where some are named."""
    arguments = [f"-seed={seed}", f"-count={count}", f"-fault={','.join(faults)}"]
    with subprocess.Popen(
        [oracle("light"), "cases", *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield from map(_case, process.stdout)
    assert process.returncode == 0


def light_hashes(blocks: Sequence[bytes]) -> list[Hashes]:
    """Hashes of light blocks in protobuf."""
    result = subprocess.run(
        [oracle("light"), "hashes"],
        input="".join(block.hex() + "\n" for block in blocks),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return [_hashes(json.loads(line)) for line in result.stdout.splitlines()]


def _case(line: str) -> Case:
    said = json.loads(line)
    return Case(
        faults=tuple(said["faults"] or ()),
        trusted=bytes.fromhex(said["trusted"]),
        trusted_next=bytes.fromhex(said["trusted_next"]),
        block=bytes.fromhex(said["block"]),
        level=(said["level"][0], said["level"][1]),
        period_ns=said["period_ns"],
        drift_ns=said["drift_ns"],
        now=Time(*said["now"]),
        client=Verdict.read(said["client"]),
        enclave=Verdict.read(said["enclave"]),
    )


def _hashes(said: Any) -> Hashes:
    return Hashes(
        header=bytes.fromhex(said["header"]),
        validators=bytes.fromhex(said["validators"]),
        commit=bytes.fromhex(said["commit"]),
        sign_bytes=tuple(map(bytes.fromhex, said["sign_bytes"])),
    )
