"""`seedpactd tx bank`: send coins."""

from __future__ import annotations

import click
from cosmpy.protos.cosmos.bank.v1beta1.bank_pb2 import Input
from cosmpy.protos.cosmos.bank.v1beta1.bank_pb2 import Output as BankOutput
from cosmpy.protos.cosmos.bank.v1beta1.tx_pb2 import MsgMultiSend, MsgSend
from cosmpy.protos.cosmos.base.v1beta1.coin_pb2 import Coin

from chain_module.address import to_text
from chain_module.bank.coins import DENOM
from node.cli.chain_options import AccountAddress
from node.cli.help_text import examples
from node.cli.tx.sending import Coins, Signing, signing_options


@click.group(short_help="Send coins.")
def bank() -> None:
    """Send coins to one account or to many."""


@bank.command(
    short_help="To one account.",
    epilog=examples("seedpactd tx bank send seed1... 1000useed --from alice"),
)
@click.argument("to", metavar="ADDRESS", type=AccountAddress())
@click.argument("amount", type=Coins())
@signing_options
def send(*, to: bytes, amount: int, signing: Signing) -> None:
    """Send AMOUNT from the account of --from to the account ADDRESS."""
    message = MsgSend(
        from_address=signing.info().address, to_address=to_text(to), amount=[_coin(amount)]
    )
    signing.send([message], done=f"sent {amount}{DENOM} to {to_text(to)}")


@bank.command(
    "multi-send",
    short_help="The same to many.",
    epilog=examples("seedpactd tx bank multi-send 1000useed seed1... seed1... --from alice"),
)
@click.argument("amount", type=Coins())
@click.argument("to", metavar="ADDRESS...", type=AccountAddress(), nargs=-1, required=True)
@signing_options
def multi_send(*, amount: int, to: tuple[bytes, ...], signing: Signing) -> None:
    """Send AMOUNT from the account of --from to each ADDRESS, all or none."""
    message = MsgMultiSend(
        inputs=[Input(address=signing.info().address, coins=[_coin(amount * len(to))])],
        outputs=[BankOutput(address=to_text(entry), coins=[_coin(amount)]) for entry in to],
    )
    signing.send([message], done=f"sent {amount}{DENOM} to each of {len(to)}")


def _coin(amount: int) -> Coin:
    return Coin(denom=DENOM, amount=str(amount))
