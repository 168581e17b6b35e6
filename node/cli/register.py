"""`seedpactd register`: everything that a newcomer does, as one command."""

from __future__ import annotations

import os
import sys
from fractions import Fraction
from typing import NoReturn

import click

from enclave.registration.network import HASH_BYTES
from node.base.python_child import python_command, python_environment
from node.chain_client import Price
from node.cli.argument_types import Address, Hex, RpcUrl
from node.cli.engine_options import MONIKER, PEER
from node.cli.failures import usage
from node.cli.help_text import examples, paragraphs, verbatim
from node.cli.joined import read_named_collateral, show_joined, unused_options
from node.cli.keyring import open_keyring
from node.cli.numbers import Seconds, integer
from node.cli.options import (
    grpc_option,
    home_option,
    keyring_backend_option,
    node_option,
    output_option,
    passphrase_option,
    roots_option,
)
from node.cli.output import Output
from node.cli.shown import Shown
from node.cli.tx.sending import Coins, GasPrices
from node.collateral import NamedCollateral
from node.config import Home, NodeConfig, Ports
from node.config.engine_values import MAX_MONIKER
from node.config.parts import Part, pid_file
from node.config.ports import MAX_PORT
from node.join import Join, Progress, StateSync, join
from node.supervisor import running


@click.command(
    short_help="Join: register this node, get the seed.",
    epilog=paragraphs(
        examples(
            "seedpactd register --network-id 3f1c... --node http://peer:26657 \\",
            "  --grpc peer:9090 --from operator",
        ),
        verbatim(
            "Killed or refused half-way, run it again: it goes on, and pays once.",
        ),
    ),
)
@click.option(
    "--network-id",
    type=Hex(HASH_BYTES),
    help="The network that you mean, learnt elsewhere than from the peer.  [default: asks]",
)
@node_option
@grpc_option
@roots_option
@click.option(
    "--p2p-peer",
    "p2p_peers",
    type=PEER,
    multiple=True,
    metavar="ID@HOST:PORT",
    help="For a new config; repeatable.  [default: the peer itself]",
)
@click.option("--from", "key_name", required=True, metavar="KEY", help="The operator's key: pays.")
@click.option(
    "--moniker",
    type=MONIKER,
    metavar="TEXT",
    help=f"Its name, for people: ASCII, at most {MAX_MONIKER} characters.",
)
@click.option(
    "--enclave",
    type=Address(),
    help="An enclave that runs.  [default: the home's own, started where it does not run]",
)
@click.option(
    "--collateral",
    metavar="FILE",
    help="Collateral for this register and for renewals (`attest collateral`).  [default: what the "
    "chain keeps; in software mode the enclave's]",
)
@click.option("--fees", type=Coins(), help="What to pay in all.  [default: gas x --gas-prices]")
@click.option("--gas-prices", type=GasPrices(), default="0.001useed", show_default=True)
@click.option(
    "--port-offset", type=integer(0, MAX_PORT), default=0, help="Added to a new config's ports."
)
@click.option(
    "--discard", is_flag=True, help="Throw away keys of another network, or useless ones."
)
@click.option("--yes", is_flag=True, help="Take the network that the peer serves, whatever it is.")
@click.option("--state-sync", is_flag=True, help="Begin with a snapshot, not with block 1.")
@click.option(
    "--rpc-server",
    "rpc_servers",
    type=RpcUrl(),
    multiple=True,
    help="For --state-sync: another node's RPC, to compare; repeatable.",
)
@click.option(
    "--trust-height",
    type=integer(1),
    help="For --state-sync: of a recent header that you trust.  [default: asks]",
)
@click.option(
    "--trust-hash",
    type=Hex(HASH_BYTES),
    help="For --state-sync: that header's hash, learnt elsewhere.",
)
@click.option("--start", "starts", is_flag=True, help="Then run the node, as `seedpactd start`.")
@click.option(
    "--timeout",
    "commit_timeout",
    type=Seconds(min=1, max=86_400),
    default=120.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for a block.",
)
@keyring_backend_option
@passphrase_option
@home_option
@output_option
def register(
    *,
    network_id: bytes | None,
    node: str,
    grpc: str,
    ca_file: bytes,
    p2p_peers: tuple[str, ...],
    key_name: str,
    moniker: str | None,
    enclave: str | None,
    collateral: str | None,
    fees: int | None,
    gas_prices: Fraction,
    port_offset: int,
    discard: bool,
    yes: bool,
    state_sync: bool,
    rpc_servers: tuple[str, ...],
    trust_height: int | None,
    trust_hash: bytes | None,
    starts: bool,
    commit_timeout: float,
    keyring_backend: str,
    passphrase_file: str | None,
    home: Home,
    output: Output,
) -> None:
    """Make this home's enclave a holder of the network's seed: all steps, from nothing.

    Checks the peer's genesis against --network-id, writes what the home lacks, starts the enclave
    where it does not run, makes the node's keys, quotes them, registers the node, waits for the
    block that confirms it, and lets the enclave open its envelope. Each step shows a line.
    """
    evidence = None if collateral is None else read_named_collateral(collateral)
    had_config = home.is_initialized
    shown = Shown(output)
    ask = _Confirm(shown, yes=yes)
    if (trust_height is None) != (trust_hash is None):
        raise usage("--trust-height and --trust-hash together", "one of them")
    if not state_sync and (trust_hash or rpc_servers):
        raise usage("--state-sync with --rpc-server, --trust-height and --trust-hash", "none")
    wish = Join(
        home=home.path,
        peer_rpc=node,
        peer_grpc=grpc,
        roots=ca_file,
        operator=open_keyring(home, keyring_backend, passphrase_file).key(key_name),
        network_id=network_id,
        confirm_network=ask.network,
        moniker=moniker or "",
        p2p_peers=p2p_peers,
        ports=Ports().shifted(port_offset),
        keyring_backend=keyring_backend,
        enclave=enclave,
        price=Price(gas_price=gas_prices, amount=fees),
        collateral=evidence,
        discard=discard,
        commit_timeout=commit_timeout,
        state_sync=StateSync(
            rpc_servers=rpc_servers,
            trust_height=trust_height or 0,
            trust_hash=trust_hash,
            confirm_header=ask.header,
        )
        if state_sync
        else None,
    )
    try:
        joined = join(wish, progress=lambda progress: _show(shown, progress))
    finally:
        shown.end()
    if not NodeConfig.load(home).operator_key:
        NodeConfig.set_operator(home, key=key_name, backend=keyring_backend)
    if evidence is not None:
        NamedCollateral(home.collateral).keep(evidence)
    runs = running(pid_file(home, Part.NODE)) is not None
    unused = unused_options(
        joined,
        had_config=had_config,
        of_config={"--p2p-peer": bool(p2p_peers), "--port-offset": port_offset > 0},
        of_register={"--moniker": bool(moniker), "--fees": fees is not None, "--discard": discard},
    )
    show_joined(
        joined,
        output,
        home,
        named=evidence is not None,
        unused=unused,
        hint="" if starts else "status" if runs else "start",
    )
    if starts:
        _become_start(home)


