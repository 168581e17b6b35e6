"""A newcomer whose quote is genuine and binds whatever the attacker wants.

What a stolen attestation key buys (docs/spec/protocol.md section 11), or code that is allowed but
was fed by a hostile host: the gates after attestation must hold by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from enclave.attestation.report_data import register_report_data
from enclave.crypto.primitives import ExchangeKey, ed25519_public
from seedpact.enclave.v1 import service_pb2 as pb
from tests.second_opinion import primitives as second
from tests.support.enclaves import Node
from tests.support.world import OPERATOR, Ledger

NODE_KEY = b"attacker's node key............."
TLS_SEED = b"attacker's tls key.............."
RANDOMNESS = b"attacker's encapsulation........"


@dataclass(frozen=True, slots=True)
class Forgery:
    """The fields of a register that an attacker chooses."""

    exchange_key: bytes = field(default_factory=lambda: ExchangeKey(NODE_KEY).public)
    tls_key: bytes = field(default_factory=lambda: ed25519_public(TLS_SEED))
    kem_ciphertext: bytes = b""
    """Empty: a right one, to the network's kem_io."""

    def newcomer(self, ledger: Ledger, machine: Node) -> tuple[pb.Newcomer, bytes]:
        """The register with a quote of `machine` over exactly these fields, and its collateral."""
        anchor = ledger.anchor(ledger.height - 3)
        kem_io = ledger.keys[-1].kem_io
        kem_ciphertext = self.kem_ciphertext or second.ml_kem_encapsulate(kem_io, RANDOMNESS)[1]
        report_data = register_report_data(
            ledger.network.floor.mode,
            network_id=ledger.network_id,
            operator=OPERATOR,
            exchange_key=self.exchange_key,
            kem_ciphertext=kem_ciphertext,
            epoch=ledger.epoch,
            anchor_height=anchor.height,
            anchor_hash=anchor.hash,
            tls_key=self.tls_key,
        )
        evidence = machine.attestor.quote(
            report_data,
            chain_id=ledger.network.chain_id,
            genesis_time=ledger.network.genesis_time,
        )
        newcomer = pb.Newcomer(
            operator=OPERATOR,
            exchange_key=self.exchange_key,
            kem_ciphertext=kem_ciphertext,
            epoch=ledger.epoch,
            anchor_height=anchor.height,
            anchor_hash=anchor.hash,
            tls_key=self.tls_key,
            quote=evidence.quote,
        )
        return newcomer, evidence.collateral


def confirm(
    ledger: Ledger, holder: Node, *newcomers: tuple[pb.Newcomer, bytes]
) -> list[pb.Confirmation]:
    """What `holder` answers to these newcomers."""
    return holder.confirm(ledger.confirm_request(holder, *newcomers))
