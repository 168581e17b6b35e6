"""Each errno of a listener is one cause; one that is not known keeps the system's words."""

from __future__ import annotations

import errno
import os
import socket

import pytest

from enclave.errors import Code, Refusal
from enclave.service.listening import try_to_listen, why_not

CAUSES = {
    errno.EADDRINUSE: Code.PORT_TAKEN,
    errno.EADDRNOTAVAIL: Code.ADDRESS_NOT_HERE,
    errno.EAFNOSUPPORT: Code.ADDRESS_NOT_HERE,
    errno.EACCES: Code.PORT_NOT_ALLOWED,
    errno.EPERM: Code.PORT_NOT_ALLOWED,
}


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_every_errno_has_one_cause(number: int) -> None:
    found = why_not(OSError(number, os.strerror(number)), "127.0.0.1:1", what="it")
    assert found.code is CAUSES.get(number, Code.CANNOT_LISTEN)
    assert found.expected == "to listen at 127.0.0.1:1 for it"
    assert found.code is not Code.CANNOT_LISTEN or found.found == os.strerror(number)


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (OSError(errno.EADDRINUSE, "in use"), "another program that listens there"),
        (OSError(errno.EADDRNOTAVAIL, "none"), "an address that is not this machine's"),
        (OSError(errno.EACCES, "denied"), "a port that this user may not open"),
        (OSError("cut"), "OSError"),
    ],
)
def test_what_was_found_is_in_our_words_or_the_systems(error: OSError, found: str) -> None:
    assert why_not(error, "127.0.0.1:1", what="it").found == found


@pytest.mark.parametrize(
    "error",
    [
        socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
        socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
        UnicodeError("label too long"),
    ],
)
def test_a_name_that_does_not_resolve_is_no_taken_port(error: OSError | UnicodeError) -> None:
    assert why_not(error, "name:1", what="it").code is Code.ADDRESS_UNKNOWN


def test_a_port_is_free_again_after_it_was_asked() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Refusal) as caught:
            try_to_listen(address, what="it")
        assert caught.value.code is Code.PORT_TAKEN
    for _ in range(2):
        try_to_listen(address, what="it")
