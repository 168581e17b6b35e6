"""Why nobody can listen at an address: each cause has a code, and so a remedy, of its own.

gRPC says of none of them what it is. So a server asks here first, and the address is free again
afterwards.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Mapping
from typing import Final

from enclave.errors import Code, Refusal, words_of

_CAUSES: Final[Mapping[int, Code]] = {
    errno.EADDRINUSE: Code.PORT_TAKEN,
    errno.EADDRNOTAVAIL: Code.ADDRESS_NOT_HERE,
    errno.EAFNOSUPPORT: Code.ADDRESS_NOT_HERE,
    errno.EACCES: Code.PORT_NOT_ALLOWED,
    errno.EPERM: Code.PORT_NOT_ALLOWED,
}
_WORDS: Final[Mapping[Code, str]] = {
    Code.PORT_TAKEN: "another program that listens there",
    Code.ADDRESS_NOT_HERE: "an address that is not this machine's",
    Code.PORT_NOT_ALLOWED: "a port that this user may not open",
}


def try_to_listen(address: str, *, what: str) -> None:
    """That a server could listen there now.

    Args:
        address: HOST:PORT; an IPv6 address in brackets.
        what: would listen, in words.

    Raises:
        Refusal: as `why_not`.
    """
    host, _, port = address.rpartition(":")
    try:
        kind = socket.SOCK_STREAM
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=kind)
        family, kind, proto, _, place = found[0]
        with socket.socket(family, kind, proto) as probe:
            # As servers do: a port that only ended connections still hold is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
            probe.listen()
    except (OSError, UnicodeError) as error:
        raise why_not(error, address, what=what) from None


def why_not(error: OSError | UnicodeError, address: str, *, what: str) -> Refusal:
    """The refusal that an error of the system is.

    It is PORT_TAKEN, ADDRESS_NOT_HERE, PORT_NOT_ALLOWED, ADDRESS_UNKNOWN for a name that does not
    resolve, or CANNOT_LISTEN with the system's words.
    """
    expected = f"to listen at {address} for {what}"
    # A name with a label that is too long is refused before anybody is asked.
    if isinstance(error, socket.gaierror | UnicodeError):
        words = getattr(error, "strerror", None) or "no name of a host"
        return Refusal(Code.ADDRESS_UNKNOWN, expected=expected, found=words)
    code = _CAUSES.get(error.errno or 0, Code.CANNOT_LISTEN)
    found = _WORDS.get(code) or words_of(error)
    return Refusal(code, expected=expected, found=found)
