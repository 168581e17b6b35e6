"""The collateral that the operator named last: `register --collateral` leaves it in the home.

Renewals take it from there, so that a node goes on when what the chain keeps for its family ends.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from enclave.attestation.collateral import Collateral
from enclave.attestation.limits import MAX_COLLATERAL_BYTES
from enclave.errors import Refusal, words_of
from node.config.files import replace_file
from node.log import Log


@dataclass(frozen=True, slots=True)
class NamedCollateral:
    """A file of a home, in the one form that the chain takes."""

    path: Path

    def keep(self, collateral: bytes) -> None:
        """Puts it in the place of the one before. Raises ConfigFailure, CANNOT_WRITE."""
        replace_file(self.path, collateral)

    def read(self, *, log: Log, needed: bool) -> bytes:
        """What was named; b"" where nothing was, or where it cannot be used, which is logged.

        Args:
            log: the node's.
            needed: whether there is no other but the chain's: then it is said that none is here.
        """
        try:
            raw = _read(self.path)
        except FileNotFoundError:
            if needed:
                self._warn(log, code="collateral_missing", found="no file: the chain's is used")
            return b""
        except OSError as error:
            self._warn(log, code="config_unreadable", found=words_of(error))
            return b""
        try:
            Collateral.parse(raw)
        except Refusal as refusal:
            self._warn(log, code=refusal.code, found=f"{refusal.found}, not {refusal.expected}")
            return b""
        return raw

    def _warn(self, log: Log, *, code: str, found: str) -> None:
        log("warning", "collateral_unusable", path=str(self.path), code=code, found=found)


def _read(path: Path) -> bytes:
    """At most one byte above the limit, of a plain file: a pipe could keep us for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(None, "no plain file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_COLLATERAL_BYTES + 1)
    finally:
        os.close(descriptor)
