"""What the node counts, for Prometheus: one method for each thing that can happen.

Whoever calls these methods knows nothing of Prometheus. Names and labels are public values of a
small number: no address, hash or node id is a label.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

PREFIX: Final = "seedpact"

_CALL_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Seconds: the enclave's deadlines are 0.25 and 0.5."""
_BLOCK_BUCKETS: Final = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0, 20.0, 60.0)


class Services(Collector):
    """The figures of the gRPC services: counted here, or by the query process once it sent any.

    They are read where Prometheus asks, and not where they come: a node's own work comes first.
    """

    def __init__(self) -> None:
        self.own = CollectorRegistry()
        self.elsewhere = b""
        self._calls = Counter(
            f"{PREFIX}_grpc_requests_total",
            "gRPC calls by method and status",
            ("method", "code"),
            registry=self.own,
        )
        self._seconds = Histogram(
            f"{PREFIX}_grpc_request_seconds",
            "Answering a gRPC call",
            ("method",),
            buckets=_CALL_BUCKETS,
            registry=self.own,
        )

    def call(self, method: str, *, code: str, seconds: float) -> None:
        """As `Metrics.grpc_call`."""
        self._calls.labels(method, code).inc()
        self._seconds.labels(method).observe(seconds)

    def collect(self) -> Iterable[Metric]:
        """As a registry's collector."""
        if not self.elsewhere:
            return self.own.collect()
        return text_string_to_metric_families(self.elsewhere.decode())


