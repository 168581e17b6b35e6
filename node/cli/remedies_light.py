"""What to do about refusals of the light client and of proofs (enclave.errors).

Most say that what was shown is not this chain's: a peer that lies or is broken, and for an operator
the one remedy of another peer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from enclave.errors import Code
from node.cli.remedy import Remedy

_OTHER_PEER: Final = "ask another peer; one that shows this again lies or is broken"

LIGHT_REMEDIES: Final[Mapping[Code, Remedy]] = {
    Code.BAD_PROOF: Remedy(
        "A proof does not lead from this key and value to the header's app hash.", _OTHER_PEER
    ),
    Code.MALFORMED_LIGHT_BLOCK: Remedy(
        "A header, commit or validator set is not of CometBFT's form.", _OTHER_PEER
    ),
    Code.WRONG_CHAIN: Remedy(
        "The header is of a chain of another name.",
        "compare the chain id of the node with the network's; ask a node of this network",
    ),
    Code.WRONG_BLOCK_PROTOCOL: Remedy(
        "The header is of another block protocol than this version of CometBFT makes.",
        "compare the versions of the engines",
    ),
    Code.WRONG_HEIGHT: Remedy("A peer sent another block than was asked for.", _OTHER_PEER),
    Code.GENESIS_MISMATCH: Remedy(
        "The first header does not belong to the genesis of which this network's id is made.",
        "compare genesis and network id with what the network's people say",
    ),
    Code.COMMIT_MISMATCH: Remedy("The commit is not for the header beside it.", _OTHER_PEER),
    Code.HEIGHT_NOT_FORWARD: Remedy(
        "The header is not above the one that is trusted.",
        "let the node catch up with the chain",
    ),
    Code.TIME_NOT_FORWARD: Remedy(
        "The header's time is not after that of the one that is trusted.", _OTHER_PEER
    ),
    Code.HEADER_FROM_FUTURE: Remedy(
        "The header's time is ahead of this machine's clock.",
        "check the clock; the enclave asks none, only the node does",
    ),
    Code.TRUSTED_HEADER_EXPIRED: Remedy(
        "The trusted header is older than the trusting period: its validators may be gone.",
        "name a newer trusted height and hash, from somebody whom you trust",
    ),
    Code.BAD_TRUST_LEVEL: Remedy(
        "A trust level is a part of the voting power from 1/3 to 1.", "choose one in between"
    ),
    Code.VALIDATORS_MISMATCH: Remedy(
        "The validator set does not have the hash that the header names.", _OTHER_PEER
    ),
    Code.UNTRUSTED_VALIDATORS: Remedy(
        "The set is not the one that the trusted header announced.", _OTHER_PEER
    ),
    Code.DOUBLE_VOTE: Remedy("A commit counts one validator twice.", _OTHER_PEER),
    Code.NOT_ENOUGH_TRUST: Remedy(
        "Too few of the validators that are trusted signed this header to skip up to it.",
        "go there in smaller steps; the node's bisection does",
    ),
    Code.NOT_ENOUGH_POWER: Remedy(
        "Not more than 2/3 of the header's own validators signed it.", _OTHER_PEER
    ),
    Code.NOT_A_FORK: Remedy(
        "The two paths do not end in different headers of one height.",
        "report both paths from one trusted header up to the height where they differ",
    ),
}
