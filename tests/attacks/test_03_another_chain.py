"""Attack 3: a quote made for chain A is shown to chain B, or one of another purpose to a gate.

The chains here share their name, and so their development root: only report_data tells them apart.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from enclave.attestation.report_data import bootstrap_report_data, register_report_data
from enclave.attestation.types import REPORT_DATA_BYTES
from enclave.crypto.labels import Mode, Name, label
from enclave.crypto.transcript import H512, Field
from enclave.errors import Code
from seedpact.enclave.v1 import service_pb2 as pb
from tests.attacks.attackers import holder_of, verdict
from tests.attacks.forgery import Forgery, confirm
from tests.support.enclaves import Node, inputs
from tests.support.world import Ledger


def fields(ledger: Ledger, register: pb.Newcomer) -> tuple[Field, ...]:
    """What a register binds, in the order of section 5, without the purpose."""
    return (
        ledger.network_id,
        register.operator,
        register.exchange_key,
        register.kem_ciphertext,
        register.epoch,
        register.anchor_height,
        register.anchor_hash,
        register.tls_key,
    )


def shown(report_data: bytes) -> Code | None:
    """A register that is right, but for a quote over this report_data."""
    ledger, holder = holder_of()
    node = Node("attacker")
    register, collateral = Forgery().newcomer(ledger, node)
    network = ledger.network
    register.quote = node.attestor.quote(
        report_data, chain_id=network.chain_id, genesis_time=network.genesis_time
    ).quote
    (confirmation,) = confirm(ledger, holder, (register, collateral))
    return verdict(confirmation)


def bound(purpose: tuple[str, ...], mode: Mode = Mode.SOFTWARE) -> bytes:
    """report_data over the right fields under these purposes and labels."""
    ledger, _ = holder_of()
    register, _ = Forgery().newcomer(ledger, Node("attacker"))
    return H512(label(mode, Name.REPORT_DATA), *purpose, *fields(ledger, register))


def test_03_the_right_report_data_passes() -> None:
    """So that what follows fails by nothing else."""
    assert shown(bound(("register",))) is None


def test_03_a_quote_for_another_chain_gets_no_envelope() -> None:
    ledger, holder = holder_of()
    other_genesis = replace(inputs(), app_state_hash=bytes(32))
    other = replace(ledger, network=other_genesis)
    assert other.network_id != ledger.network_id
    assert other.network.floor == ledger.network.floor
    register, collateral = Forgery().newcomer(other, Node("newcomer"))
    (confirmation,) = confirm(ledger, holder, (register, collateral))
    assert verdict(confirmation) is Code.REPORT_DATA_MISMATCH


def test_03_a_quote_under_the_root_of_another_chain_gets_no_envelope() -> None:
    """Its report_data binds this chain; the root is that of a chain of another name."""
    ledger, holder = holder_of()
    node = Node("newcomer")
    register, _ = Forgery().newcomer(ledger, node)
    evidence = node.attestor.quote(
        bound(("register",)), chain_id="seedpact-test-2", genesis_time=ledger.network.genesis_time
    )
    register.quote = evidence.quote
    (confirmation,) = confirm(ledger, holder, (register, evidence.collateral))
    assert verdict(confirmation) is Code.UNTRUSTED_ROOT


@pytest.mark.parametrize(
    "purpose",
    [("bootstrap",), ("join",), ("backup",), ("handover",), ("Register",), ("",), ()],
    ids=lambda purpose: "/".join(purpose) or "none",
)
def test_03_a_quote_of_another_purpose_gets_no_envelope(purpose: tuple[str, ...]) -> None:
    """Over the very fields of this register."""
    assert shown(bound(purpose)) is Code.REPORT_DATA_MISMATCH


def test_03_a_bootstrap_quote_gets_no_envelope() -> None:
    ledger, _ = holder_of()
    keys = ledger.keys[0]
    report_data = bootstrap_report_data(
        Mode.SOFTWARE,
        network_id=ledger.network_id,
        exchange_key=Forgery().exchange_key,
        pk_io=keys.pk_io,
        kem_io=keys.kem_io,
        tls_key=Forgery().tls_key,
    )
    assert shown(report_data) is Code.REPORT_DATA_MISMATCH


def test_03_report_data_of_the_other_mode_gets_no_envelope() -> None:
    assert shown(bound(("register",), Mode.HARDWARE)) is Code.REPORT_DATA_MISMATCH


def test_03_empty_report_data_gets_no_envelope() -> None:
    assert shown(bytes(REPORT_DATA_BYTES)) is Code.REPORT_DATA_MISMATCH


def test_03_two_chains_never_bind_alike() -> None:
    """Every field of the chain's identity reaches the 64 bytes."""
    register = {
        "operator": bytes(20),
        "exchange_key": bytes(32),
        "kem_ciphertext": bytes(1088),
        "anchor_hash": bytes(32),
        "tls_key": bytes(32),
    }
    found = {
        register_report_data(
            mode, network_id=bytes([first]) * 32, epoch=epoch, anchor_height=height, **register
        )
        for mode in Mode
        for first in range(3)
        for epoch in range(3)
        for height in range(3)
    }
    assert len(found) == 2 * 3**3
