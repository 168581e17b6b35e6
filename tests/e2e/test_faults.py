"""A running network under load, hurt in every way that a machine can hurt it.

Whatever was killed, stopped, paused or half written: all nodes end with one state, no registration
that was accepted is lost, and there is one seed.
"""

from __future__ import annotations

import itertools
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from node.base.backoff import STABLE_SECS
from node.config.parts import Part
from node.supervisor import ProcessId
from tests.support.abci_grammar import check_log
from tests.support.faults import (
    Load,
    Registrations,
    check_accepted,
    check_one_state,
    load,
    registrations,
    send,
)
from tests.support.localnets import Net, net

VALIDATORS: Final = ("validator0", "validator1", "validator2", "validator3")
ORDERS: Final = tuple(itertools.permutations(Part))
PAUSE_SECS: Final = 20.0
LONG_MOMENTS: Final = 30
"""At each, a validator's three processes are killed."""
BREATHER: Final = 12
"""Moments until everything may heal: three of each validator."""
BLOCKS_ALONE: Final = 6
TORN: Final = "validator3"
TORN_BYTES: Final = 10

Order = tuple[Part, ...]


@pytest.fixture
def network(engine: Path) -> Iterator[Net]:
    del engine  # built
    with net() as made:
        made.up()
        yield made


@pytest.mark.long
def test_faults_under_load(network: Net, record_property: Callable[[str, object], None]) -> None:
    with load(network, VALIDATORS) as sends, registrations(network) as newcomers:
        kills = kill_in_every_order(network, newcomers)
        stop_an_enclave(network, newcomers)
        stop_every_enclave(network, newcomers)
        pause_a_node(network, newcomers)
        accepted = [light.done.node_id for light in newcomers.all()]
        sends.end()
        tear_the_last_write(network)
        counts = check(network, sends, newcomers, torn=TORN)
    assert len(accepted) == 9
    told = f"{kills} kills in {len(ORDERS)} orders, 1 and then 5 enclaves stopped"
    record_property("count", f"faults: {told}, 1 node paused, 1 torn write; {counts}")


