"""`seedpactd enclave import`: the newcomer's last step."""

from __future__ import annotations

import click

from node.cli.enclave.context_file import read_context
from node.cli.help_text import examples
from node.cli.options import address_option, output_option, timeout_option
from node.cli.output import Output
from node.enclave_client import EnclaveClient
from seedpact.enclave.v1 import service_pb2 as pb


@click.command(
    "import",
    short_help="As a newcomer: open the envelope, become a holder.",
    epilog=examples("seedpactd enclave import confirmed.json --address 127.0.0.1:26671"),
)
@click.argument("context", metavar="CONTEXT")
@address_option
@timeout_option
@output_option
def import_seed(*, context: str, address: str, timeout: float, output: Output) -> None:
    """Let a newcomer's enclave take the seed from its own record in the file CONTEXT.

    It opens the envelope, derives the network's keys from the seed and compares them with those of
    CONTEXT; then it holds the seed. Any failure leaves it as it was.
    """
    chain = read_context(context)
    with EnclaveClient(address, timeout=timeout) as client:
        own = client.get_info().node_id
        request = pb.ImportSeedRequest(context=chain.context_for(own))
        answer = client.import_seed(request)
    epochs = ", ".join(str(epoch) for epoch in answer.epochs)
    output.answer(
        {"state": "HOLDER", "epochs": list(answer.epochs), "tls_key": answer.tls_key.hex()},
        headline=f"this enclave holds the seed of epochs {epochs}",
        hints=["seedpactd enclave backup --out FILE, on another disk"],
    )
