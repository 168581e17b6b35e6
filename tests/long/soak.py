"""`python -m tests.long.soak FOLDER MINUTES`: a network under load for that long, then checked.

The network lies in FOLDER and is founded where there is none, or one of another commit; a later
call goes on with it. Bank sends and registrations run all the time, records live so briefly that
every node renews its own again and again, and processes of two nodes are killed now and then. In
the end: one app hash, balances that sum to the supply on each disk, memory and files within bounds,
no error in a log that a kill does not explain. One line on stdout says what it was; exit code 1,
with the reason, where something is wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import random
import re
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from chain_module.app.modules import STORES
from chain_module.bank.balances import check_supply, supply
from chain_module.bank.coins import DENOM
from node.config.parts import Part, log_file
from node.genesis import GenesisFile
from node.localnet.plan import FAUCET_FUNDS, OPERATOR_FUNDS
from node.storage import open_storage
from seedpact.registration.v1 import types_pb2
from tests.long.record import commit
from tests.long.watching import Watch, check_bounds
from tests.support.faults import Registrations, check_one_state, load, registrations
from tests.support.localnets import Net

PERIOD_SECS: Final = 180
"""How long a record lives: each node renews its own when a third of it is left."""
LOADS: Final = 3
"""Senders, one transaction at a time each."""
STEADY: Final = ("validator0", "validator1", "validator2")
"""Nobody kills these: their memory is watched all the time."""
KILLED: Final = ("validator3", "newcomer1")
REGISTER_SECS: Final = 45.0
KILL_SECS: Final = 75.0
LOOK_SECS: Final = 5.0
SETTLE_SECS: Final = 20.0
"""After the start, before memory is watched."""


def main(arguments: Sequence[str]) -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m tests.long.soak", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("minutes", type=float)
    options = parser.parse_args(arguments)
    network = Net(founded(options.folder))
    network.up()
    try:
        said = soak(network, seconds=60 * options.minutes)
        assert network.down() == 0
        check_balances(network)
    finally:
        network.close()
    print(said)
    return 0


def founded(folder: Path) -> Path:
    """Where a network of this commit lies; makes one where there is none."""
    stamp, path = folder / "commit", folder / "net"
    if not (path / "localnet.json").exists() or stamp.read_text() != commit():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        Net(path).found(short_records)
        stamp.write_text(commit())
    return path


def short_records(genesis: GenesisFile) -> None:
    """Records that end soon."""
    registration = genesis.registration()
    params = replace(registration.params, registration_period_secs=PERIOD_SECS)
    genesis.set_registration(replace(registration, params=params))


def soak(network: Net, *, seconds: float) -> str:
    """Load, kills and checks on a network that is up; what it was, for people."""
    time.sleep(SETTLE_SECS)
    watch, begun = Watch(network), network.height()
    with contextlib.ExitStack() as stack:
        sends = [stack.enter_context(load(network, STEADY)) for _ in range(LOADS)]
        newcomers = stack.enter_context(registrations(network))
        kills = live(network, watch, newcomers, until=time.monotonic() + seconds)
        for name in KILLED:
            network.wait_until_healed(name, above=network.height())
        lights = newcomers.all()
        check_recorded(network, [light.done.node_id for light in lights])
        for one in sends:
            one.end()
        blocks = check_one_state(network, first=begun) - begun
    renewals = renewed(network, watch)
    explained, others = watch.errors(restarted=KILLED)
    assert not others, "\n".join(others[:20])
    bounds, now = check_bounds(watch.series), watch.disk_now()
    growth = max(now[name] - watch.disk[name] for name in STEADY)
    committed = sum(one.committed for one in sends)
    return (
        f"{blocks} blocks with one app hash, {committed} sends, {len(lights)} registrations, "
        f"{renewals} renewals, {kills} kills; {bounds}; {growth // max(1, blocks)} bytes of disk "
        f"a block; {explained} errors logged, all of peers that were killed"
    )


def live(network: Net, watch: Watch, newcomers: Registrations, *, until: float) -> int:
    """Registers, kills and looks, each in its own rhythm; the kills."""
    chosen = random.SystemRandom()
    kills, next_register, next_kill = 0, 0.0, time.monotonic() + KILL_SECS
    for name in itertools.cycle(STEADY):
        now = time.monotonic()
        if now >= until:
            return kills
        if now >= next_register:
            next_register = now + REGISTER_SECS
            newcomers.begin(name)
        if now >= next_kill:
            next_kill = now + KILL_SECS
            victim = network.process(chosen.choice(KILLED), chosen.choice(list(Part)))
            kills += victim is not None and victim.kill(signal.SIGKILL)
        watch.look()
        time.sleep(LOOK_SECS)
    raise AssertionError("unreachable")


def check_balances(network: Net) -> None:
    """Asserts that on every disk the balances sum to the supply, and that it is the genesis's."""
    localnet = network.localnet
    wanted = FAUCET_FUNDS + OPERATOR_FUNDS * len(localnet.validators)
    for node in localnet.nodes:
        with open_storage(
            network.home(node.name).application_data,
            names=STORES,
            chain_id=localnet.chain_id,
            log=lambda *_, **__: None,
        ) as storage:
            state = storage.state.newest
            check_supply(state)
            assert supply(state, DENOM) == wanted


def check_recorded(network: Net, node_ids: Sequence[bytes]) -> None:
    """Asserts that every node knows each: CONFIRMED, or over, since nobody renews it."""
    known = (types_pb2.NODE_STATUS_CONFIRMED, types_pb2.NODE_STATUS_EXPIRED)
    for node in network.localnet.nodes:
        with network.chain(node.name) as chain:
            for node_id in node_ids:
                record = chain.node(node_id)
                assert record is not None, (node.name, node_id.hex())
                assert record.status in known, (node.name, node_id.hex(), record.status)


def renewed(network: Net, watch: Watch) -> int:
    """How often nodes renewed their records, by their logs; asserts that each did."""
    counts = {}
    for node in network.localnet.nodes:
        log = log_file(network.home(node.name), Part.NODE)
        new = log.read_bytes()[watch.starts[log] :]
        counts[node.name] = len(re.findall(rb" info renewed ", new))
    assert all(counts.values()), counts
    return sum(counts.values())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
