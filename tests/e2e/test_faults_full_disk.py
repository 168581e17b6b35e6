"""A validator's disk runs full while its network runs: it says so and stops, the others go on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from node.storage import StorageCode
from node.supervisor import What
from node.supervisor.node_group import Part, log_file
from tests.support.faults import check_one_state, load
from tests.support.full_disk import FullDisk, Way, possible_ways
from tests.support.localnets import Net, net

FULL: Final = "validator3"
OTHERS: Final = ("validator0", "validator1", "validator2")
BLOCKS_WITHOUT: Final = 6


def test_a_validator_whose_disk_is_full(
    engine: Path, record_property: Callable[[str, object], None]
) -> None:
    del engine  # built
    way = possible_ways()[0]
    with net() as network:
        network.found()
        disk = FullDisk(network, FULL, way)
        network.up()
        with load(network, OTHERS) as sends:
            height = a_full_disk_stops_its_node_alone(network, disk)
            with disk.freed():
                network.wait_until_healed(FULL, above=height)
                sends.end()
                heights = check_one_state(network)
        assert network.down() == 0
    record_property("count", f"full disk: {way.value}; {heights} blocks with one app hash")


def a_full_disk_stops_its_node_alone(network: Net, disk: FullDisk) -> int:
    """The node says what is wrong, whenever it is started; the height of the others without it."""
    said = log_file(network.home(FULL), Part.NODE)
    assert StorageCode.STORAGE_FULL not in said.read_text()
    disk.fill()
    network.wait_for(lambda: StorageCode.STORAGE_FULL in said.read_text(), "a full disk")
    assert "block_not_durable" in said.read_text()
    if disk.way is not Way.LIMIT:
        network.wait_for(lambda: bool(given_up(network)), "the end of its restarts")
        assert StorageCode.STORAGE_FULL in given_up(network)[0]
        network.wait_for(lambda: not any(network.status(FULL).pids.values()), "its end")
    before = network.height()
    network.wait_for(lambda: network.height() >= before + BLOCKS_WITHOUT, "blocks without it")
    return network.height()


def given_up(network: Net) -> list[str]:
    """What `localnet up` said when it gave up a process of the node."""
    events = map(json.loads, network.events().splitlines())
    wanted = (FULL, What.GAVE_UP)
    return [event["text"] for event in events if (event.get("node"), event.get("event")) == wanted]
