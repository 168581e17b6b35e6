"""tests/vectors/seed_agreement.json against the product, and against the program that made it.

The file was made by the second opinion alone. Here the product follows it from the network's
inputs to the envelope; `test_seed_agreement_failures` has what must fail.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from enclave.attestation.report_data import bootstrap_report_data, register_report_data
from enclave.attestation.types import Measurement, SgxMeasurement, TcbStatus, TdxMeasurement
from enclave.crypto.key_schedule import open_previous_seed, seal_previous_seed
from enclave.crypto.labels import Label, Mode, Name
from enclave.crypto.primitives import (
    ExchangeKey,
    KemKey,
    ed25519_public,
    ed25519_verifies,
)
from enclave.crypto.seed_envelope import SeedContext, node_id, open_seed, seal_seed
from enclave.crypto.transcript import H512, Field, H, encode_transcript
from enclave.registration.network import Floor, NetworkInputs, network_id, upgrade_statement
from tests.enclave.crypto.published import VECTORS
from tests.enclave.crypto.seed_agreement import FILE, MUST_FAIL, Json, derive, raw

ROOT = Path(__file__).parents[3]


def field(row: Json) -> Field:
    (kind, value), *_ = row.items()
    match kind:
        case "bytes":
            return bytes.fromhex(value)
        case "text":
            return str(value)
        case "integer":
            return int(value)
        case _:
            return [field(item) for item in value]


def test_the_program_makes_the_same_bytes_again(tmp_path: Path) -> None:
    again = tmp_path / "seed_agreement.json"
    program = VECTORS / "make_seed_agreement.py"
    subprocess.run([sys.executable, str(program), str(again)], check=True, cwd=ROOT)
    assert again.read_bytes() == (VECTORS / "seed_agreement.json").read_bytes()


def test_there_are_three_registrations_and_at_least_ten_failures() -> None:
    assert [(row["mode"], row["newcomer"]["epoch"]) for row in FILE["registrations"]] == [
        ("hardware", 0),
        ("software", 0),
        ("hardware", 2),
    ]
    assert len(MUST_FAIL) == len(FILE["must_fail"]) >= 10


@pytest.mark.parametrize("row", FILE["transcripts"], ids=lambda row: row["name"])
def test_transcripts(row: Json) -> None:
    """Section 2."""
    mode = Mode.HARDWARE if row["label"] == "seedpact/v1/network" else Mode.SOFTWARE
    label = Label(mode, Name.NETWORK)
    fields = [field(item) for item in row["fields"]]
    assert label.text == row["label"]
    assert encode_transcript(label, *fields) == raw(row, "transcript")
    assert H(label, *fields) == raw(row, "H")
    assert H512(label, *fields) == raw(row, "H512")


def test_bootstrap_statement() -> None:
    """Section 9."""
    row = FILE["statements"]["bootstrap"]
    made = bootstrap_report_data(
        Mode(FILE["statements"]["mode"]),
        network_id=raw(FILE["statements"], "network_id"),
        exchange_key=raw(row, "exchange_key"),
        pk_io=raw(row, "pk_io"),
        kem_io=raw(row, "kem_io"),
        tls_key=raw(row, "tls_key"),
    )
    assert made == raw(row, "report_data")


@pytest.mark.parametrize("row", FILE["statements"]["upgrades"], ids=lambda row: row["tee_kind"])
def test_upgrade_statements(row: Json) -> None:
    """Section 4."""
    statement = upgrade_statement(
        Mode(FILE["statements"]["mode"]),
        network=raw(FILE["statements"], "network_id"),
        serial=row["serial"],
        measurement=measurement(row["tee_kind"], raw(row, "measurement")),
    )
    assert statement == raw(row, "statement")
    assert ed25519_public(raw(row, "upgrade_seed")) == raw(row, "upgrade_key")
    assert ed25519_verifies(raw(row, "upgrade_key"), raw(row, "signature"), statement)


@pytest.mark.parametrize("row", FILE["registrations"], ids=lambda row: row["name"])
def test_network_id(row: Json) -> None:
    """Section 4."""
    network, floor = row["network"], row["network"]["floor"]
    inputs = NetworkInputs(
        chain_id=network["chain_id"],
        genesis_time_unix_nanos=int(network["genesis_time_unix_nanos"]),
        initial_height=network["initial_height"],
        genesis_validators_hash=raw(network, "genesis_validators_hash"),
        consensus_params_hash=raw(network, "consensus_params_hash"),
        floor=Floor(
            mode=Mode(row["mode"]),
            attestation_root=raw(floor, "attestation_root"),
            upgrade_keys=tuple(bytes.fromhex(key) for key in floor["upgrade_keys"]),
            threshold=floor["threshold"],
            worst_tcb_status=TcbStatus(floor["worst_tcb_status"]),
        ),
        app_state_hash=raw(network, "app_state_hash"),
    )
    assert network_id(inputs) == raw(network, "network_id")


@pytest.mark.parametrize("row", FILE["registrations"], ids=lambda row: row["name"])
def test_epochs(row: Json) -> None:
    """Section 3: each epoch's keys, and the chain of older seeds back to the first."""
    before: Json = {}
    for epoch in row["epochs"]:
        keys = derive(row, epoch)
        assert keys.pk_io == raw(epoch, "pk_io")
        assert keys.kem_public == raw(epoch, "kem_io")
        assert ExchangeKey(raw(epoch, "sk_io")).public == keys.pk_io
        assert KemKey(raw(epoch, "kem_io_seed")).public == keys.kem_public
        if epoch["prev_seed"] is not None:
            sealed = raw(epoch["prev_seed"], "sealed")
            seed, old = raw(epoch, "consensus_seed"), raw(before, "consensus_seed")
            pk_before = raw(before, "pk_io")
            assert sealed == seal_previous_seed(seed, old, keys=keys, previous_pk_io=pk_before)
            assert old == open_previous_seed(seed, sealed, keys=keys, previous_pk_io=pk_before)
        before = epoch


