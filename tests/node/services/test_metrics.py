"""The figures: each method changes its own, and Prometheus' parser reads all of them."""

from __future__ import annotations

import socket
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from http import HTTPStatus

import pytest
from prometheus_client.parser import text_string_to_metric_families

from node.metrics import Metrics
from node.services import CannotServe, MetricsServer
from node.services.metrics_server import MAX_CONNECTIONS

CHANGES: dict[str, tuple[Callable[[Metrics], object], dict[str, str], float]] = {
    "height": (lambda m: m.block_committed(height=7, time_ns=1), {}, 7),
    "abci_call_seconds_count": (
        lambda m: m.abci_call("finalize", seconds=0.1),
        {"call": "finalize"},
        1,
    ),
    "registers_total": (
        lambda m: m.register_committed(code="accepted"),
        {"code": "accepted"},
        1,
    ),
    "registers_refused_total": (
        lambda m: m.register_refused(code="frozen"),
        {"code": "frozen"},
        1,
    ),
    "proposals_refused_total": (
        lambda m: m.proposal_refused(code="proposal_too_much"),
        {"code": "proposal_too_much"},
        1,
    ),
    "confirms_total": (
        lambda m: m.confirms_judged(compared=3, not_compared=1),
        {"envelope": "compared"},
        3,
    ),
    "host_faults_total": (lambda m: m.host_fault("Renewal"), {"handler": "Renewal"}, 1),
    "enclave_up": (lambda m: m.enclave_up(up=True), {}, 1),
    "enclave_forked": (lambda m: m.enclave_forked(forked=True), {}, 1),
    "enclave_call_seconds_sum": (
        lambda m: m.enclave_call("ConfirmNodes", seconds=0.5),
        {"method": "ConfirmNodes"},
        0.5,
    ),
    "enclave_failures_total": (lambda m: m.enclave_failed(kind="late"), {"kind": "late"}, 1),
    "mempool_registers": (lambda m: m.mempool_registers(4), {}, 4),
    "storage_commit_seconds_sum": (lambda m: m.storage_committed(seconds=0.25), {}, 0.25),
    "snapshot_height": (lambda m: m.snapshot_written(height=500), {}, 500),
    "grpc_requests_total": (
        lambda m: m.grpc_call("/a.B/C", code="OK", seconds=0.1),
        {"code": "OK", "method": "/a.B/C"},
        1,
    ),
    "query_process_height": (lambda m: m.query_process_alive(7, b""), {}, 7),
    "query_process_starts_total": (lambda m: m.query_process_started(), {}, 1),
    "own_record_expires_at_seconds": (lambda m: m.own_record(expires_at=1800), {}, 1800),
    "enclave_fresh_until_height": (lambda m: m.fresh_until(height=1700), {}, 1700),
    "operator_cannot_pay": (lambda m: m.operator_can_pay(can=False), {}, 1),
}


def read(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample, by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.text())
        for sample in family.samples
    }


@pytest.mark.parametrize("name", CHANGES)
def test_each_method_changes_its_figure(name: str) -> None:
    change, labels, wanted = CHANGES[name]
    metrics = Metrics()
    key = (f"seedpact_{name}", frozenset(labels.items()))
    assert read(metrics).get(key, 0) == 0
    change(metrics)
    assert read(metrics)[key] == wanted


def test_every_method_is_tried() -> None:
    methods = {name for name in vars(Metrics) if not name.startswith("_")}
    tried = {name for change, _, _ in CHANGES.values() for name in change.__code__.co_names}
    assert methods - tried == {"text", "services_text", "query_process_ended"}


def test_figures_of_the_query_process_are_its_nodes() -> None:
    """They come as text, and take the place of what is counted here."""
    node, process = Metrics(), Metrics()
    process.grpc_call("/a.B/C", code="OK", seconds=0.1)
    node.query_process_alive(7, process.services_text().encode())
    calls = ("seedpact_grpc_requests_total", frozenset({"code": "OK", "method": "/a.B/C"}.items()))
    assert read(node)[calls] == 1
    seconds = ("seedpact_grpc_request_seconds_sum", frozenset({"method": "/a.B/C"}.items()))
    assert read(node)[seconds] == 0.1
    assert "seedpact_height" not in process.services_text()
    node.query_process_ended()
    assert read(node)[("seedpact_query_process_height", frozenset())] == 0
    assert read(node)[calls] == 1


def test_the_interval_of_blocks_is_that_of_their_headers() -> None:
    metrics = Metrics()
    for height, seconds in ((1, 10), (2, 11), (3, 14)):
        metrics.block_committed(height=height, time_ns=seconds * 10**9)
    found = read(metrics)
    assert found[("seedpact_block_interval_seconds_count", frozenset())] == 2
    assert found[("seedpact_block_interval_seconds_sum", frozenset())] == 4


def test_two_nodes_in_one_process_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.block_committed(height=3, time_ns=1)
    assert read(second)[("seedpact_height", frozenset())] == 0


def test_prometheus_reads_them_over_http() -> None:
    metrics = Metrics()
    metrics.block_committed(height=42, time_ns=1)
    with MetricsServer(metrics, address="127.0.0.1:0") as server:
        place = server.address
        with urllib.request.urlopen(f"http://{place}/metrics", timeout=30) as answer:
            assert "seedpact_height 42.0" in answer.read().decode()
        with (
            pytest.raises(CannotServe) as caught,
            MetricsServer(metrics, address=place),
        ):
            pass
    assert caught.value.code == "port_taken"
    assert caught.value.expected == f"to listen at {place} for metrics"


def test_connections_are_few_and_short() -> None:
    """They are served by the node's own process, which has only so many threads and files."""
    with ExitStack() as stack:
        server = MetricsServer(Metrics(), address="127.0.0.1:0", connection_secs=0.05)
        stack.enter_context(server)
        host, _, port = server.address.rpartition(":")
        silent = [
            stack.enter_context(socket.create_connection((host, int(port)), timeout=10))
            for _ in range(3 * MAX_CONNECTIONS)
        ]
        for connection in silent:
            assert connection.recv(1) == b""  # it is over one limit, or the other
        with urllib.request.urlopen(f"http://{server.address}/metrics", timeout=10) as answer:
            assert answer.status == HTTPStatus.OK


def test_one_connection_too_many_is_closed() -> None:
    with ExitStack() as stack:
        server = MetricsServer(Metrics(), address="127.0.0.1:0", connection_secs=600)
        stack.enter_context(server)
        host, _, port = server.address.rpartition(":")
        silent = [
            stack.enter_context(socket.create_connection((host, int(port)), timeout=10))
            for _ in range(MAX_CONNECTIONS + 1)
        ]
        assert silent.pop().recv(1) == b""
        for connection in silent:
            connection.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            assert connection.recv(9) == b"HTTP/1.0 "
