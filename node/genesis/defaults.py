"""What a new genesis says before anybody decides otherwise. Each value has its reason."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from chain_module import gas
from chain_module.registration.genesis import Genesis
from chain_module.registration.records import Params
from enclave.attestation.development_root import development_root_der
from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.policy import Policy
from enclave.attestation.types import Measurement, SgxMeasurement, TcbStatus
from enclave.crypto.labels import Mode
from enclave.registration.network import Floor
from enclave.service.measure_package import measure_package
from enclave.time import NANOSECONDS
from node.genesis.document import GenesisFile, Tree
from node.genesis.times import format_time

MAX_BLOCK_BYTES: Final = 4 * 1024 * 1024
"""protocol.md section 6: at least 4 MiB, for 8 registers of up to 90 kB and transactions beside."""
MAX_BLOCK_GAS: Final = 50_000_000
"""600 sends to new accounts, or 8 registers and 300 sends: about 0.2 s of a core for each look
(chain_module/gas.py), so that full blocks keep the pace of empty ones, even where four validators
share two cores with those who fill them (`make bench`, figure flood)."""
EVIDENCE_BLOCKS: Final = 100_000
EVIDENCE_NS: Final = 48 * 3600 * NANOSECONDS
"""CometBFT's own: two days in which a double vote can be shown."""
MAX_EVIDENCE_BYTES: Final = 1024 * 1024

DAY_SECS: Final = 24 * 3600
REGISTRATION_PERIOD_SECS: Final = 30 * DAY_SECS
"""As long as Intel's collateral lives: a record is not older than what it was judged by."""
MAX_REGISTERS_PER_BLOCK: Final = 8
ANCHOR_WINDOW_BLOCKS: Final = 10_000
MAX_QUOTE_AGE_BLOCKS: Final = 1_000
"""At a block a second a quarter of an hour, for a newcomer that waits for its fee."""

_MR_BYTES: Final = 32


def new_genesis(
    path: Path, *, chain_id: str, mode: Mode, time_ns: int | None = None
) -> GenesisFile:
    """A genesis without accounts, validators and keys; not yet written.

    Args:
        path: where it will be.
        chain_id: the network's name.
        mode: of its enclaves, for ever.
        time_ns: when the chain starts, unix nanoseconds; None is now, in whole seconds.

    Raises:
        Refusal: STORAGE_FAILED, where the enclave's code cannot be measured.
    """
    start = int(time.time()) * NANOSECONDS if time_ns is None else time_ns
    document: Tree = {
        "genesis_time": format_time(start),
        "chain_id": chain_id,
        "initial_height": "1",
        "consensus_params": _consensus_params(),
        "validators": [],
        "app_hash": "",
        "app_state": {"auth": {"accounts": []}, "bank": {"balances": []}},
    }
    genesis = GenesisFile(path, document)
    genesis.set_registration(
        Genesis(
            floor=default_floor(chain_id, mode),
            policy=default_policy(own_measurements(mode)),
            params=default_params(),
            machines=(),
            network=None,
            nodes=(),
        )
    )
    return genesis


def default_floor(chain_id: str, mode: Mode) -> Floor:
    """The strictest floor: no upgrade keys, platforms that are up to date."""
    software = mode is Mode.SOFTWARE
    return Floor(
        mode=mode,
        attestation_root=development_root_der(chain_id) if software else INTEL_SGX_ROOT_CA_DER,
        upgrade_keys=(),
        threshold=0,
        worst_tcb_status=TcbStatus.UP_TO_DATE,
    )


def default_policy(measurements: tuple[Measurement, ...]) -> Policy:
    """That code, on platforms that are up to date, without advisories."""
    return Policy(
        serial=1,
        frozen=False,
        measurements=measurements,
        tcb_statuses=(TcbStatus.UP_TO_DATE,),
        advisories=(),
        minimum_evaluation_number=0,
        denied_fmspcs=(),
        max_quote_age_blocks=MAX_QUOTE_AGE_BLOCKS,
        require_machine_list=False,
        one_node_per_machine=False,
        allow_dynamic_platform=False,
        allow_cached_keys=False,
        allow_smt=False,
        upgrades=(),
    )


def default_params() -> Params:
    """The registration module's parameters; nobody may change the policy until an authority is."""
    return Params(
        max_registers_per_block=MAX_REGISTERS_PER_BLOCK,
        register_gas=gas.REGISTER_NODE,
        registration_period_secs=REGISTRATION_PERIOD_SECS,
        anchor_window_blocks=ANCHOR_WINDOW_BLOCKS,
        operator_interval_blocks=0,
        authority=b"",
    )


def own_measurements(mode: Mode) -> tuple[Measurement, ...]:
    """The code of this installation: in software mode its hash, under SGX unknown here.

    Raises:
        Refusal: STORAGE_FAILED.
    """
    if mode is Mode.HARDWARE:
        return ()
    return (SgxMeasurement(measure_package(), bytes(_MR_BYTES), 0, 0),)


def _consensus_params() -> Tree:
    return {
        "block": {"max_bytes": str(MAX_BLOCK_BYTES), "max_gas": str(MAX_BLOCK_GAS)},
        "evidence": {
            "max_age_num_blocks": str(EVIDENCE_BLOCKS),
            "max_age_duration": str(EVIDENCE_NS),
            "max_bytes": str(MAX_EVIDENCE_BYTES),
        },
        "validator": {"pub_key_types": ["ed25519"]},
        "version": {"app": "0"},
        "abci": {"vote_extensions_enable_height": "0"},
    }
