"""Answers of CometBFT's RPC about a light block, as Go writes them."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Final

HASH: Final = "AB" * 32
KEY: Final = bytes(range(32))
ADDRESS: Final = hashlib.sha256(KEY).hexdigest()[:40].upper()
TIME: Final = "2026-01-02T03:04:05.123456789Z"
BLOCK_ID: Final = {"hash": HASH, "parts": {"total": 1, "hash": HASH}}
VALIDATOR: Final = {
    "address": ADDRESS,
    "pub_key": {"type": "tendermint/PubKeyEd25519", "value": base64.b64encode(KEY).decode()},
    "voting_power": "10",
    "proposer_priority": "-3",
}
VOTE: Final = {
    "block_id_flag": 2,
    "validator_address": ADDRESS,
    "timestamp": TIME,
    "signature": base64.b64encode(bytes(64)).decode(),
}
ABSENT: Final = {
    "block_id_flag": 1,
    "validator_address": "",
    "timestamp": "0001-01-01T00:00:00Z",
    "signature": None,
}


def signed_header(height: int) -> Any:
    """`commit`, for a header with one vote."""
    return {
        "signed_header": {
            "header": {
                "version": {"block": "11"},
                "chain_id": "n",
                "height": str(height),
                "time": TIME,
                "last_block_id": BLOCK_ID,
                "last_commit_hash": HASH,
                "data_hash": HASH,
                "validators_hash": HASH,
                "next_validators_hash": HASH,
                "consensus_hash": HASH,
                "app_hash": HASH,
                "last_results_hash": "",
                "evidence_hash": HASH,
                "proposer_address": ADDRESS,
            },
            "commit": {
                "height": str(height),
                "round": 1,
                "block_id": BLOCK_ID,
                "signatures": [VOTE],
            },
        },
        "canonical": True,
    }
