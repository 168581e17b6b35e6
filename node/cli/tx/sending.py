"""What all transactions share: their options, their way into a block, and their answer."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, TypeVar

import click
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from chain_module.bank.coins import DENOM
from node.chain_client import ChainClient, Committed, Price
from node.chain_client.transactions import DEFAULT_GAS_PRICE, fee_of, unsigned
from node.cli.chain_options import Target, chain_options
from node.cli.failures import usage
from node.cli.keyring import open_keyring
from node.cli.numbers import integer
from node.cli.options import (
    keyring_backend_option,
    passphrase_option,
)
from node.cli.output import Output
from node.cli.shown import Shown
from node.config.gas_price import gas_price
from node.config.toml_reader import WrongValue
from node.json_form import Json
from node.keyring import KeyInfo, Keyring, SigningKey

MAX_MEMO: Final = 256

R = TypeVar("R")


_COINS: Final = re.compile(rf"([0-9]{{1,39}}){DENOM}", re.ASCII)
"""A fee of up to 128 bits."""


class Coins(click.ParamType[int]):
    """An amount such as 1000useed; the command gets the number."""

    name = f"amount{DENOM}"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Useed. Raises Failure: WRONG_USAGE."""
        del param, ctx
        if isinstance(value, int):
            return value
        match = _COINS.fullmatch(str(value))
        if match is None:
            raise usage(f"an amount such as 1000{DENOM}", repr(str(value)[:100]))
        return int(match[1])


class GasPrices(click.ParamType[Fraction]):
    """A price of gas such as 0.001useed."""

    name = f"price{DENOM}"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Fraction:
        """Useed for one gas. Raises Failure: WRONG_USAGE."""
        del param, ctx
        if isinstance(value, Fraction):
            return value
        try:
            return gas_price(value).amount
        except WrongValue as wrong:
            raise usage(wrong.expected, repr(str(value)[:100])) from None


@dataclass(frozen=True, slots=True)
class Signing:
    """How a command signs and pays."""

    target: Target
    output: Output
    key_name: str
    keyring_backend: str
    passphrase_file: str | None
    price: Price
    memo: str
    sequence: int | None
    generate_only: bool
    dry_run: bool

    def info(self) -> KeyInfo:
        """The key's public side. Raises KeyringFailure."""
        return self._keyring().get(self.key_name)

    def key(self) -> SigningKey:
        """The key, opened. Raises KeyringFailure."""
        return self._keyring().key(self.key_name)

    def _keyring(self) -> Keyring:
        return open_keyring(self.target.home, self.keyring_backend, self.passphrase_file)

    def send(self, messages: Sequence[Message], *, done: str) -> None:
        """Signs, sends, waits and answers.

        Args:
            messages: of the transaction.
            done: the answer's headline.

        Raises:
            ChainFailure, KeyringFailure.
        """
        if self.generate_only:
            self._show_unsigned(messages)
            return
        key = self.key()
        shown = Shown(self.output)
        try:
            with self.target.client() as chain:
                if self.dry_run:
                    self._show_cost(chain, messages, key)
                    return
                shown.say("simulating and signing")
                found = chain.send_tx(
                    messages,
                    key,
                    price=self.price,
                    memo=self.memo,
                    sequence=self.sequence,
                    waiting=lambda height: shown.say(f"waiting for its block, now {height}"),
                )
        finally:
            shown.end()
        self._answer(found, done)

    def _answer(self, found: Committed, done: str) -> None:
        self.output.answer(
            {
                "tx_hash": found.hash,
                "height": found.height,
                "gas_wanted": found.gas_wanted,
                "gas_used": found.gas_used,
            },
            headline=f"{done}, in block {found.height}",
            rows=[("tx_hash", found.hash), ("gas", str(found.gas_used))],
            changes=True,
        )

    def _show_cost(self, chain: ChainClient, messages: Sequence[Message], key: SigningKey) -> None:
        account = chain.account(key.info.raw_address)
        fee = chain.fee(messages, key, price=self.price, account=account, memo=self.memo)
        self.output.answer(
            {"gas_limit": fee.gas_limit, "fee": f"{fee.amount}{DENOM}", "sent": False},
            headline="not sent: --dry-run",
            rows=[("gas_limit", str(fee.gas_limit)), ("fee", f"{fee.amount}{DENOM}")],
        )

    def _show_unsigned(self, messages: Sequence[Message]) -> None:
        if self.price.gas_limit is None:
            raise usage("--generate-only with --gas N: nothing is asked", "no --gas")
        fee = fee_of(self.price.gas_limit, self.price)
        tx = unsigned(messages, self.info(), fee=fee, memo=self.memo)
        plain: Json = MessageToDict(tx, preserving_proto_field_name=True)
        self.output.answer({"tx": plain}, headline="not signed: --generate-only; see --output json")


def signing_options(command: Callable[..., R]) -> Callable[..., R]:
    """Adds what every transaction takes; the command gets `signing: Signing`."""

    @click.option("--from", "key_name", required=True, metavar="KEY", help="The key that signs.")
    @click.option("--fees", type=Coins(), help=f"What to pay in all, such as 3000{DENOM}.")
    @click.option(
        "--gas-prices",
        type=GasPrices(),
        default=f"{float(DEFAULT_GAS_PRICE):g}{DENOM}",
        show_default=True,
        help="What to pay for one gas, where --fees does not say.",
    )
    @click.option("--gas", type=integer(1), metavar="N", help="[default: simulated]")
    @click.option("--memo", default="", metavar="TEXT", help=f"At most {MAX_MEMO} characters.")
    @click.option("--sequence", type=integer(0), metavar="N", help="[default: the account's next]")
    @click.option("--generate-only", is_flag=True, help="Print it unsigned; needs --gas.")
    @click.option("--dry-run", is_flag=True, help="Only say what it would cost.")
    @keyring_backend_option
    @passphrase_option
    @chain_options
    @functools.wraps(command)
    def run(
        *,
        target: Target,
        output: Output,
        key_name: str,
        keyring_backend: str,
        passphrase_file: str | None,
        fees: int | None,
        gas_prices: Fraction,
        gas: int | None,
        memo: str,
        sequence: int | None,
        generate_only: bool,
        dry_run: bool,
        **others: object,
    ) -> R:
        signing = Signing(
            target=target,
            output=output,
            key_name=key_name,
            keyring_backend=keyring_backend,
            passphrase_file=passphrase_file,
            price=Price(gas_price=gas_prices, gas_limit=gas, amount=fees),
            memo=memo,
            sequence=sequence,
            generate_only=generate_only,
            dry_run=dry_run,
        )
        return command(signing=signing, **others)

    return run
