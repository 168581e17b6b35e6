"""Kill -9 of the real process while requests are in flight, again and again.

After each kill the enclave must start from its directory alone, in a state that it acknowledged or
in the one that the request in flight leads to; its backup must hold that same state. A node key
that an answer named, and a seed, never change once acknowledged.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import grpc

from enclave.crypto.sealing import Role
from enclave.framework.enclave import Enclave
from enclave.framework.key_manager import MAX_QUOTES
from enclave.service.dispatch import METHODS
from enclave.software.attestor import SoftwareAttestor
from enclave.software.blueprint import QuoteKind
from enclave.wire import encode
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.enclaves import CODE, Entropy, MemoryStorage, Node
from tests.support.process import EnclaveProcess
from tests.support.world import Ledger

MEASUREMENT: Final = ("--measurement", CODE.mr_enclave.hex())
LONGEST_LIFE: Final = 0.15
"""Seconds from the first request to the kill: some tens of requests."""
KILLED_AT_START: Final = 0.15
"""Share of kills that hit a process before it serves."""
START_SECONDS: Final = 0.7
DEAD: Final = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED})

Move = Callable[[EnclaveProcess], object]
Info = pb.GetInfoResponse


class Wrong(AssertionError):
    """A restarted enclave is not what it said it was."""


class Machine:
    """One home directory, the chain around it, and what its enclave acknowledged so far."""

    def __init__(self, home: Path, rng: random.Random) -> None:
        self.home = home
        self.rng = rng
        self.ledger = Ledger()
        self.founder: Node | None = None
        if rng.random() < 0.7:
            self.founder = Node("founder")
            self.ledger.bootstrap(self.founder)
        self.acknowledged = Info(state=pb.ENCLAVE_STATE_EMPTY)
        self.in_flight = ""
        self.network_keys = b""

    def live(self) -> None:
        """One process: starts, is checked, is asked until it is killed."""
        if self.rng.random() < KILLED_AT_START:
            self._killed_at_start()
            return
        process = EnclaveProcess(self.home, *MEASUREMENT)
        timer = threading.Timer(self.rng.random() * LONGEST_LIFE, process.process.kill)
        try:
            self._check_start(process)
            timer.start()
            while True:
                self._ask(process)
        except grpc.RpcError as error:
            if error.code() not in DEAD:
                raise Wrong(f"{self.in_flight} in {self.acknowledged.state}: {error}") from None
        finally:
            timer.cancel()
            process.kill()

    def _killed_at_start(self) -> None:
        command = [sys.executable, "-m", "enclave", "--mode", "software", "--listen", "127.0.0.1:0"]
        with subprocess.Popen(
            [*command, "--home", str(self.home), *MEASUREMENT], stderr=subprocess.DEVNULL
        ) as process:
            time.sleep(self.rng.random() * START_SECONDS)
            process.kill()

    def _check_start(self, process: EnclaveProcess) -> None:
        found = _kept(process.info())
        wanted = self.acknowledged
        self.acknowledged = found
        if wanted.node_id and found != wanted and not self._follows(wanted, found):
            raise Wrong(f"after {self.in_flight}: {found} where {wanted} was acknowledged")
        if not wanted.node_id and found.state not in self._first_states():
            raise Wrong(f"after {self.in_flight}: {found} where nothing was acknowledged")
        self.in_flight = ""
        self._check_keys(process)
        self._check_backup()

    def _first_states(self) -> tuple[pb.EnclaveState, ...]:
        made = {"Bootstrap": pb.ENCLAVE_STATE_HOLDER, "CreateNodeKey": pb.ENCLAVE_STATE_KEYED}
        return (pb.ENCLAVE_STATE_EMPTY, *(made[m] for m in (self.in_flight,) if m in made))

    def _follows(self, before: Info, after: Info) -> bool:
        """Whether the request in flight leads from the one to the other."""
        same = (before.node_id, before.exchange_key) == (after.node_id, after.exchange_key)
        match self.in_flight:
            case "CreateNodeKey":
                return not same and (after.state, after.quotes) == (pb.ENCLAVE_STATE_KEYED, 0)
            case "MakeQuote":
                holder = before.state == pb.ENCLAVE_STATE_HOLDER
                state = pb.ENCLAVE_STATE_HOLDER if holder else pb.ENCLAVE_STATE_PENDING
                kept = not holder or before.tls_key == after.tls_key
                one_more = after.quotes == min(before.quotes + 1, MAX_QUOTES)
                return same and kept and one_more and after.state == state
            case "ImportSeed":
                return same and after.state == pb.ENCLAVE_STATE_HOLDER and after.quotes == 0
            case _:
                return False

    def _check_keys(self, process: EnclaveProcess) -> None:
        if self.acknowledged.state != pb.ENCLAVE_STATE_HOLDER:
            return
        keys = process.raw("GetNetworkKeys", b"")
        if self.founder is not None:
            self.network_keys = METHODS["GetNetworkKeys"](self.founder.enclave, b"")
        if keys != (self.network_keys or keys):
            raise Wrong("a holder holds another seed than before")
        self.network_keys = keys

    def _check_backup(self) -> None:
        """The stored backup, restored elsewhere, is the stored state."""
        if self.acknowledged.state == pb.ENCLAVE_STATE_EMPTY:
            return
        stored = {Role.STATE: "state.sealed", Role.BACKUP: "backup.sealed"}
        blobs = {role: (self.home / name).read_bytes() for role, name in stored.items()}
        running, restored = self._start({Role.STATE: blobs[Role.STATE]}), self._start({})
        request = pb.RestoreRequest(
            backup=blobs[Role.BACKUP], network_id=self.acknowledged.network_id
        )
        METHODS["Restore"](restored, encode(request))
        ours, theirs = (METHODS["GetInfo"](enclave, b"") for enclave in (running, restored))
        if ours != theirs:
            raise Wrong("the backup holds another state")

    def _start(self, blobs: Mapping[Role, bytes]) -> Enclave:
        storage = MemoryStorage()
        storage.blobs = dict(blobs)
        attestor = SoftwareAttestor(measurement=CODE, ppid=bytes(16), kind=QuoteKind.SGX_V3)
        seal_key = (self.home / "software-seal.key").read_bytes()
        return Enclave(
            attestor=attestor, storage=storage, seal_key=seal_key, entropy=Entropy("check")
        )

    def _ask(self, process: EnclaveProcess) -> None:
        """One request, and what it acknowledged."""
        self.in_flight, move = self.rng.choice(self._moves())
        try:
            move(process)
        except grpc.RpcError as error:
            # Seventeen quotes later the recorded one is forgotten: the one refusal to expect.
            if self.in_flight != "ImportSeed" or error.code() in DEAD:
                raise
            if _kept(process.info()) != self.acknowledged:
                raise Wrong("a refused request changed something") from None
        self.acknowledged = _kept(process.info())
        self.in_flight = ""

    def _moves(self) -> list[tuple[str, Move]]:
        match self.acknowledged.state:
            case pb.ENCLAVE_STATE_EMPTY if self.founder is None:
                return [("Bootstrap", self.ledger.bootstrap)]
            case pb.ENCLAVE_STATE_EMPTY:
                return [("CreateNodeKey", self.ledger.prepare)]
            case pb.ENCLAVE_STATE_HOLDER:
                return [("MakeQuote", self._renew), ("GetInfo", EnclaveProcess.info)]
        moves: list[tuple[str, Move]] = [("MakeQuote", self._quote), ("MakeQuote", self._register)]
        if self.acknowledged.node_id in self.ledger.records:
            moves += [("ImportSeed", self._import_seed)]
        return [*moves, ("CreateNodeKey", self._discard)]

    def _discard(self, process: EnclaveProcess) -> None:
        kem_io = self.ledger.keys[-1].kem_io
        process.create_node_key(self.ledger.network, kem_io=kem_io, discard=True)

    def _quote(self, process: EnclaveProcess) -> None:
        self.ledger.height += 1
        process.make_quote(self.ledger.purpose())

    def _register(self, process: EnclaveProcess) -> None:
        assert self.founder is not None
        self.ledger.height += 1
        self.ledger.register(process, self.founder)

    def _import_seed(self, process: EnclaveProcess) -> None:
        process.import_seed(self.ledger.proof(process))

    def _renew(self, process: EnclaveProcess) -> None:
        if self.acknowledged.node_id not in self.ledger.records:
            # A founder whose first answer nobody heard.
            process.raw("MakeQuote", encode(pb.MakeQuoteRequest(bootstrap=pb.BootstrapPurpose())))
            return
        purpose = self.ledger.purpose()
        purpose.chain.CopyFrom(self.ledger.proof(process, anchors=[purpose.anchor_height]))
        process.make_quote(purpose)


def _kept(info: Info) -> Info:
    """What outlives a process: all but the nonce of its start, and how long that lasts."""
    kept = Info()
    kept.CopyFrom(info)
    kept.ClearField("freshness_nonce")
    kept.ClearField("fresh_until")
    return kept


def kill_loop(kills: int, *, seed: int) -> int:
    """Kills that many processes, on new machines now and then. Returns the count.

    Raises:
        Wrong: naming what was acknowledged and what was found.
    """
    rng = random.Random(seed)  # noqa: S311 (repeatable on purpose)
    done = 0
    while done < kills:
        with tempfile.TemporaryDirectory() as folder:
            machine = Machine(Path(folder) / "home", rng)
            for _ in range(min(rng.randrange(4, 20), kills - done)):
                machine.live()
                done += 1
    return done