@pytest.mark.parametrize("row", FILE["registrations"], ids=lambda row: row["name"])
def test_newcomer(row: Json) -> None:
    """Sections 5 and 7: the newcomer's keys, and what its quote says."""
    newcomer = row["newcomer"]
    assert ExchangeKey(raw(newcomer, "node_key")).public == raw(newcomer, "exchange_key")
    assert node_id(Mode(row["mode"]), raw(newcomer, "exchange_key")) == raw(newcomer, "node_id")
    assert ed25519_public(raw(newcomer, "tls_seed")) == raw(newcomer, "tls_key")
    made = register_report_data(
        Mode(row["mode"]),
        network_id=raw(row["network"], "network_id"),
        operator=raw(newcomer, "operator"),
        exchange_key=raw(newcomer, "exchange_key"),
        kem_ciphertext=raw(newcomer, "kem_ciphertext"),
        epoch=newcomer["epoch"],
        anchor_height=newcomer["anchor_height"],
        anchor_hash=raw(newcomer, "anchor_hash"),
        tls_key=raw(newcomer, "tls_key"),
    )
    assert made == raw(newcomer, "report_data")


@pytest.mark.parametrize("row", FILE["registrations"], ids=lambda row: row["name"])
def test_confirm_and_import(row: Json) -> None:
    """Sections 7 and 8.3: the holder's envelope, and the newcomer's opening of it."""
    newcomer, confirm, epoch = row["newcomer"], row["confirm"], row["epochs"][-1]
    keys = derive(row, epoch)
    assert keys.sk_io.agree(raw(newcomer, "exchange_key")) == raw(confirm, "shared")
    decapsulated = keys.kem_io.decapsulate(raw(newcomer, "kem_ciphertext"))
    assert decapsulated == raw(confirm, "kem_secret") == raw(newcomer, "kem_secret")
    envelope = seal_seed(
        raw(epoch, "consensus_seed"),
        keys=keys,
        exchange_key=raw(newcomer, "exchange_key"),
        kem_ciphertext=raw(newcomer, "kem_ciphertext"),
        report_data=raw(newcomer, "report_data"),
    )
    assert envelope == raw(confirm, "envelope")
    context = SeedContext(
        mode=Mode(row["mode"]),
        network_id=raw(row["network"], "network_id"),
        epoch=newcomer["epoch"],
        pk_io=raw(epoch, "pk_io"),
        kem_io=raw(epoch, "kem_io"),
        exchange_key=raw(newcomer, "exchange_key"),
        kem_ciphertext=raw(newcomer, "kem_ciphertext"),
        report_data=raw(newcomer, "report_data"),
    )
    assert context.digest == raw(confirm, "context")
    opened = open_seed(
        envelope,
        context=context,
        node_key=ExchangeKey(raw(newcomer, "node_key")),
        kem_secret=raw(newcomer, "kem_secret"),
    )
    assert opened == raw(epoch, "consensus_seed")


def measurement(tee_kind: int, encoded: bytes) -> Measurement:
    """The inverse of `Measurement.encoded`."""
    if tee_kind == 1:
        prod_id, svn = encoded[32:34], encoded[34:36]
        return SgxMeasurement(
            mr_enclave=encoded[:32],
            mr_signer=encoded[36:],
            isv_prod_id=int.from_bytes(prod_id, "little"),
            isv_svn=int.from_bytes(svn, "little"),
        )
    mr_td, one, two, three, four = (encoded[i : i + 48] for i in range(0, 240, 48))
    return TdxMeasurement(mr_td, (one, two, three, four))
