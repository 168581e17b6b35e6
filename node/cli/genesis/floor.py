"""`seedpactd genesis set-floor`, `set-params` and `set-authority`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import click

from chain_module.address import to_text
from chain_module.registration.records import params_to_proto
from enclave.attestation.types import TcbStatus
from enclave.registration.network import Floor, NetworkInputs, check_inputs
from enclave.registration.network_codec import floor_to_proto
from node.cli.argument_types import Hex, OneOf
from node.cli.failures import usage
from node.cli.genesis.shared import account_of, load
from node.cli.help_text import examples
from node.cli.numbers import MAX_UINT32, integer
from node.cli.options import home_option, keyring_backend_option, output_option
from node.cli.output import Output
from node.config import Home
from node.json_form import message_to_json

NOBODY: Final = "nobody"

_FLOORS: Final = {s.text: s for s in TcbStatus if s is not TcbStatus.REVOKED}
_KEY_BYTES: Final = 32
_HASH: Final = bytes(32)
"""In the place of hashes that a floor does not depend on."""


@click.command(
    "set-floor",
    short_help="What no vote can change.",
    epilog=examples(
        "seedpactd genesis set-floor --upgrade-key 9d1c... --upgrade-key a0f3... --threshold 2",
        "seedpactd genesis set-floor --worst-tcb-status SWHardeningNeeded",
    ),
)
@click.option(
    "--upgrade-key",
    "upgrade_keys",
    type=Hex(_KEY_BYTES),
    multiple=True,
    help="Ed25519; repeatable; replaces the list. Without one only the founder's code ever joins.",
)
@click.option(
    "--threshold", type=integer(0, MAX_UINT32), metavar="T", help="Of the keys. Default: all."
)
@click.option(
    "--worst-tcb-status",
    type=OneOf(list(_FLOORS)),
    metavar="STATUS",
    help="The worst status of a platform that any policy may accept.",
)
@home_option
@output_option
def set_floor(
    *,
    upgrade_keys: tuple[bytes, ...],
    threshold: int | None,
    worst_tcb_status: str | None,
    home: Home,
    output: Output,
) -> None:
    """Set the floor: part of network_id, sealed by every enclave, changed by no vote.

    What no option names stays. Mode and attestation root follow from `seedpactd init --mode`.
    """
    genesis = load(home)
    genesis.require_open()
    registration = genesis.registration()
    floor = registration.floor
    keys = tuple(sorted(set(upgrade_keys))) or floor.upgrade_keys
    if threshold is None:
        threshold = len(keys) if upgrade_keys else floor.threshold
    worst = floor.worst_tcb_status if worst_tcb_status is None else _FLOORS[worst_tcb_status]
    floor = replace(floor, upgrade_keys=keys, threshold=threshold, worst_tcb_status=worst)
    _check(floor, genesis.chain_id)
    genesis.set_registration(replace(registration, floor=floor))
    genesis.save()
    output.answer(
        {"floor": message_to_json(floor_to_proto(floor)), "genesis": str(genesis.path)},
        headline="the floor is set",
        rows=[
            ("mode", floor.mode.value),
            ("upgrade keys", f"{floor.threshold} of {len(floor.upgrade_keys)}"),
            ("worst status", floor.worst_tcb_status.text),
        ],
    )


@click.command(
    "set-params",
    short_help="Numbers of the registration.",
    epilog=examples("seedpactd genesis set-params --registration-period-secs 604800"),
)
@click.option("--max-registers-per-block", type=integer(1, MAX_UINT32), metavar="N")
@click.option("--register-gas", type=integer(0), metavar="GAS")
@click.option("--registration-period-secs", type=integer(1), metavar="SECONDS")
@click.option("--anchor-window-blocks", type=integer(1), metavar="N")
@click.option(
    "--operator-interval-blocks",
    type=integer(0),
    metavar="N",
    help="Between two registers of one operator; 0: no limit.",
)
@home_option
@output_option
def set_params(
    *,
    max_registers_per_block: int | None,
    register_gas: int | None,
    registration_period_secs: int | None,
    anchor_window_blocks: int | None,
    operator_interval_blocks: int | None,
    home: Home,
    output: Output,
) -> None:
    """Set the registration module's parameters. What no option names stays."""
    asked = {
        "max_registers_per_block": max_registers_per_block,
        "register_gas": register_gas,
        "registration_period_secs": registration_period_secs,
        "anchor_window_blocks": anchor_window_blocks,
        "operator_interval_blocks": operator_interval_blocks,
    }
    changes: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    if not changes:
        raise usage("at least one parameter", "none")
    _set_params(home, changes, output, headline="the parameters are set")


@click.command(
    "set-authority",
    short_help="Who may change the policy.",
    epilog=examples(
        "seedpactd genesis set-authority alice", "seedpactd genesis set-authority nobody"
    ),
)
@click.argument("account", metavar="ADDRESS|NAME|nobody")
@home_option
@keyring_backend_option
@output_option
def set_authority(*, account: str, home: Home, keyring_backend: str, output: Output) -> None:
    """Name the account that may change the policy and revoke nodes, within the floor."""
    address = b"" if account == NOBODY else account_of(account, home, keyring_backend)
    text = to_text(address) if address else NOBODY
    _set_params(home, {"authority": address}, output, headline=f"the authority is {text}")


def _set_params(home: Home, changes: dict[str, Any], output: Output, *, headline: str) -> None:
    genesis = load(home)
    genesis.require_open()
    registration = genesis.registration()
    params = replace(registration.params, **changes)
    genesis.set_registration(replace(registration, params=params))
    params = genesis.registration().params  # read again: its form is checked
    genesis.save()
    found = message_to_json(params_to_proto(params))
    output.answer(
        {"params": found, "genesis": str(genesis.path)},
        headline=headline,
        rows=[(name, str(value) or NOBODY) for name, value in found.items()],
    )


def _check(floor: Floor, chain_id: str) -> None:
    """The floor's own rules. Raises Refusal."""
    inputs = NetworkInputs(
        chain_id=chain_id,
        genesis_time_unix_nanos=1,
        initial_height=1,
        genesis_validators_hash=_HASH,
        consensus_params_hash=_HASH,
        floor=floor,
        app_state_hash=_HASH,
    )
    check_inputs(inputs, mode=floor.mode)
