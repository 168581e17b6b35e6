"""`seedpactd genesis bootstrap`, `validate` and `network-id`."""

from __future__ import annotations

import click

from chain_module.address import ACCOUNT_PREFIX
from enclave.errors import Code, Refusal
from node.cli.argument_types import Address
from node.cli.failures import Failure, of_part, of_refusal
from node.cli.genesis.shared import account_of, load, load_from
from node.cli.help_text import command_line, examples
from node.cli.options import home_option, keyring_backend_option, output_option, timeout_option
from node.cli.output import Output, Row
from node.cli.values import short_hex
from node.config import Home, NodeConfig
from node.enclave_client import EnclaveRefused
from node.genesis.bootstrap import bootstrap as bootstrap_genesis
from node.genesis.checks import read_network
from node.genesis.checks import validate as validate_genesis
from node.genesis.failures import GenesisFailure
from node.join.enclave_process import enclave_of


@click.command(
    short_help="Let the first enclave make the seed.",
    epilog=examples(
        "seedpactd genesis bootstrap --operator alice",
        "seedpactd genesis bootstrap --operator alice --address 127.0.0.1:26670",
    ),
)
@click.option(
    "--operator",
    required=True,
    metavar="ADDRESS|NAME",
    help="The account that pays for the first node.",
)
@click.option("--address", type=Address(), help="Of the enclave.  [default: this home's]")
@timeout_option
@home_option
@keyring_backend_option
@output_option
def bootstrap(
    *,
    operator: str,
    address: str | None,
    timeout: float,
    home: Home,
    keyring_backend: str,
    output: Output,
) -> None:
    """Let this home's enclave make the network's seed, once for ever, and complete the genesis.

    The genesis is final from then on: accounts, validators, policy and floor are part of the
    network's identity, which the enclave seals. Everything is checked before the enclave is asked:
    the one that runs in this home, or one that is started for this command.
    Where that was interrupted, run it again: the enclave quotes its keys once more. Where node.toml
    names no operator's key yet, it gets this one: it pays for this node's renewals.
    """
    genesis = load(home)
    account = account_of(operator, home, keyring_backend)
    config = NodeConfig.load(home)
    where = address or config.enclave_address
    with enclave_of(
        home.enclave,
        mode=config.enclave_mode,
        address=address,
        configured=config.enclave_address,
        token=config.enclave_token,
        timeout=timeout,
    ) as client:
        try:
            done = bootstrap_genesis(genesis, client, operator=account)
        except EnclaveRefused as refused:
            raise _explained(refused) from None
    genesis.save()
    if not config.operator_key and not operator.startswith(f"{ACCOUNT_PREFIX}1"):
        NodeConfig.set_operator(home, key=operator, backend=keyring_backend)
    network = done.network_id.hex()
    output.answer(
        {
            "network_id": network,
            "node_id": done.node_id.hex(),
            "pk_io": done.pk_io.hex(),
            "kem_io": done.kem_io.hex(),
            "again": done.again,
            "genesis": str(genesis.path),
        },
        headline="the network has its seed"
        + (", as before" if done.again else ", and the genesis is complete"),
        rows=[
            ("network_id", network),
            ("node_id", done.node_id.hex()),
            ("pk_io", done.pk_io.hex()),
            ("kem_io", short_hex(done.kem_io)),
        ],
        hints=[
            f"tell newcomers the network_id: seedpactd register --network-id {network}",
            command_line("start", "--home", str(home.path)),
            command_line("enclave", "backup", "--out", "FILE", "--address", where)
            + ", once it runs, on another disk",
        ],
        changes=True,
    )


@click.command(
    short_help="Judge a genesis.",
    epilog=examples("seedpactd genesis validate", "seedpactd genesis validate FILE --draft"),
)
@click.argument("file", metavar="[FILE]", required=False)
@click.option("--draft", is_flag=True, help="Judge it before its bootstrap.")
@home_option
@output_option
def validate(*, file: str | None, draft: bool, home: Home, output: Output) -> None:
    """Judge the home's genesis, or FILE: form, state rules, identity, the first node's evidence.

    Prints each rule that holds. The quote is verified at genesis time, as `start` does.
    """
    genesis = load_from(home, file)
    rows: list[Row] = []
    try:
        for check in validate_genesis(genesis, draft=draft):
            rows.append((check.name, check.found))  # noqa: PERF401 (they count where one fails)
    except (GenesisFailure, Refusal) as found:
        output.facts(rows)
        failure = of_refusal(found) if isinstance(found, Refusal) else of_part(found)
        raise _with(failure, rows) from None
    network = read_network(genesis).network_id.hex()
    output.answer(
        {"network_id": network, "genesis": str(genesis.path), "checks": dict(rows)},
        headline=f"{genesis.path} is good" + (", before its bootstrap" if draft else ""),
        rows=rows,
    )


@click.command(
    "network-id",
    short_help="The network that a genesis makes.",
    epilog=examples("seedpactd genesis network-id", "seedpactd genesis network-id FILE"),
)
@click.argument("file", metavar="[FILE]", required=False)
@home_option
@output_option
def network_id(*, file: str | None, home: Home, output: Output) -> None:
    """Compute network_id from the home's genesis, or from FILE. It is the same after the bootstrap.

    It names the whole: chain id, genesis time, validators, parameters, floor, policy and balances.
    """
    genesis = load_from(home, file)
    network = read_network(genesis)
    text = network.network_id.hex()
    final = network.registration.network is not None
    output.answer(
        {"network_id": text, "chain_id": network.inputs.chain_id, "bootstrapped": final},
        rows=[
            ("network_id", text),
            ("chain_id", network.inputs.chain_id),
            ("bootstrapped", "yes" if final else "no: any change gives another id"),
        ],
    )


def _explained(refused: EnclaveRefused) -> Failure:
    found = refused.found
    if refused.code == Code.KEYS_EXIST:
        found += "; `seedpactd enclave info` shows them"
    return Failure(refused.code, expected=refused.expected, found=found)


def _with(failure: Failure, rows: list[Row]) -> Failure:
    """The same failure, with what held before it."""
    return Failure(
        failure.code,
        expected=failure.expected,
        found=failure.found,
        exit_code=failure.exit_code,
        details={"checks": dict(rows)},
    )
