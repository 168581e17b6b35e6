"""Addresses to listen at, and why nobody can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from enclave.errors import Refusal
from enclave.service import listening
from node.services.failures import CannotServe, ServiceCode


@dataclass(frozen=True, slots=True)
class HostPort:
    """A host and a port. IPv6 addresses stand in brackets in text, and without them here."""

    host: str
    port: int
    """0 takes a free one."""

    @classmethod
    def parse(cls, address: str) -> Self:
        """From HOST:PORT. Raises ValueError."""
        host, _, port = address.rpartition(":")
        return cls(host.strip("[]"), int(port))

    def at(self, port: int) -> str:
        """The text with that port."""
        return f"[{self.host}]:{port}" if ":" in self.host else f"{self.host}:{port}"


def try_to_listen(wanted: HostPort, *, what: str) -> None:
    """Raises CannotServe where a server could not listen now; the address is free afterwards."""
    try:
        listening.try_to_listen(wanted.at(wanted.port), what=what)
    except Refusal as refusal:
        raise _cannot(refusal) from None


def why_not(error: OSError | UnicodeError, wanted: HostPort, *, what: str) -> CannotServe:
    """The failure that an error of the system is."""
    return _cannot(listening.why_not(error, wanted.at(wanted.port), what=what))


def _cannot(refusal: Refusal) -> CannotServe:
    known = {str(code): code for code in ServiceCode}
    code = known.get(str(refusal.code), ServiceCode.CANNOT_LISTEN)
    return CannotServe(code, expected=refusal.expected, found=refusal.found)
