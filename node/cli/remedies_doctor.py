"""What to do about what `seedpactd doctor` finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from node.cli.failures import CliCode
from node.cli.remedy import Remedy

DOCTOR_REMEDIES: Final[Mapping[CliCode, Remedy]] = {
    CliCode.CHECKS_FAILED: Remedy(
        "At least one check failed; each has a code and a remedy of its own.",
        "do what stands below each check that failed, and run it again",
    ),
    CliCode.MEMPOOL_UNBOUNDED: Remedy(
        "The engine has all that waits checked again after each block, and nobody sends to it "
        "meanwhile: with a gigabyte that takes minutes.",
        "set it in config/config.toml as `seedpactd init` writes it: size = 2000, "
        "max_txs_bytes = 4194304; restart the node",
    ),
    CliCode.KEYS_READABLE: Remedy(
        "Another user of this machine can read a key: it may be copied already.",
        "chmod 600 that file; make a new key if others use this machine",
    ),
    CliCode.FOLDER_WRITABLE: Remedy(
        "Another user of this machine can replace the files in it, keys and sealed state too.",
        "see that the files in it are yours, then chmod 700 that folder",
    ),
    CliCode.DISK_LOW: Remedy(
        "Blocks need room; a node whose disk is full stops, and starts again once it has room.",
        "free space, or move the home to a larger disk",
    ),
    CliCode.TOO_FEW_FILES: Remedy(
        "CometBFT and the database keep many files open.",
        "raise the limit: `ulimit -n 4096`, or LimitNOFILE of the service",
    ),
    CliCode.CORE_DUMPS_ON: Remedy(
        "A crash would write the enclave's memory to a file. The enclave turns that off at its "
        "start, and something turned it on again.",
        "restart the enclave, and set the limit of core files to 0 where it is started",
    ),
    CliCode.NO_SGX_DEVICE: Remedy(
        "Hardware mode needs SGX: enabled in the BIOS, and a kernel from 5.11 on with its driver.",
        "enable SGX with flexible launch control, and add the user to the devices' group",
    ),
    CliCode.CLOCK_OFF: Remedy(
        "The newest block's time and this clock differ: the clock is wrong, or the chain stands "
        "still. A validator with a wrong clock proposes blocks with wrong times.",
        "synchronise the clock (NTP); if it is right, look at `seedpactd status`",
    ),
    CliCode.NO_PEERS: Remedy(
        "The node is connected to nobody, so it sees no new block.",
        "run `seedpactd register` again, which finds one, or set p2p.persistent_peers in "
        "config/config.toml; check that their ports are reached, and restart",
    ),
    CliCode.NOT_REGISTERED: Remedy(
        "The enclave has keys, and the chain knows no node with them.",
        "run `seedpactd register`: it goes on where it was",
    ),
    CliCode.RECORD_ENDS: Remedy(
        "The node's record is not valid for long. A holder goes on without it, but nobody else "
        "counts on it.",
        "see that operator.key in node.toml is set and funded, so that the node renews itself",
    ),
    CliCode.NONCE_UNPAID: Remedy(
        "An enclave confirms only while the chain has a nonce of its present start, not older than "
        "1,000 blocks. The next one is due, and the operator's account cannot pay for it.",
        "send that account coins: `seedpactd tx bank send`; the node publishes the nonce by itself",
    ),
    CliCode.ENCLAVE_STATE_LOST: Remedy(
        "The sealed state of the enclave is gone: it has no keys and no seed, and confirms nobody. "
        "The node's record stays, and so does what its backup holds.",
        "`seedpactd register` with the network's id takes the backup beside it back, and pays for "
        "nothing; for one of another disk, `seedpactd enclave restore FILE` first",
    ),
    CliCode.NONCE_UNPUBLISHED: Remedy(
        "The enclave's next nonce is due, and this node has not the key that may publish it: it "
        "will confirm nobody.",
        "name the operator's key as operator.key in node.toml and restart, or publish it by hand "
        "where the key is: `seedpactd tx registration freshness NODE_ID NONCE`",
    ),
}
