"""Limits of calls at work: a client leaves places to others, simulations have few of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import grpc
import pytest

from node.services import QueryRefused, ServerLimits
from node.services.admission import SIMULATE, Admission, client_of
from node.services.table import all_queries
from tests.support.services import address_of, serve

PARAMS: Final = "/cosmos.bank.v1beta1.Query/Params"
LIMITS: Final = ServerLimits(
    client_calls=3, simulations=1, waiting_simulations=1, simulation_wait_secs=0.0
)


@contextmanager
def begun(admission: Admission, method: str, *, client: str) -> Iterator[None]:
    """A call at work."""
    with admission.call(client), admission.work(method):
        yield


def refusal(admission: Admission, method: str, *, client: str) -> str:
    """The text with which a call is refused."""
    with pytest.raises(QueryRefused) as caught, begun(admission, method, client=client):
        pass
    assert caught.value.status is grpc.StatusCode.RESOURCE_EXHAUSTED
    return caught.value.text


def test_one_client_leaves_places_to_others() -> None:
    admission = Admission(LIMITS)
    with ExitStack() as stack:
        for _ in range(LIMITS.client_calls):
            stack.enter_context(begun(admission, PARAMS, client="a"))
        text = refusal(admission, PARAMS, client="a")
        assert text == (
            "too_many_calls: expected at most 3 calls of one client, found one more; "
            "wait for an answer before you ask again"
        )
        with begun(admission, PARAMS, client="b"):
            pass
    with begun(admission, PARAMS, client="a"):
        pass


def test_simulations_have_few_places_and_hold_up_nothing_else() -> None:
    """Of all clients together. One that is refused gives back what it had."""
    admission = Admission(LIMITS)
    with begun(admission, SIMULATE, client="a"):
        for client in ("b", "c", "d") * 3:
            text = refusal(admission, SIMULATE, client=client)
            assert text.startswith("too_many_simulations: expected at most 1 simulations at work")
            with begun(admission, PARAMS, client=client):
                pass
    with begun(admission, SIMULATE, client="b"):
        pass


def test_more_simulations_than_may_wait_are_refused_at_once() -> None:
    limits = ServerLimits(simulations=0, waiting_simulations=0, simulation_wait_secs=0.01)
    text = refusal(Admission(limits), SIMULATE, client="a")
    assert text.startswith("too_many_simulations: ")
    assert "found one more; ask again in a moment" in text
    limits = replace(limits, waiting_simulations=1)
    text = refusal(Admission(limits), SIMULATE, client="a")
    assert "found none that ended in 0.01 s; ask again in a moment" in text


def test_a_call_that_fails_leaves_its_place() -> None:
    admission = Admission(LIMITS)
    for _ in range(10):
        with pytest.raises(LookupError), begun(admission, SIMULATE, client="a"):
            raise LookupError


@pytest.mark.parametrize(
    ("peer", "client"),
    [
        ("ipv4:192.0.2.1:50001", "192.0.2.1"),
        ("ipv6:%5B2001:db8:1:2:3:4:5:6%5D:50001", "2001:db8:1:2::/64"),
        ("ipv6:[2001:db8:1:2::9]:50002", "2001:db8:1:2::/64"),
        ("ipv6:%5B::ffff:192.0.2.1%5D:1", "192.0.2.1"),
        ("ipv6:%5Bfe80::1%25eth0%5D:1", "fe80::/64"),
        ("ipv6:nothing", ""),
        ("unix:", "unix:"),
        ("", ""),
    ],
)
def test_clients_are_told_apart_by_their_address(peer: str, client: str) -> None:
    assert client_of(peer) == client


@pytest.mark.parametrize(
    ("path", "limits", "code"),
    [
        (PARAMS, ServerLimits(client_calls=0), "too_many_calls"),
        (SIMULATE, ServerLimits(simulations=0, waiting_simulations=0), "too_many_simulations"),
    ],
)
def test_a_server_keeps_them(tmp_path: Path, path: str, limits: ServerLimits, code: str) -> None:
    with serve(tmp_path, all_queries(), balances={address_of(1): 5}, limits=limits) as served:
        with pytest.raises(grpc.RpcError) as caught:
            served.call(path, b"")
        counted = f'{{code="RESOURCE_EXHAUSTED",method="{path}"}} 1.0'
        assert counted in served.metrics.text()
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert (caught.value.details() or "").startswith(f"{code}: expected at most ")
