"""Every door that a register can try on a chain of real applications: all must say the same.

CheckTx, a holder's enclave, PrepareProposal, and ProcessProposal with a confirm that a lying
proposer makes up.
"""

from __future__ import annotations

from chain_module.app.modules import KINDS
from chain_module.app.view import block_context
from chain_module.registration.confirm_tx import MsgConfirmNode, encode_confirm
from chain_module.registration.gates import evidence_of
from chain_module.registration.messages import MsgRegisterNode
from chain_module.tx.codec import decode_tx
from enclave.attestation.verifier import verify_quote
from enclave.crypto.seed_envelope import ENVELOPE_BYTES
from enclave.registration.records import verdict_of
from node.application.enclave_context import enclave_context, registration_of
from node.enclave_client import pack_newcomers
from tests.support.chain import Chain


def refusals(chain: Chain, raw: bytes, *, good_at: int) -> set[str]:
    """The codes with which the doors refuse a register; "" for one that lets it in.

    Args:
        chain: where.
        raw: the register's transaction.
        good_at: a time, in unix seconds, at which its quote verifies: for the lie of a proposer.
    """
    found = {chain.check_only(raw).log.partition(":")[0], asked(chain, raw)}
    waiting, chain.mempool = chain.mempool, [raw]
    for number in range(len(chain.peers)):
        found |= {""} if chain.propose(number) else set()
    chain.mempool = waiting
    lie = made_up(chain, raw, now=good_at)
    for round_, block in enumerate([(raw,), (raw, lie)]):
        found |= {""} if any(chain.votes(block, round_=round_)) else set()
    return found


def asked(chain: Chain, raw: bytes) -> str:
    """What the first node's enclave says, where its host asks it without any gate."""
    peer, register = chain.peers[0], register_in(raw)
    context = block_context(chain.state, height=chain.height + 1)
    evidence = evidence_of(chain.state, register)
    info = peer.enclave.info()
    shown = enclave_context(
        peer.storage.state,
        context,
        [(register, evidence)],
        node_id=info.node_id,
        steps=chain.headers.steps(info.trusted_height or None, [chain.height]),
    )
    assert shown is not None
    request = pack_newcomers(shown, [registration_of(register, evidence)])
    (confirmation,) = peer.enclave.confirm(request)
    assert confirmation.HasField("refusal") != bool(confirmation.envelope)
    return confirmation.refusal.code


def made_up(chain: Chain, raw: bytes, *, now: int) -> bytes:
    """A confirm for a register that nobody confirms: all true but the envelope."""
    tx, register = decode_tx(raw, KINDS), register_in(raw)
    evidence = evidence_of(chain.state, register)
    root = chain.network.inputs.floor.attestation_root
    report = verify_quote(evidence.quote, evidence.parsed, root_der=root, now=now)
    return encode_confirm(
        MsgConfirmNode(
            node_id=register.node_id(chain.state),
            operator=register.operator,
            exchange_key=register.exchange_key,
            epoch=register.epoch,
            envelope=bytes(ENVELOPE_BYTES),
            register_tx_hash=tx.hash,
            verdict=verdict_of(report),
        )
    )


def register_in(raw: bytes) -> MsgRegisterNode:
    """The register that a transaction carries."""
    (outline,) = decode_tx(raw, KINDS).outlines
    message = outline.read()
    assert isinstance(message, MsgRegisterNode)
    return message