class _Confirm:
    """Whether what a peer shows is what was meant."""

    def __init__(self, shown: Shown, *, yes: bool) -> None:
        self._shown = shown
        self._yes = yes

    def network(self, network_id: bytes, chain_id: str) -> bool:
        """The network."""
        served = f"The peer serves {chain_id}, network {network_id.hex()}."
        return self._ask(f"{served} Is it that one?")

    def header(self, height: int, header_hash: bytes) -> bool:
        """The header from which state sync begins."""
        shown = f"All servers show header {height}, {header_hash.hex().upper()}."
        return self._ask(f"{shown} Is it the network's?")

    def _ask(self, question: str) -> bool:
        if self._yes or not sys.stdin.isatty():
            return self._yes
        self._shown.end()
        return click.confirm(question, err=True)


def _show(shown: Shown, progress: Progress) -> None:
    if progress.done:
        shown.keep(f"{progress.elapsed_ms / 1000:6.2f}s  {progress.step:<9} {progress.text}")
    else:
        # In a file the line that stays is enough, unless it may be long until it comes.
        waits = progress.text.startswith("waiting")
        shown.say(f"{progress.step}: {progress.text}", passing=not waits)


def _become_start(home: Home) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    words = python_command("node.cli.main", "start", "--home", str(home.path))
    os.execve(words[0], words, python_environment())  # noqa: S606 (no shell is wanted)
