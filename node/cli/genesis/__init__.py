"""`seedpactd genesis`: what a network starts from."""

from __future__ import annotations

import click

from node.cli.genesis.entries import add_account, add_validator, set_time
from node.cli.genesis.floor import set_authority, set_floor, set_params
from node.cli.genesis.judge import bootstrap, network_id, validate
from node.cli.genesis.policy import set_policy


@click.group(short_help="Make the genesis of a network.")
def genesis() -> None:
    """Fill, bootstrap and judge the genesis file that `seedpactd init` made.

    A founder's way: add-account for everybody who shall hold coins, add-validator for everybody who
    shall vote, set-policy and set-floor where the defaults do not do, then bootstrap, which is
    final, and validate. All validators take the same file.
    """


for command in (
    add_account,
    add_validator,
    set_policy,
    set_floor,
    set_params,
    set_authority,
    set_time,
    bootstrap,
    validate,
    network_id,
):
    genesis.add_command(command)
