"""Why a newcomer cannot join, where neither the enclave nor the chain says it by itself."""

from __future__ import annotations

import enum

from node.chain_client.failures import ChainFailure


class JoinCode(enum.StrEnum):
    """Stable names; the command line has a remedy for each."""

    NETWORK_NOT_CONFIRMED = "network_not_confirmed"
    GENESIS_UNUSABLE = "genesis_unusable"
    OTHER_GENESIS = "other_genesis"
    JOURNAL_UNUSABLE = "journal_unusable"
    REGISTER_RUNNING = "register_running"
    ENCLAVE_NOT_STARTED = "enclave_not_started"
    NO_FUNDS = "no_funds"
    FEE_TOO_HIGH = "fee_too_high"
    NETWORK_UNPROVEN = "network_unproven"
    NO_PEER_REACHED = "no_peer_reached"
    CHAIN_STALLED = "chain_stalled"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    KEYS_UNUSABLE = "keys_unusable"
    HAS_BLOCKS = "has_blocks"
    UNTRUSTED_HEADER = "untrusted_header"
    HEADER_NOT_CONFIRMED = "header_not_confirmed"


class JoinFailure(ChainFailure):
    """The flow stops here; what was done stays, and the next run goes on.

    Attributes:
        code: why; a `JoinCode`, or a code of the core such as wrong_network.
        expected: what would have been right.
        found: what was there instead.
    """
