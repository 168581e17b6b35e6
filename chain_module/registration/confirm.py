"""The second look: what must hold just before a confirm writes its record (section 6).

On the state after the last user transaction and the confirms before it, so removal wins in the
same block, and of two registers for one machine the first. Proposers, validators and Finalize all
ask here; nothing is verified again, the confirm's verdict is what +2/3 of the power stood for.
"""

from __future__ import annotations

from chain_module.errors import TxRefusal
from chain_module.message import BlockContext
from chain_module.registration import keeper
from chain_module.registration.confirm_tx import MsgConfirmNode
from chain_module.registration.errors import RegistrationReason
from chain_module.registration.gates import EvidenceOf, check_claim, check_verdict
from chain_module.registration.messages import MsgRegisterNode
from chain_module.store.types import StateReader
from enclave.crypto.seed_envelope import node_id


def check_confirm(
    state: StateReader,
    confirm: MsgConfirmNode,
    register: MsgRegisterNode,
    evidence: EvidenceOf,
    context: BlockContext,
) -> None:
    """Gates 2, 4, 5 and 6 of `register` on the confirm's verdict.

    Raises:
        TxRefusal: CONFIRM_MISMATCH where the confirm is about somebody else; the code of the
            first gate that says no.
    """
    mode = keeper.identity(state).network.floor.mode
    for name, found, expected in (
        ("node_id", confirm.node_id, node_id(mode, register.exchange_key)),
        ("operator", confirm.operator, register.operator),
        ("exchange_key", confirm.exchange_key, register.exchange_key),
        ("epoch", confirm.epoch, register.epoch),
    ):
        if found != expected:
            raise TxRefusal(
                RegistrationReason.CONFIRM_MISMATCH,
                expected=f"the register's {name}, {_shown(expected)}",
                found=_shown(found),
            )
    check_claim(state, register, context)
    check_verdict(state, register, confirm.verdict, evidence, context)


def _shown(value: bytes | int) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
