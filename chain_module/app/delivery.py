"""One transaction: decoded, charged, read, executed; and its result as the SDK words it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cosmpy.protos.cosmos.base.abci.v1beta1.abci_pb2 import TxMsgData
from google.protobuf.any_pb2 import Any as ProtoAny

from chain_module.abci.common import OK, Event
from chain_module.abci.responses import TxResult
from chain_module.errors import TxRefusal
from chain_module.message import BlockContext, Executed, MessageKind
from chain_module.registration.errors import RegistrationReason
from chain_module.registration.messages import REGISTER_NODE, MsgRegisterNode
from chain_module.store.branch import Branch
from chain_module.store.types import StateStore
from chain_module.tx.ante import Charged, GasPrice, run_ante
from chain_module.tx.codec import Tx, decode_tx
from chain_module.tx.events import message_events


@dataclass(frozen=True, slots=True)
class Admitted:
    """A transaction that ante let in: its fee is paid, its messages are not yet executed."""

    tx: Tx
    charged: Charged
    register: MsgRegisterNode | None = None
    """The register that it carries, which then is all that it carries."""


def admit(
    state: StateStore,
    raw: bytes,
    *,
    context: BlockContext,
    kinds: Mapping[str, MessageKind],
    min_gas_price: GasPrice | None = None,
    simulate: bool = False,
) -> Admitted:
    """Decodes and charges. Writes fee and sequence.

    Raises:
        TxRefusal: as `decode_tx` and `run_ante`; NOT_ALONE for a register beside other messages;
            what is wrong with a register itself (gate 1): no block has a place for one.
    """
    tx = decode_tx(raw, kinds)
    registers = tx.type_urls.count(REGISTER_NODE)
    if registers and len(tx.type_urls) > 1:
        raise TxRefusal(
            RegistrationReason.NOT_ALONE,
            expected="MsgRegisterNode as the only message of its transaction",
            found=f"{len(tx.type_urls)} messages, {registers} of them registers",
        )
    charged = run_ante(state, tx, context=context, min_gas_price=min_gas_price, simulate=simulate)
    message = tx.outlines[0].read() if registers else None
    return Admitted(tx, charged, message if isinstance(message, MsgRegisterNode) else None)


def run_messages(state: Branch, admitted: Admitted, *, context: BlockContext) -> TxResult:
    """Reads and executes all messages or none."""
    child = state.branch()
    executed: list[Executed] = []
    for outline in admitted.tx.outlines:
        try:
            executed.append(outline.read().execute(child, context))
        except TxRefusal as refusal:
            charged = admitted.charged
            return refused(
                refusal,
                gas_wanted=charged.gas_wanted,
                gas_used=charged.gas_used,
                events=charged.events,
            )
    child.commit()
    return succeeded(admitted, executed)


def succeeded(admitted: Admitted, executed: Sequence[Executed]) -> TxResult:
    """The result of a transaction whose messages all ran."""
    charged = admitted.charged
    data = TxMsgData(
        msg_responses=[
            ProtoAny(type_url=done.response_type_url, value=done.response) for done in executed
        ]
    )
    events = [*charged.events]
    for index, done in enumerate(executed):
        events += message_events(admitted.tx, index, done.events)
    return TxResult(
        code=OK,
        data=data.SerializeToString(deterministic=True),
        gas_wanted=charged.gas_wanted,
        gas_used=charged.gas_used,
        events=tuple(events),
    )


def checked(charged: Charged) -> TxResult:
    """The result of a transaction that may wait, or of a simulated register."""
    return TxResult(gas_wanted=charged.gas_wanted, gas_used=charged.gas_used, events=charged.events)


def refused(
    refusal: TxRefusal, *, gas_wanted: int, gas_used: int, events: tuple[Event, ...] = ()
) -> TxResult:
    """The result of a transaction that a rule refused. `log` has what people need."""
    reason = refusal.reason
    return TxResult(
        code=reason.code,
        codespace=reason.codespace,
        log=str(refusal),
        gas_wanted=gas_wanted,
        gas_used=gas_used,
        events=events,
    )
