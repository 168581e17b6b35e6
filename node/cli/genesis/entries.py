"""`seedpactd genesis add-account`, `add-validator` and `set-time`."""

from __future__ import annotations

import base64
import binascii
import re
import time
from typing import Final

import click

from chain_module.address import to_text
from chain_module.bank.coins import coins_text, parse_coins
from chain_module.errors import TxRefusal
from enclave.light_client.codec import MAX_TOTAL_POWER
from enclave.time import NANOSECONDS
from node.cli.failures import usage
from node.cli.genesis.shared import GenesisTime, account_of, load
from node.cli.help_text import examples
from node.cli.numbers import integer
from node.cli.options import home_option, keyring_backend_option, output_option
from node.cli.output import Output
from node.config import Home
from node.config.cometbft import read_cometbft
from node.config.engine_keys import KEY_BYTES, engine_address, read_engine_keys
from node.genesis.entries import DEFAULT_POWER, total_power
from node.genesis.entries import add_account as add_account_to
from node.genesis.entries import add_validator as add_validator_to
from node.genesis.times import format_time

MAX_DELAY_SECS: Final = 100 * 366 * 24 * 3600
"""A century, which no one means to wait."""

_HEX: Final = re.compile(rf"(?:0x)?([0-9a-fA-F]{{{2 * KEY_BYTES}}})")


class ValidatorKey(click.ParamType[bytes]):
    """A validator's Ed25519 key, in hex, in base64 or as CometBFT's own JSON."""

    name = "key"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> bytes:
        """The 32 bytes. Raises Failure: WRONG_USAGE."""
        del param, ctx
        if isinstance(value, bytes):
            return value
        text = str(value)
        if match := _HEX.fullmatch(text):
            return bytes.fromhex(match[1])
        # {"type":"tendermint/PubKeyEd25519","value":"<base64>"}, as show-validator prints it.
        inner = re.search(r'"(?:value|key)"\s*:\s*"([^"]+)"', text)
        try:
            key = base64.b64decode(inner[1] if inner else text, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            raise usage(f"--pubkey as {KEY_BYTES} bytes in hex or base64", repr(text[:100]))
        return key


@click.command(
    "add-account",
    short_help="An account that holds coins.",
    epilog=examples(
        "seedpactd genesis add-account alice 1000000000useed",
        "seedpactd genesis add-account seed1... 5atom,100useed",
    ),
)
@click.argument("account", metavar="ADDRESS|NAME")
@click.argument("coins")
@home_option
@keyring_backend_option
@output_option
def add_account(
    *, account: str, coins: str, home: Home, keyring_backend: str, output: Output
) -> None:
    """Give COINS to an ADDRESS, or to the key NAME of the keyring. Coins are made here alone."""
    try:
        given = parse_coins(coins)
    except TxRefusal as refusal:
        raise usage(f"COINS: {refusal.expected}", refusal.found) from None
    address = account_of(account, home, keyring_backend)
    genesis = load(home)
    add_account_to(genesis, address, given)
    genesis.save()
    text = to_text(address)
    output.answer(
        {"address": text, "coins": coins_text(given), "genesis": str(genesis.path)},
        headline=f"{text} holds {coins_text(given) or 'no coins'}",
    )


@click.command(
    "add-validator",
    short_help="A validator of the first block.",
    epilog=examples(
        "seedpactd genesis add-validator",
        "seedpactd genesis add-validator --validator-home ../node1 --power 5",
        "seedpactd genesis add-validator --pubkey FxecoKd1... --name berlin",
    ),
)
@click.option("--pubkey", type=ValidatorKey(), help="Its Ed25519 key, in hex or base64.")
@click.option("--validator-home", metavar="DIR", help="Take key and name from that home.")
@click.option(
    "--power",
    type=click.IntRange(min=1, max=MAX_TOTAL_POWER),
    default=DEFAULT_POWER,
    show_default=True,
    metavar="N",
    help="Its votes.",
)
@click.option("--name", metavar="TEXT", help="For people.  [default: the home's moniker]")
@home_option
@output_option
def add_validator(
    *,
    pubkey: bytes | None,
    validator_home: str | None,
    power: int,
    name: str | None,
    home: Home,
    output: Output,
) -> None:
    """Add a validator: the one of this home, of another, or of a key.

    The validators of this chain are those of its genesis.
    """
    if pubkey is not None and validator_home is not None:
        raise usage("--pubkey or --validator-home", "both")
    moniker = ""
    if pubkey is None:
        source = home if validator_home is None else Home.of(validator_home)
        pubkey = read_engine_keys(source).validator_key
        moniker = str(read_cometbft(source, "moniker") or "")
    genesis = load(home)
    add_validator_to(genesis, pubkey, power=power, name=moniker if name is None else name)
    genesis.save()
    address = engine_address(pubkey).hex().upper()
    votes = total_power(genesis)
    output.answer(
        {"address": address, "power": power, "total_power": votes, "genesis": str(genesis.path)},
        headline=f"validator {address} has {power} of {votes} votes",
    )


@click.command(
    "set-time",
    short_help="When the chain starts.",
    epilog=examples(
        "seedpactd genesis set-time 2026-01-01T12:00:00Z", "seedpactd genesis set-time --in 300"
    ),
)
@click.argument("when", metavar="[TIME]", type=GenesisTime(), required=False)
@click.option("--in", "delay", type=integer(0, MAX_DELAY_SECS), metavar="SECONDS", help="From now.")
@home_option
@output_option
def set_time(*, when: int | None, delay: int | None, home: Home, output: Output) -> None:
    """Set the genesis time. CometBFT waits for it.

    It is the gate time of the first block: the first node's collateral must be valid then.
    """
    if when is None:
        if delay is None:
            raise usage("TIME or --in SECONDS", "neither")
        when = (int(time.time()) + delay) * NANOSECONDS
    elif delay is not None:
        raise usage("TIME or --in SECONDS", "both")
    genesis = load(home)
    genesis.require_open()
    genesis.document["genesis_time"] = format_time(when)
    genesis.save()
    output.answer(
        {"genesis_time": format_time(when), "genesis": str(genesis.path)},
        headline=f"the chain starts at {format_time(when)}",
    )
