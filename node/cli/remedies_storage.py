"""What to do where a node's disk fails, or what is on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from node.cli.failures import CliCode
from node.cli.remedy import Remedy

STORAGE_REMEDIES: Final[Mapping[CliCode, Remedy]] = {
    CliCode.STORAGE_FULL: Remedy(
        "There is no room left on the disk of the node's data/. The node has stopped at the last "
        "block that is whole on the disk.",
        "make room, and start the node again: it goes on where it stopped",
    ),
    CliCode.STORAGE_UNUSABLE: Remedy(
        "The disk refused a read or a write of data/seedpact, or the folder may not be used.",
        "look at the folder's permissions and the disk's health, and start the node again",
    ),
    CliCode.STORAGE_DAMAGED: Remedy(
        "Bytes in data/seedpact are not those that were written, and not only at the end. "
        "CometBFT keeps every block, so the state can be made anew.",
        "look at the disk's health, then `seedpactd reset-state` and start the node",
    ),
    CliCode.STORAGE_ROOT_MISMATCH: Remedy(
        "A block that was committed gives another app hash now: this version of the program "
        "computes another state than the one that wrote it, or the machine computes wrongly.",
        "compare versions with the other validators; `seedpactd reset-state` replays every block",
    ),
    CliCode.STORAGE_FORMAT: Remedy(
        "data/seedpact was written by another version of seedpactd.",
        "use that version, or `seedpactd reset-state` to make the state anew from the blocks",
    ),
    CliCode.STORAGE_OTHER_CHAIN: Remedy(
        "data/seedpact holds the state of another chain than config/genesis.json describes.",
        "name the right --home, or put the right genesis.json back",
    ),
    CliCode.REGISTER_QUARANTINED: Remedy(
        "The enclave ended while it worked on this register, so this node does not send it to the "
        "enclave again for 100 blocks. Other nodes may still confirm it.",
        "read the enclave's log from its end; the register stays in the mempool meanwhile",
    ),
}
