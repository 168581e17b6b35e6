"""`seedpactd enclave quote`: the newcomer's second step, the holder's renewal."""

from __future__ import annotations

import click

from enclave.registration.records import OPERATOR_BYTES
from node.cli.enclave.context_file import HandChain, read_context
from node.cli.enclave.founder import write_founder
from node.cli.enclave.registration_file import write_registration
from node.cli.failures import usage
from node.cli.files import check_writable, write_file
from node.cli.help_text import command_line, examples
from node.cli.options import Hex, address_option, force_option, output_option, timeout_option
from node.cli.output import Output
from node.enclave_client import EnclaveClient
from seedpact.enclave.v1 import service_pb2 as pb


@click.command(
    short_help="Make a quote, to join or to renew.",
    epilog=examples(
        "seedpactd enclave quote context.json --operator $(printf '%040x' 7) --out b.json",
        "seedpactd enclave quote --bootstrap --out founder.json",
    ),
)
@click.argument("context", metavar="[CONTEXT]", required=False)
@click.option("--operator", type=Hex(OPERATOR_BYTES), help="The account that registers the node.")
@click.option("--bootstrap", is_flag=True, help="The founder's quote once more; needs no CONTEXT.")
@click.option("--out", required=True, metavar="FILE", help="Where the registration file goes.")
@force_option
@address_option
@timeout_option
@output_option
def quote(
    *,
    context: str | None,
    operator: bytes | None,
    bootstrap: bool,
    out: str,
    force: bool,
    address: str,
    timeout: float,
    output: Output,
) -> None:
    """Let the enclave quote its keys, for the network and headers of the file CONTEXT.

    The quote binds the operator's account, the keys, and the newest header that may be bound; that
    header is the root of the newcomer's trust. A holder renews in the same way. Quote again as
    often as you like: the enclave remembers the last 16.
    """
    check_writable(out, force=force)
    with EnclaveClient(address, timeout=timeout) as client:
        if bootstrap:
            if context is not None or operator is not None:
                raise usage("--bootstrap alone", "CONTEXT or --operator")
            answer = _bootstrap_again(client, out=out, force=force)
        elif context is None or operator is None:
            raise usage("CONTEXT and --operator HEX, or --bootstrap", "neither")
        else:
            answer = _register(client, read_context(context), operator, out=out, force=force)
    output.answer(
        {
            "out": out,
            "node_id": answer.node_id.hex(),
            "exchange_key": answer.exchange_key.hex(),
            "tls_key": answer.tls_key.hex(),
            "report_data": answer.report_data.hex(),
        },
        headline=f"quoted; {out} is what the others need to see",
        rows=[("node_id", answer.node_id.hex()), ("report_data", answer.report_data.hex())],
        hints=_next(context, out),
    )


def _next(context: str | None, out: str) -> list[str]:
    if context is None:
        return []
    confirming = command_line("enclave", "confirm", context, out, "--out", "confirmed.json")
    return [confirming + ", as a holder"]


def _register(
    client: EnclaveClient, chain: HandChain, operator: bytes, *, out: str, force: bool
) -> pb.MakeQuoteResponse:
    info = client.get_info()
    anchor = chain.newest_anchor()
    purpose = pb.RegisterPurpose(
        operator=operator,
        epoch=chain.view.epoch,
        anchor_height=anchor.height,
        anchor_hash=anchor.hash,
    )
    if info.state == pb.ENCLAVE_STATE_HOLDER:
        purpose.context.CopyFrom(chain.context_for(info.node_id))
    else:
        purpose.kem_io = chain.kem_io()
    answer = client.make_quote(pb.MakeQuoteRequest(register=purpose))
    write_file(out, write_registration(purpose, answer), force=force)
    return answer


def _bootstrap_again(client: EnclaveClient, *, out: str, force: bool) -> pb.MakeQuoteResponse:
    """The founder file, as `init --bootstrap` wrote it, with a new quote."""
    answer = client.make_quote(pb.MakeQuoteRequest(bootstrap=pb.BootstrapPurpose()))
    info, keys = client.get_info(), client.get_network_keys().keys[0]
    founder = pb.BootstrapResponse(
        network_id=info.network_id,
        node_id=answer.node_id,
        exchange_key=answer.exchange_key,
        tls_key=answer.tls_key,
        pk_io=keys.pk_io,
        kem_io=keys.kem_io,
        evidence=answer.evidence,
    )
    write_file(out, write_founder(founder), force=force)
    return answer