@pytest.mark.long
def test_random_kills_under_load(
    network: Net, record_property: Callable[[str, object], None]
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chosen = random.Random(seed)  # noqa: S311 (repeatable)
    kills = 0
    with load(network, VALIDATORS) as sends, registrations(network) as newcomers:
        for number, (victim, order) in enumerate(random_orders(chosen), start=1):
            if number % 5 == 0:
                newcomers.begin(neighbour(victim))
            time.sleep(chosen.uniform(0, 3))
            for part in order:
                found = network.process(victim, part)
                kills += found is not None and found.kill(signal.SIGKILL)
                time.sleep(chosen.uniform(0, 1))
            if number % BREATHER == 0:
                wait_for_all(network)
                time.sleep(STABLE_SECS)  # the supervisor gives up what dies quickly too often
        wait_for_all(network)
        newcomers.all()
        sends.end()
        # Blocks that were made while processes died are synced like any others.
        assert network.command("add-node")["name"] == "newcomer2"
        counts = check(network, sends, newcomers)
    record_property("count", f"{kills} random kills: {counts}")


def random_orders(chosen: random.Random) -> list[tuple[str, Order]]:
    """LONG_MOMENTS of them: each validator in each of the six orders once, then some again."""
    orders = {name: chosen.sample(ORDERS, len(ORDERS)) for name in VALIDATORS}
    rounds = itertools.cycle(range(len(ORDERS)))
    found: list[tuple[str, Order]] = []
    while len(found) < LONG_MOMENTS:
        number = next(rounds)
        shuffled = chosen.sample(VALIDATORS, len(VALIDATORS))
        found += [(name, orders[name][number]) for name in shuffled]
    return found[:LONG_MOMENTS]


def kill_in_every_order(network: Net, newcomers: Registrations) -> int:
    """Kill -9 of each process of each validator, and of two again: the six orders, one each.

    The first of an order is back before the second goes; the third goes while that is away.
    """
    kills = 0
    for name, (first, *others) in zip(itertools.cycle(VALIDATORS), ORDERS, strict=False):
        newcomers.begin(neighbour(name))
        for parts in ([first], others):
            before = [kill(network, name, part) for part in parts]
            network.wait_until_healed(name, above=network.height())
            assert not any(one.alive() for one in before)
            kills += len(before)
    newcomers.all()  # a peer that is killed under a register is another test's matter
    return kills


def kill(network: Net, name: str, part: Part) -> ProcessId:
    """Kill -9 of a process; one that is being started again is hit as soon as it is there."""
    hit: list[ProcessId] = []

    def strikes() -> bool:
        found = network.process(name, part)
        if found is not None and found.kill(signal.SIGKILL):
            hit.append(found)
        return bool(hit)

    network.wait_for(strikes, f"{part} of {name}")
    return hit[0]


def stop_an_enclave(network: Net, newcomers: Registrations) -> None:
    """An enclave that hangs delays nobody: its node answers, and others confirm."""
    network.send("validator0", Part.ENCLAVE, signal.SIGSTOP)
    try:
        light = newcomers.begin("validator1").result()
        assert light.done.height > 0
        with network.chain("validator0") as chain:
            before = chain.balance(newcomers.address)
            send(chain, network.faucet(), newcomers.address, 1)
            assert chain.balance(newcomers.address) == before + 1
    finally:
        network.send("validator0", Part.ENCLAVE, signal.SIGCONT)
    network.wait_until_healed("validator0", above=network.height())


def stop_every_enclave(network: Net, newcomers: Registrations) -> None:
    """Without any enclave the chain goes on; with one of four, registrations land again."""
    names = [node.name for node in network.localnet.nodes]
    stopped = {name: network.send(name, Part.ENCLAVE, signal.SIGSTOP) for name in names}
    try:
        before = network.height()
        with network.chain("validator1") as chain:
            send(chain, network.faucet(), newcomers.address, 1)
            pending = newcomers.begin("validator1")
            network.wait_for(lambda: network.height() >= before + BLOCKS_ALONE, "blocks")
        assert not pending.done()
        stopped["validator2"].kill(signal.SIGCONT)
        assert pending.result().done.height > before
    finally:
        for process in stopped.values():
            process.kill(signal.SIGCONT)
    for name in names:
        network.wait_until_healed(name, above=network.height())


def pause_a_node(network: Net, newcomers: Registrations) -> None:
    """A machine that sleeps for a while catches up; the others go on meanwhile."""
    paused = [network.send("validator2", part, signal.SIGSTOP) for part in Part]
    try:
        before = network.height()
        end = time.monotonic() + PAUSE_SECS
        newcomers.begin("validator3").result()
        time.sleep(max(0.0, end - time.monotonic()))
        assert network.height() > before
    finally:
        for process in paused:
            process.kill(signal.SIGCONT)
    network.wait_until_healed("validator2", above=network.height())
    assert [network.process("validator2", part) for part in Part] == paused


def tear_the_last_write(network: Net) -> None:
    """The last write of the application's disk lacks its end: CometBFT gives the block again."""
    height = network.height()
    assert network.down() == 0
    check_log(call_log(network, TORN))  # after this it has lost a block that it had
    folder = network.home(TORN).application_data / "db"
    newest = max(folder.glob("*.log"), key=lambda path: path.stat().st_mtime)
    data = newest.read_bytes()
    assert len(data) > TORN_BYTES
    newest.write_bytes(data[:-TORN_BYTES])
    network.up()
    network.wait_until_healed(TORN, above=height)


def check(network: Net, sends: Load, newcomers: Registrations, *, torn: str = "") -> str:
    """What must hold whatever happened; counts for people."""
    heights = check_one_state(network)
    lights = newcomers.all()
    holders = [status for status in network.look() if status.enclave_state == "HOLDER"]
    assert len(holders) == len(network.localnet.nodes)
    accepted = [light.done.node_id for light in lights]
    accepted += [bytes.fromhex(status.node_id or "") for status in holders]
    check_accepted(network, accepted)
    seeds = {network.pk_io(node.name) for node in network.localnet.nodes}
    seeds |= {light.pk_io() for light in lights}
    assert len(seeds) == 1
    assert all(light.done.paid == 1 for light in lights)
    for node in network.localnet.nodes:
        if node.name != torn:
            check_log(call_log(network, node.name))
        with network.chain(node.name) as chain:
            # One that was sent and not seen in a block may have come there.
            arrived = chain.balance(sends.receiver)
            assert sends.committed <= arrived <= sends.committed + sends.failed
    return (
        f"{heights} blocks with one app hash on {len(holders)} nodes, {len(accepted)} "
        f"registrations, {sends.committed} sends and {sends.failed} that were not answered"
    )


def call_log(network: Net, name: str) -> Path:
    """What the application was asked."""
    return network.home(name).logs / "abci-calls.jsonl"


def wait_for_all(network: Net) -> None:
    """Until every validator is whole."""
    for name in VALIDATORS:
        network.wait_until_healed(name, above=network.height())


def neighbour(name: str) -> str:
    """Another validator."""
    return VALIDATORS[(VALIDATORS.index(name) + 1) % len(VALIDATORS)]