class Metrics:
    """The figures of one node, in a registry of their own. Any thread may call it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._height = self._gauge("height", "Of the last committed block")
        self._block_interval = self._histogram(
            "block_interval_seconds", "Between the header times of blocks", buckets=_BLOCK_BUCKETS
        )
        self._last_time_ns = 0
        self._abci = self._histogram(
            "abci_call_seconds", "Work of the application in one call", "call"
        )
        self._registers = self._counter(
            "registers_total", "Registers in committed blocks, by their result", "code"
        )
        self._registers_refused = self._counter(
            "registers_refused_total", "Registers that the mempool refused, by the rule", "code"
        )
        self._proposals_refused = self._counter(
            "proposals_refused_total", "Blocks that this node would not vote for", "code"
        )
        self._confirms = self._counter(
            "confirms_total",
            "Confirms in others' proposals: envelope compared with the own enclave's, or not",
            "envelope",
        )
        self._enclave_up = self._gauge("enclave_up", "1 while the enclave is asked, 0 while away")
        self._forked = self._gauge(
            "enclave_forked", "1 once a fork of the chain was proven to the enclave; for ever"
        )
        self._enclave_calls = self._histogram(
            "enclave_call_seconds", "Calls to the enclave, by method", "method"
        )
        self._enclave_failures = self._counter(
            "enclave_failures_total",
            "Calls without an answer, by kind: away, late, refused",
            "kind",
        )
        self._waiting = self._gauge("mempool_registers", "Registers that wait in this mempool")
        self._storage = self._histogram("storage_commit_seconds", "The synced write of a block")
        self._snapshot = self._gauge("snapshot_height", "Of the newest snapshot on disk")
        self._services = Services()
        self.registry.register(self._services)
        self._queries = self._gauge(
            "query_process_height", "Of the copy of the state that queries read; 0 without one"
        )
        self._query_starts = self._counter(
            "query_process_starts_total", "Starts of the process that answers queries"
        )
        self._expiry = self._gauge(
            "own_record_expires_at_seconds", "Unix time; 0 while there is no record of this node"
        )
        self._fresh_until = self._gauge(
            "enclave_fresh_until_height",
            "Last block that the enclave confirms for; 0 while it is not fresh",
        )
        self._handler_faults = self._counter(
            "host_faults_total", "Faults of the host's own code, by the handler", "handler"
        )
        self._cannot_pay = self._gauge(
            "operator_cannot_pay", "1 while the operator has less than its node's next nonce costs"
        )

    # The chain.

    def block_committed(self, *, height: int, time_ns: int) -> None:
        """A block was committed; `time_ns` is in its header, unix nanoseconds."""
        self._height.set(height)
        if self._last_time_ns:
            self._block_interval.observe(max(0, time_ns - self._last_time_ns) / 1e9)
        self._last_time_ns = time_ns

    def abci_call(self, call: str, *, seconds: float) -> None:
        """The application did `call`: prepare, process, finalize, commit, check_tx or query."""
        self._abci.labels(call).observe(seconds)

    def register_committed(self, *, code: str) -> None:
        """A register stands in a block. `code`: "accepted", or the name of the rule."""
        self._registers.labels(code).inc()

    def register_refused(self, *, code: str) -> None:
        """CheckTx refused a register. `code`: the name of the rule."""
        self._registers_refused.labels(code).inc()

    def proposal_refused(self, *, code: str) -> None:
        """ProcessProposal said no. `code`: the name of the rule."""
        self._proposals_refused.labels(code).inc()

    def confirms_judged(self, *, compared: int, not_compared: int) -> None:
        """Confirms of a proposal: with an envelope of this node's enclave to compare, or none."""
        self._confirms.labels("compared").inc(compared)
        self._confirms.labels("not_compared").inc(not_compared)

    def mempool_registers(self, count: int) -> None:
        """Registers that wait."""
        self._waiting.set(count)

    def own_record(self, *, expires_at: int) -> None:
        """The record of this node's enclave. `expires_at`: unix seconds; 0 without a record."""
        self._expiry.set(expires_at)

    def fresh_until(self, *, height: int) -> None:
        """The last block that this node's enclave confirms for; 0 while it is not fresh."""
        self._fresh_until.set(height)

    def operator_can_pay(self, *, can: bool) -> None:
        """Whether the node's operator can pay for the enclave's next nonce."""
        self._cannot_pay.set(int(not can))

    # The host.

    def host_fault(self, handler: str) -> None:
        """A handler, or the loop itself, met a fault of its own. `handler`: its name."""
        self._handler_faults.labels(handler).inc()

    # The enclave.

    def enclave_up(self, *, up: bool) -> None:
        """Whether the enclave is asked."""
        self._enclave_up.set(int(up))

    def enclave_forked(self, *, forked: bool) -> None:
        """Whether a fork of the chain was proven to the enclave."""
        self._forked.set(int(forked))

    def enclave_call(self, method: str, *, seconds: float) -> None:
        """A call was answered."""
        self._enclave_calls.labels(method).observe(seconds)

    def enclave_failed(self, *, kind: str) -> None:
        """A call was not. `kind`: "away", "late" (past its deadline), "refused" or "fault"."""
        self._enclave_failures.labels(kind).inc()

    # The disk.

    def storage_committed(self, *, seconds: float) -> None:
        """A block's write is on the disk."""
        self._storage.observe(seconds)

    def snapshot_written(self, *, height: int) -> None:
        """A snapshot is on the disk."""
        self._snapshot.set(height)

    # The services.

    def grpc_call(self, method: str, *, code: str, seconds: float) -> None:
        """A call was answered. `method`: a path of the table; `code`: gRPC's name."""
        self._services.call(method, code=code, seconds=seconds)

    def services_text(self) -> str:
        """The figures of the services alone, as the query process sends them to its node."""
        return generate_latest(self._services.own).decode()

    def query_process_started(self) -> None:
        """The process that answers queries was started, the first time or again."""
        self._query_starts.inc()

    def query_process_alive(self, height: int, services: bytes) -> None:
        """It says how far its copy of the state is, and its own `services_text`."""
        self._queries.set(height)
        self._services.elsewhere = services

    def query_process_ended(self) -> None:
        """It is gone. Its figures stay until there is another, which counts from 0."""
        self._queries.set(0)

    def text(self) -> str:
        """All figures in Prometheus' text format."""
        return generate_latest(self.registry).decode()

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"{PREFIX}_{name}", text, registry=self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", text, labels, registry=self.registry)

    def _histogram(
        self, name: str, text: str, *labels: str, buckets: tuple[float, ...] = _CALL_BUCKETS
    ) -> Histogram:
        return Histogram(f"{PREFIX}_{name}", text, labels, buckets=buckets, registry=self.registry)
