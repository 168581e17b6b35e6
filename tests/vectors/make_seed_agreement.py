"""Makes seed_agreement.json: `python tests/vectors/make_seed_agreement.py [OUTPUT]` from the root.

The values come from tests/second_opinion alone, never from the product, and the file is the same
on every machine. README.md beside it explains the fields. What was drawn is in
`seed_agreement_cases`, what must fail in `seed_agreement_failures`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
from pathlib import Path
from typing import Final

from tests.second_opinion import agreement, primitives
from tests.second_opinion import network as identity
from tests.second_opinion.network import NetworkInputs
from tests.second_opinion.transcript import HARDWARE, SOFTWARE, Field, H, label_text, transcript
from tests.vectors.seed_agreement_cases import CASES, Case, Json, Object, value
from tests.vectors.seed_agreement_failures import failures

OUTPUT: Final = Path(__file__).with_name("seed_agreement.json")
FORMAT: Final = 1


def document() -> Object:
    """The whole file."""
    return {
        "format": FORMAT,
        "specification": "docs/spec/protocol.md, version 1",
        "transcripts": transcripts(),
        "statements": statements(CASES[0]),
        "registrations": [registration(case) for case in CASES],
        "must_fail": list(failures(CASES[0], CASES[2])),
    }


def transcripts() -> list[Json]:
    """Section 2 alone: how fields become bytes."""
    fields: dict[str, tuple[Field, ...]] = {
        "no fields": (),
        "empty text is a field": ("",),
        "bytes, text, integer": (b"\x00\xff", "text", 258),
        "integer limits": (0, 2**64 - 1),
        "empty list": ([],),
        "list": ([b"\x01", b"", "two", 3],),
        "split before": ("ab", "c"),
        "split after": ("a", "bc"),
    }
    rows: list[Json] = []
    for mode in (HARDWARE, SOFTWARE):
        for name, row in fields.items():
            encoded = transcript(mode, "network", *row)
            rows.append(
                {
                    "name": f"{name}, {mode}",
                    "label": label_text(mode, "network").decode(),
                    "fields": [_field(field) for field in row],
                    "transcript": encoded.hex(),
                    "H": hashlib.sha256(encoded).hexdigest(),
                    "H512": hashlib.sha512(encoded).hexdigest(),
                }
            )
    return rows


def statements(case: Case) -> Object:
    """Sections 4 and 9: an upgrade key's signature, and the bootstrap enclave's report_data."""
    mode, network_id = case.mode, case.network_id
    exchange_key = primitives.x25519_public(value("bootstrap node_key"))
    tls_key = primitives.ed25519_public(value("bootstrap tls_seed"))
    pk_io = case.pk_io(0)
    fields = ("bootstrap", network_id, exchange_key, pk_io, case.kem_io(0), tls_key)
    sgx = identity.sgx_measurement(
        value("mr_enclave"), value("mr_signer"), prod_id=0x0102, svn=0x0304
    )
    tdx = identity.tdx_measurement(value("mr_td", 48), [value(f"rtmr{i}", 48) for i in range(4)])
    return {
        "mode": mode,
        "network_id": network_id.hex(),
        "bootstrap": {
            "exchange_key": exchange_key.hex(),
            "pk_io": pk_io.hex(),
            "kem_io": case.kem_io(0).hex(),
            "tls_key": tls_key.hex(),
            "transcript": transcript(mode, "report-data", *fields).hex(),
            "report_data": agreement.bootstrap_report_data(
                mode,
                network_id,
                exchange_key=exchange_key,
                pk_io=pk_io,
                kem_io=case.kem_io(0),
                tls_key=tls_key,
            ).hex(),
        },
        "upgrades": [_upgrade(case, 1, 1, sgx), _upgrade(case, 2, 2, tdx)],
    }


def registration(case: Case) -> Object:
    """Every value of one registration, in the order in which it comes to be."""
    return {
        "name": case.name,
        "mode": case.mode,
        "network": _network(case.inputs),
        "epochs": [_epoch(case, epoch) for epoch in range(case.epoch + 1)],
        "newcomer": _newcomer(case),
        "confirm": _confirm(case),
    }


def _network(inputs: NetworkInputs) -> Object:
    floor, mode = inputs.floor, inputs.floor.mode
    floor_fields = (
        identity.MODE_NUMBER[mode],
        floor.attestation_root,
        floor.upgrade_keys,
        floor.threshold,
        floor.worst_tcb_status,
    )
    network_fields = (
        inputs.chain_id,
        inputs.genesis_time_unix_nanos,
        inputs.initial_height,
        inputs.genesis_validators_hash,
        inputs.consensus_params_hash,
        H(mode, "floor", *floor_fields),
        inputs.app_state_hash,
    )
    return {
        "chain_id": inputs.chain_id,
        "genesis_time_unix_nanos": str(inputs.genesis_time_unix_nanos),
        "initial_height": inputs.initial_height,
        "genesis_validators_hash": inputs.genesis_validators_hash.hex(),
        "consensus_params_hash": inputs.consensus_params_hash.hex(),
        "floor": {
            "mode": identity.MODE_NUMBER[mode],
            "attestation_root": floor.attestation_root.hex(),
            "upgrade_keys": [key.hex() for key in floor.upgrade_keys],
            "threshold": floor.threshold,
            "worst_tcb_status": floor.worst_tcb_status,
            "transcript": transcript(mode, "floor", *floor_fields).hex(),
            "hash": identity.floor_hash(floor).hex(),
        },
        "app_state_hash": inputs.app_state_hash.hex(),
        "transcript": transcript(mode, "network", *network_fields).hex(),
        "network_id": identity.network_id(inputs).hex(),
    }


def _epoch(case: Case, epoch: int) -> Object:
    mode, network_id, seed = case.mode, case.network_id, case.seed(epoch)
    salt = agreement.key_salt(mode, network_id)
    return {
        "epoch": epoch,
        "consensus_seed": seed.hex(),
        "salt": salt.hex(),
        "prk": _extract(salt, seed).hex(),
        "io_x25519_info": H(mode, "io-x25519", epoch).hex(),
        "sk_io": agreement.sk_io(mode, network_id, epoch, seed).hex(),
        "pk_io": case.pk_io(epoch).hex(),
        "io_mlkem768_info": H(mode, "io-mlkem768", epoch).hex(),
        "kem_io_seed": agreement.kem_io_seed(mode, network_id, epoch, seed).hex(),
        "kem_io": case.kem_io(epoch).hex(),
        "prev_seed": None if epoch == 0 else _prev_seed(case, epoch),
    }


def _prev_seed(case: Case, epoch: int) -> Object:
    mode, network_id = case.mode, case.network_id
    seed, before = case.seed(epoch), case.seed(epoch - 1)
    associated_data = agreement.prev_seed_associated_data(
        mode,
        network_id,
        epoch,
        pk_before=case.pk_io(epoch - 1),
        pk_now=case.pk_io(epoch),
    )
    return {
        "info": H(mode, "prev-seed", epoch).hex(),
        "key": agreement.prev_seed_key(mode, network_id, epoch, seed).hex(),
        "associated_data": [part.hex() for part in associated_data],
        "sealed": agreement.seal_prev_seed(
            mode, network_id, epoch, seed=seed, seed_before=before
        ).hex(),
    }


def _newcomer(case: Case) -> Object:
    mode, drawn = case.mode, case.registration()
    kem_secret, _ = case.encapsulation()
    fields = (
        "register",
        case.network_id,
        drawn.operator,
        drawn.exchange_key,
        drawn.kem_ciphertext,
        drawn.epoch,
        drawn.anchor_height,
        drawn.anchor_hash,
        drawn.tls_key,
    )
    return {
        "node_key": case.own("node_key").hex(),
        "exchange_key": drawn.exchange_key.hex(),
        "node_id": agreement.node_id(mode, drawn.exchange_key).hex(),
        "encapsulation_randomness": case.own("encapsulation").hex(),
        "kem_secret": kem_secret.hex(),
        "kem_ciphertext": drawn.kem_ciphertext.hex(),
        "operator": drawn.operator.hex(),
        "epoch": drawn.epoch,
        "anchor_height": drawn.anchor_height,
        "anchor_hash": drawn.anchor_hash.hex(),
        "tls_seed": case.own("tls_seed").hex(),
        "tls_key": drawn.tls_key.hex(),
        "transcript": transcript(mode, "report-data", *fields).hex(),
        "report_data": case.report_data().hex(),
    }


def _confirm(case: Case) -> Object:
    mode, network_id, epoch, drawn = case.mode, case.network_id, case.epoch, case.registration()
    pk_io = case.pk_io(epoch)
    shared = primitives.x25519(case.own("node_key"), pk_io)
    kem_secret = primitives.ml_kem_decapsulate(
        agreement.kem_io_seed(mode, network_id, epoch, case.seed(epoch)), drawn.kem_ciphertext
    )
    context = agreement.seed_context(
        mode,
        network_id,
        epoch,
        pk_io=pk_io,
        kem_io=case.kem_io(epoch),
        exchange_key=drawn.exchange_key,
        kem_ciphertext=drawn.kem_ciphertext,
        report_data=case.report_data(),
    )
    salt = H(mode, "seed-key", network_id)
    return {
        "shared": shared.hex(),
        "kem_secret": kem_secret.hex(),
        "context": context.hex(),
        "salt": salt.hex(),
        "prk": _extract(salt, shared + kem_secret).hex(),
        "seed_key": agreement.seed_key(
            mode, network_id, shared=shared, kem_secret=kem_secret, context=context
        ).hex(),
        "associated_data": [
            part.hex() for part in agreement.envelope_associated_data(mode, context)
        ],
        "envelope": case.envelope().hex(),
    }


def _upgrade(case: Case, serial: int, tee_kind: int, measurement: bytes) -> Json:
    fields = (case.network_id, serial, tee_kind, measurement)
    statement = identity.upgrade_statement(
        case.mode, case.network_id, serial=serial, tee_kind=tee_kind, measurement=measurement
    )
    seed = value(f"{case.inputs.chain_id} upgrade seed 0")
    return {
        "serial": serial,
        "tee_kind": tee_kind,
        "measurement": measurement.hex(),
        "transcript": transcript(case.mode, "upgrade", *fields).hex(),
        "statement": statement.hex(),
        "upgrade_seed": seed.hex(),
        "upgrade_key": primitives.ed25519_public(seed).hex(),
        "signature": primitives.ed25519_sign(seed, statement).hex(),
    }


def _extract(salt: bytes, ikm: bytes) -> bytes:
    return hmac.digest(salt, ikm, "sha256")


def _field(field: Field) -> Json:
    if isinstance(field, bytes):
        return {"bytes": field.hex()}
    if isinstance(field, str):
        return {"text": field}
    if isinstance(field, int):
        return {"integer": str(field)}
    return {"list": [_field(item) for item in field]}


def encoded() -> bytes:
    """The file's bytes."""
    return json.dumps(document(), indent=1, ensure_ascii=True).encode("ascii") + b"\n"


if __name__ == "__main__":
    (Path(sys.argv[1]) if sys.argv[1:] else OUTPUT).write_bytes(encoded())
