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
    CliCode.SERVICE_CANNOT_LISTEN: Remedy(
        "This machine does not let the node listen at that address; what was found are its own "
        "words.",
        "change the address in config/node.toml; 127.0.0.1 and a port above 1023 always do",
    ),
    CliCode.TOO_MANY_CALLS: Remedy(
        "A node works on few calls of one client at once, so that others are answered, too. "
        "Clients are told apart by their address; all behind one gateway are one.",
        "wait for an answer before you ask again, or ask a node of your own",
    ),
    CliCode.TOO_MANY_SIMULATIONS: Remedy(
        "Simulations cost the node the most, and nobody pays for them: few run at once for all "
        "clients together.",
        "ask again in a moment, or simulate on a node of your own",
    ),
    CliCode.QUERIES_AWAY: Remedy(
        "The process that answers this node's queries has ended or does not answer. The node "
        "starts another one by itself; blocks go on meanwhile.",
        "ask again in a while; where it lasts, read query_process_ended in logs/node.log",
    ),
    CliCode.QUERIES_BEHIND: Remedy(
        "The process that answers this node's queries has not yet taken over the newest block: it "
        "has just started, or has too much to do.",
        "ask again in a moment",
    ),
    CliCode.PROCESS_KEEPS_DYING: Remedy(
        "A process of the node ended again and again, soon after each start. What was found is "
        "its end and the last line of its log.",
        "read that log from its end, mend what it names, and start again",
    ),
    CliCode.NO_LOCALNET: Remedy(
        "The folder holds no localnet, or one that is not made yet.",
        "make one with `seedpactd localnet up`, wait until it is made, or name its folder with "
        "--home",
    ),
    CliCode.LOCALNET_RUNNING: Remedy(
        "A localnet runs in one process, which watches all others.",
        "see `seedpactd localnet status`; `seedpactd localnet stop` ends it",
    ),
    CliCode.LOCALNET_NOT_RUNNING: Remedy(
        "The command is for a localnet, or a process of it, that runs.",
        "start it with `seedpactd localnet up`; see `seedpactd localnet status`",
    ),
    CliCode.LOCALNET_DIFFERS: Remedy(
        "A localnet keeps the shape with which it was made.",
        "leave the option out, name another --home, or `seedpactd localnet reset` first",
    ),
    CliCode.LOCALNET_UNUSABLE: Remedy(
        "localnet.json was changed by hand, or is of another version of seedpactd.",
        "remove the network with `seedpactd localnet reset`, and make it anew",
    ),
    CliCode.LOCALNET_FAILED: Remedy(
        "The network runs, and did not come where it should in time; the lines above and the logs "
        "say how far it came.",
        "read `seedpactd localnet logs`; run `seedpactd localnet up` again to go on",
    ),
}
