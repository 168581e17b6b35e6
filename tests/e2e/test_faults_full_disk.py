"""Disks run full while a network runs: their nodes say so and stop, the others go on.

Once the application's own disk, of 1 MB; once the one that CometBFT shares with it. CometBFT then
stays as a process, and makes no blocks: the supervisor ends it.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from node.config.parts import Part, log_file
from node.supervisor import What
from tests.support.faults import check_one_state, load
from tests.support.full_disk import FullDisk, Way, possible_ways
from tests.support.localnets import Net, net

OTHERS: Final = ("validator0", "validator1")
BLOCKS_WITHOUT: Final = 6
SIX_STARTS_SECS: Final = 400
"""A quarter of a minute, on a machine with nothing else to do."""
NO_ROOM: Final = re.compile("storage_full|[Nn]o space left on device|[Ff]ile too large")


@pytest.mark.long
def test_validators_whose_disks_are_full(
    engine: Path, record_property: Callable[[str, object], None]
) -> None:
    del engine  # built
    way = possible_ways()[0]
    with net() as network, contextlib.ExitStack() as freed:
        network.found()
        own = FullDisk(network, "validator3", Part.NODE, size="1m", way=way)
        shared = FullDisk(network, "validator2", Part.COMETBFT, size="48m", way=way)
        network.up()
        with load(network, OTHERS) as sends:
            for disk in (own, shared):
                height = a_full_disk_stops_its_node_alone(network, disk)
                freed.enter_context(disk.freed())
                network.wait_until_healed(disk.name, above=height)
            assert "code=storage_full" in words_of(network, own)
            sends.end()
        heights = check_one_state(network)
        freed.close()
        assert network.down() == 0
    record_property("count", f"full disks: {way.value}; {heights} blocks with one app hash")


def a_full_disk_stops_its_node_alone(network: Net, disk: FullDisk) -> int:
    """The node says what is wrong, whenever it is started; the height of the others without it."""
    assert not NO_ROOM.search(words_of(network, disk))
    disk.fill()
    network.wait_for(lambda: bool(NO_ROOM.search(words_of(network, disk))), "a full disk")
    if disk.way is not Way.LIMIT:
        ended = "the end of its restarts"
        network.wait_for(lambda: bool(given_up(network, disk)), ended, secs=SIX_STARTS_SECS)
        assert NO_ROOM.search(given_up(network, disk)[0]), given_up(network, disk)
        network.wait_for(lambda: not any(network.status(disk.name).pids.values()), "its end")
    before = network.height()
    network.wait_for(lambda: network.height() >= before + BLOCKS_WITHOUT, "blocks without it")
    return network.height()


def words_of(network: Net, disk: FullDisk) -> str:
    """What the two processes that write to it have logged."""
    home = network.home(disk.name)
    return "".join(log_file(home, part).read_text() for part in (Part.NODE, Part.COMETBFT))


def given_up(network: Net, disk: FullDisk) -> list[str]:
    """What `localnet up` said when it gave up a process of the node."""
    events = map(json.loads, network.events().splitlines())
    wanted = (disk.name, What.GAVE_UP)
    return [event["text"] for event in events if (event.get("node"), event.get("event")) == wanted]
