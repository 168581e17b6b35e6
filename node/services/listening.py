"""Addresses to listen at, and why nobody can."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from typing import Self

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
        kind = socket.SOCK_STREAM
        family, kind, proto, _, place = socket.getaddrinfo(wanted.host, wanted.port, type=kind)[0]
        with socket.socket(family, kind, proto) as probe:
            # As servers do: a connection of before may still end.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
            probe.listen()
    except OSError as error:
        raise why_not(error, wanted, what=what) from None


def why_not(error: OSError, wanted: HostPort, *, what: str) -> CannotServe:
    """The failure that an error of the system is."""
    taken = error.errno == errno.EADDRINUSE
    return CannotServe(
        ServiceCode.PORT_TAKEN if taken else ServiceCode.CANNOT_LISTEN,
        expected=f"to listen at {wanted.at(wanted.port)} for {what}",
        found=error.strerror or type(error).__name__,
    )
