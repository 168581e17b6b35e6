"""`seedpactd enclave init`: the keys of a new node, or the first seed of a new network."""

from __future__ import annotations

from dataclasses import dataclass

import click

from enclave.crypto.primitives import KEM_PUBLIC_BYTES
from enclave.errors import Code
from enclave.registration.network_codec import network_to_proto
from node.cli.argument_types import Hex
from node.cli.enclave.founder import write_founder
from node.cli.enclave.info import state_name
from node.cli.enclave.network_file import read_network
from node.cli.enclave.place import Place, place_options
from node.cli.failures import Failure, usage
from node.cli.files import check_writable, write_file
from node.cli.help_text import examples
from node.cli.numbers import integer
from node.cli.options import force_option, output_option
from node.cli.output import Output
from node.cli.values import short_hex
from node.enclave_client import EnclaveClient, EnclaveRefused
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2


@dataclass(frozen=True, slots=True)
class KemKey:
    """The network's key that a newcomer encapsulates to."""

    epoch: int
    kem_io: bytes


@click.command(
    short_help="Make a node's keys, or a network's first seed.",
    epilog=examples(
        "seedpactd enclave init network.json --epoch 0 --kem-io 5a0c...",
        "seedpactd enclave init network.json --bootstrap --out founder.json",
    ),
)
@click.argument("network", metavar="NETWORK")
@click.option("--epoch", type=integer(0), metavar="N", help="The current epoch.")
@click.option(
    "--kem-io",
    type=Hex(KEM_PUBLIC_BYTES),
    help="That epoch's KEM key, as a holder tells it: `enclave network-keys`.",
)
@click.option("--discard", is_flag=True, help="Throw away a newcomer's present keys first.")
@click.option("--bootstrap", is_flag=True, help="Be the first node: make the network's seed.")
@click.option("--out", metavar="FILE", help="With --bootstrap: where the founder file goes.")
@force_option
@place_options
@output_option
def init(
    *,
    network: str,
    epoch: int | None,
    kem_io: bytes | None,
    discard: bool,
    bootstrap: bool,
    out: str | None,
    force: bool,
    place: Place,
    output: Output,
) -> None:
    """Give an EMPTY enclave its keys for the network of the file NETWORK.

    A newcomer names the network's KEM key of the current epoch; a false one is found out when the
    seed is imported. The first node of a network says --bootstrap instead: its enclave makes the
    seed, once for ever, and its public keys and quote go to the founder file for all others.

    Keys that exist are never overwritten: the error says what is there. NETWORK is a
    seedpact.registration.v1.NetworkInputs as JSON, bytes in hex.
    """
    inputs = network_to_proto(read_network(network))
    if bootstrap:
        if out is None or discard or epoch is not None or kem_io is not None:
            raise usage("--bootstrap with --out FILE, and no key of a network", "other options")
        check_writable(out, force=force)
    elif out is not None:
        raise usage("--out with --bootstrap alone", "no --bootstrap")
    with place.client() as client:
        try:
            if out is not None:
                _bootstrap(client, inputs, out=out, force=force, output=output)
            else:
                key = _kem_key(epoch, kem_io)
                _create(client, inputs, key, discard=discard, output=output)
        except EnclaveRefused as refused:
            raise _explained(client, refused) from None


def _bootstrap(
    client: EnclaveClient,
    inputs: types_pb2.NetworkInputs,
    *,
    out: str,
    force: bool,
    output: Output,
) -> None:
    answer = client.bootstrap(pb.BootstrapRequest(network=inputs))
    write_file(out, write_founder(answer), force=force)
    output.answer(
        {
            "state": "HOLDER",
            "network_id": answer.network_id.hex(),
            "node_id": answer.node_id.hex(),
            "exchange_key": answer.exchange_key.hex(),
            "tls_key": answer.tls_key.hex(),
            "pk_io": answer.pk_io.hex(),
            "kem_io": answer.kem_io.hex(),
            "out": out,
        },
        headline=f"the network has its seed; its public keys and the quote are in {out}",
        rows=[
            ("network_id", answer.network_id.hex()),
            ("node_id", answer.node_id.hex()),
            ("pk_io", answer.pk_io.hex()),
            ("kem_io", short_hex(answer.kem_io)),
        ],
        hints=["seedpactd enclave backup --out FILE, on another disk"],
        changes=True,
    )


def _create(
    client: EnclaveClient,
    inputs: types_pb2.NetworkInputs,
    key: KemKey,
    *,
    discard: bool,
    output: Output,
) -> None:
    request = pb.CreateNodeKeyRequest(
        network=inputs, epoch=key.epoch, kem_io=key.kem_io, discard=discard
    )
    answer = client.create_node_key(request)
    output.answer(
        {
            "state": "KEYED",
            "network_id": answer.network_id.hex(),
            "node_id": answer.node_id.hex(),
            "exchange_key": answer.exchange_key.hex(),
            "kem_ciphertext": answer.kem_ciphertext.hex(),
        },
        headline=f"made the keys of a new node, for epoch {key.epoch}",
        rows=[
            ("network_id", answer.network_id.hex()),
            ("node_id", answer.node_id.hex()),
            ("exchange_key", answer.exchange_key.hex()),
        ],
        hints=["seedpactd register, which quotes them and lets the network confirm"],
        changes=True,
    )


def _kem_key(epoch: int | None, kem_io: bytes | None) -> KemKey:
    if epoch is None or kem_io is None:
        raise usage("--epoch N with --kem-io HEX, or --bootstrap", "not both of the two")
    return KemKey(epoch, kem_io)


def _explained(client: EnclaveClient, refused: EnclaveRefused) -> Failure:
    """The refusal; where keys stand in the way, with what is there."""
    found = refused.found
    if refused.code in (Code.KEYS_EXIST, Code.ALREADY_BOOTSTRAPPED):
        there = client.get_info()
        found = (
            f"{state_name(there.state)}, node {there.node_id.hex()} of network {there.chain_id!r}"
        )
    return Failure(refused.code, expected=refused.expected, found=found)
