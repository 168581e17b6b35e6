"""Who may call now: so many calls of one client, so many simulations of all.

A call over a limit is refused at once and not kept, so that it holds no thread that another client
waits for. It counts before its message has come: a client that sends none takes a thread like any
other. Simulations cost the most and need no account; they have few places, and a short queue.
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from node.services.failures import QueryCode, QueryRefused, exhausted
from node.services.limits import ServerLimits

SIMULATE: Final = "/cosmos.tx.v1beta1.Service/Simulate"
IPV6_PREFIX: Final = 64
"""Bits that a subscriber is given: all addresses below are one client's."""


class Admission:
    """The calls at work in one server. Any thread may use it."""

    def __init__(self, limits: ServerLimits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._of_client: Counter[str] = Counter()
        self._simulations = 0
        self._places = threading.Semaphore(limits.simulations)

    def enter(self, client: str) -> Callable[[], None]:
        """A call of `client`, as `client_of`, begins. What is returned ends it, once.

        Raises:
            QueryRefused: RESOURCE_EXHAUSTED.
        """
        most = self._limits.client_calls
        with self._lock:
            if self._of_client[client] >= most:
                raise exhausted(
                    QueryCode.TOO_MANY_CALLS,
                    expected=f"at most {most} calls of one client",
                    found="one more; wait for an answer before you ask again",
                )
            self._of_client[client] += 1
        return functools.partial(self._leave, client)

    @contextlib.contextmanager
    def call(self, client: str) -> Iterator[None]:
        """The same for a block. Raises QueryRefused as `enter`."""
        leave = self.enter(client)
        try:
            yield
        finally:
            leave()

    def work(self, method: str) -> contextlib.AbstractContextManager[None]:
        """The work of a call whose message is there, by its path.

        Raises QueryRefused: RESOURCE_EXHAUSTED, when the block begins.
        """
        return self._simulation() if method == SIMULATE else contextlib.nullcontext()

    def _leave(self, client: str) -> None:
        with self._lock:
            self._of_client[client] -= 1
            if not self._of_client[client]:
                del self._of_client[client]

    @contextlib.contextmanager
    def _simulation(self) -> Iterator[None]:
        limits = self._limits
        with self._lock:
            if self._simulations >= limits.simulations + limits.waiting_simulations:
                raise self._too_many("one more")
            self._simulations += 1
        try:
            if not self._places.acquire(timeout=limits.simulation_wait_secs):
                raise self._too_many(f"none that ended in {limits.simulation_wait_secs:g} s")
            try:
                yield
            finally:
                self._places.release()
        finally:
            with self._lock:
                self._simulations -= 1

    def _too_many(self, found: str) -> QueryRefused:
        limits = self._limits
        return exhausted(
            QueryCode.TOO_MANY_SIMULATIONS,
            expected=f"at most {limits.simulations} simulations at work and "
            f"{limits.waiting_simulations} that wait, of all clients",
            found=f"{found}; ask again in a moment, or simulate on a node of your own",
        )


def client_of(peer: str) -> str:
    """Whose call it is, of gRPC's name of a peer ("ipv4:1.2.3.4:5", "ipv6:%5B::1%5D:5")."""
    kind, _, rest = peer.partition(":")
    host = rest.rpartition(":")[0].removeprefix("%5B").removesuffix("%5D").strip("[]")
    if kind != "ipv6":
        return host or peer
    try:
        address = ipaddress.IPv6Address(host.partition("%")[0])
    except ValueError:
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, IPV6_PREFIX), strict=False))
