"""What to do where a node's processes cannot be run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from node.cli.failures import CliCode
from node.cli.remedy import Remedy

RUN_REMEDIES: Final[Mapping[CliCode, Remedy]] = {
    CliCode.NODE_ALREADY_RUNNING: Remedy(
        "Another `seedpactd start` holds this home, or a process of it still runs. Two nodes on "
        "one home would sign twice.",
        "use the one that runs, or stop it first; its process ids are in run/",
    ),
    CliCode.PORT_TAKEN: Remedy(
        "Another program listens where this node would.",
        "stop that program, or change the address in config/config.toml or config/node.toml",
    ),
    CliCode.PROCESS_KEEPS_DYING: Remedy(
        "A process of the node ended again and again, soon after each start. What was found is "
        "its end and the last line of its log.",
        "read that log from its end, mend what it names, and start again",
    ),
}
