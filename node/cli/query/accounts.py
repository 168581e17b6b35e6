"""`seedpactd query auth account` and `query bank balances`."""

from __future__ import annotations

import click

from chain_module.address import to_text
from node.cli.chain_options import AccountAddress, Target, chain_options
from node.cli.help_text import examples
from node.cli.output import Output
from node.json_form import json_integer


@click.group(short_help="Accounts.")
def auth() -> None:
    """Ask about accounts."""


@auth.command(
    short_help="Number and sequence of an account.",
    epilog=examples("seedpactd query auth account $(seedpactd keys show alice --address)"),
)
@click.argument("address", type=AccountAddress())
@chain_options
def account(*, address: bytes, target: Target, output: Output) -> None:
    """Show the number and the sequence of the account ADDRESS, as signatures bind them."""
    with target.client() as chain:
        chain.chain_id()
        found = chain.account(address)
    text = to_text(address)
    output.answer(
        {
            "address": text,
            "account_number": json_integer(found.number),
            "sequence": json_integer(found.sequence),
        },
        rows=[
            ("address", text),
            ("account_number", str(found.number)),
            ("sequence", str(found.sequence)),
        ],
    )


@click.group(short_help="Balances.")
def bank() -> None:
    """Ask about balances."""


@bank.command(
    short_help="What an account has.",
    epilog=examples("seedpactd query bank balances $(seedpactd keys show alice --address)"),
)
@click.argument("address", type=AccountAddress())
@chain_options
def balances(*, address: bytes, target: Target, output: Output) -> None:
    """Show the coins of the account ADDRESS."""
    with target.client() as chain:
        chain.chain_id()
        coins = chain.balances(address)
    output.answer(
        {
            "address": to_text(address),
            "balances": [{"denom": d, "amount": str(a)} for d, a in sorted(coins.items())],
        },
        headline="" if coins else "no coins",
        rows=[(denom, str(amount)) for denom, amount in sorted(coins.items())],
    )
