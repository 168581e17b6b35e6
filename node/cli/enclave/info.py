"""`seedpactd enclave info` and `network-keys`: what an enclave is and holds, public values only."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from enclave.errors import Code
from enclave.registration.measurement_codec import measurement_from_proto
from node.cli.attest.facts import measurement_json, measurement_rows
from node.cli.enclave.place import Place, place_options
from node.cli.files import check_writable, write_file
from node.cli.help_text import examples
from node.cli.json_files import dump_object
from node.cli.options import force_option, output_option
from node.cli.output import Output, Row
from node.cli.values import short_hex
from node.json_form import Json, message_to_json
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2

STATE_PREFIX: Final = "ENCLAVE_STATE_"
BACKUP_NEWER: Final = "a backup that holds what the state does not; it is kept"
_MODE_PREFIX: Final = "MODE_"

_MEANING: Final = {
    "EMPTY": "no keys yet",
    "KEYED": "has keys, and made no quote yet",
    "PENDING": "made a quote, and waits to be confirmed",
    "HOLDER": "holds the network's seed",
}
_NEXT: Final = {
    "EMPTY": "seedpactd register; for a new network: seedpactd genesis bootstrap",
    "KEYED": "seedpactd register",
    "PENDING": "seedpactd register: it goes on where it was",
}


def state_name(number: int) -> str:
    """EMPTY, KEYED, PENDING or HOLDER; the number, where a newer enclave knows more."""
    if number not in pb.EnclaveState.values():
        return str(number)
    return pb.EnclaveState.Name(number).removeprefix(STATE_PREFIX)


@click.command(
    short_help="What the enclave is and holds.",
    epilog=examples("seedpactd enclave info", "seedpactd enclave info --address 127.0.0.1:26671"),
)
@place_options
@output_option
def info(*, place: Place, output: Output) -> None:
    """Show the state of an enclave, its network and its public keys. Changes nothing."""
    with place.client() as client:
        answer = client.get_info()
    state = state_name(answer.state)
    hints = [_NEXT[state]] if state in _NEXT else []
    rows = [*_as_rows(answer), *unproven_rows(answer, place.token)]
    output.answer(_as_json(answer), rows=rows, hints=hints)


@click.command(
    "network-keys",
    short_help="The network's public keys.",
    epilog=examples("seedpactd enclave network-keys --output json"),
)
@place_options
@click.option("--out", metavar="FILE", help="Also write them to this file.")
@force_option
@output_option
def network_keys(*, place: Place, out: str | None, force: bool, output: Output) -> None:
    """Show the public keys of each epoch whose seed this enclave holds.

    A newcomer encapsulates to kem_io of the current epoch, as the chain proves it.
    """
    if out is not None:
        check_writable(out, force=force)
    with place.client() as client:
        keys = list(client.get_network_keys().keys)
    data: dict[str, Json] = {"network_keys": [message_to_json(entry) for entry in keys]}
    if out is not None:
        write_file(out, dump_object(data), force=force)
    rows = [row for entry in keys for row in _key_rows(entry)]
    output.answer(data | {"out": out}, rows=rows)


def newer_backup_rows(answer: pb.GetInfoResponse) -> list[Row]:
    """That an older state was put back, or none is left, and what says more; else nothing."""
    if not answer.backup_newer:
        return []
    return [("backup", f"{BACKUP_NEWER}: `seedpactd explain {Code.BACKUP_NEWER}`")]


def not_checked(token: Path | None) -> str:
    """Why nobody knows who it is that answers, in words."""
    where = "none is named" if token is None else f"none at {token}"
    return f"not checked: no token to know the enclave by ({where}); any process may answer there"


def unproven_rows(answer: pb.GetInfoResponse, token: Path | None) -> list[Row]:
    """That who answered was not checked; else nothing."""
    return [] if answer.endpoint_proof else [("endpoint", not_checked(token))]


def _key_rows(keys: types_pb2.NetworkKeys) -> list[Row]:
    return [
        ("epoch", str(keys.epoch)),
        ("pk_io", short_hex(keys.pk_io)),
        ("kem_io", short_hex(keys.kem_io)),
    ]


def _mode(answer: pb.GetInfoResponse) -> str:
    return types_pb2.Mode.Name(answer.mode).removeprefix(_MODE_PREFIX).lower()


def _as_json(answer: pb.GetInfoResponse) -> dict[str, Json]:
    return {
        "state": state_name(answer.state),
        "proven": bool(answer.endpoint_proof),
        "mode": _mode(answer),
        "version": answer.version,
        "measurement": measurement_json(measurement_from_proto(answer.measurement)),
        "network_id": answer.network_id.hex() or None,
        "chain_id": answer.chain_id or None,
        "node_id": answer.node_id.hex() or None,
        "exchange_key": answer.exchange_key.hex() or None,
        "tls_key": answer.tls_key.hex() or None,
        "epochs": list(answer.epochs),
        "root_height": answer.root_height or None,
        "root_hash": answer.root_hash.hex() or None,
        "quotes": answer.quotes,
        "trusted_height": answer.trusted_height or None,
        "freshness_nonce": answer.freshness_nonce.hex() or None,
        "fresh_until": answer.fresh_until or None,
        "forked": answer.forked,
        "backup_current": answer.backup_current,
        "backup_newer": answer.backup_newer,
    }


def _as_rows(answer: pb.GetInfoResponse) -> list[Row]:
    state = state_name(answer.state)
    rows = [("state", f"{state}: {_MEANING.get(state, 'of a newer version')}")]
    warning = ", protects nothing" if answer.mode == types_pb2.MODE_SOFTWARE else ""
    rows += [("mode", _mode(answer) + warning), ("version", answer.version)]
    rows += measurement_rows(measurement_from_proto(answer.measurement))
    rows += newer_backup_rows(answer)
    if not answer.network_id:
        return rows
    rows += [
        ("chain_id", answer.chain_id),
        ("network_id", answer.network_id.hex()),
        ("node_id", answer.node_id.hex()),
        ("exchange_key", answer.exchange_key.hex()),
        ("tls_key", short_hex(answer.tls_key)),
        ("epochs", ", ".join(str(epoch) for epoch in answer.epochs) or "none"),
        ("quotes waiting", str(answer.quotes)),
    ]
    if answer.root_height:
        root = answer.root_hash.hex() or "the genesis"
        rows += [("root of trust", f"height {answer.root_height}, {root}")]
    if answer.trusted_height:
        rows += [("trusted height", str(answer.trusted_height))]
    if answer.freshness_nonce:
        until = f"block {answer.fresh_until}" if answer.fresh_until else "none proven yet"
        rows += [("freshness nonce", answer.freshness_nonce.hex()), ("confirms up to", until)]
    if answer.forked:
        rows += [("forked", "a fork of the chain was proven: it confirms nobody, for ever")]
    return rows
