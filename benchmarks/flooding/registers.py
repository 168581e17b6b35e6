"""Registers that each gate refuses (protocol.md section 5), as late and as dearly as it can.

A stranger has a small balance, so that the gates are reached; a refused register takes nothing of
it. The collateral is as long as may be, and blanks in it differ: no cache knows it.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final, Protocol

from benchmarks.flooding.plan import BLANK_NONCE, Source
from benchmarks.flooding.transactions import source_of
from benchmarks.network import Network, wait_until
from benchmarks.registrations import REGISTER_GAS, Registering, own_code
from chain_module.registration.messages import REGISTER_NODE
from enclave.attestation.limits import MAX_COLLATERAL_BYTES
from enclave.attestation.quote_layout import ENCLAVE_REPORT, HEADER, size_of
from enclave.crypto.primitives import check_tls_key
from enclave.errors import Refusal
from node.genesis import GenesisFile
from seedpact.registration.v1 import tx_pb2
from tests.support.enclaves import OTHER_CODE, Node
from tests.support.wallets import Account

MACHINE: Final = "flood: a machine"
"""Its name gives its platform id."""
_SIGNATURE_AT: Final = size_of(HEADER) + size_of(ENCLAVE_REPORT) + 4
"""Of an SGX quote: behind what it signs, and a length."""


class Newcomers(Protocol):
    """What makes registers: `Registering`, or a chain of a test."""

    def message(
        self, operator: Account, newcomer: Node, *, bound_to: Account | None = None
    ) -> tx_pb2.MsgRegisterNode:
        """As `Registering.message`."""
        ...


class Gate(StrEnum):
    """The gates, in their order."""

    FORM = "form"
    STATE = "state"
    QUOTE = "quote"
    BINDING = "binding"
    POLICY = "policy"
    MACHINE = "machine"


def one_node_a_machine(genesis: GenesisFile) -> None:
    """Changes a genesis so that the last gate can refuse."""
    found = genesis.registration()
    genesis.set_registration(
        replace(found, policy=replace(found.policy, one_node_per_machine=True))
    )


def refused_registers(running: Network, gates: Collection[Gate]) -> dict[Gate, Source]:
    """A source for each of `gates`; for MACHINE a first node is registered, whose machine it is."""
    operators = {gate: Account(f"flood: stranger at {gate}") for gate in gates}
    landlord = Account("flood: landlord")
    running.fund([one.address for one in (*operators.values(), landlord)])
    with running.client(running.localnet.bootstrap) as chain:
        now = Registering.of(chain)
        if Gate.MACHINE in gates:
            _register_first(running, now, landlord)
        return {
            gate: source_at(operator, spoiled(gate, now, operator, landlord))
            for gate, operator in operators.items()
        }


def spoiled(
    gate: Gate, now: Newcomers, operator: Account, landlord: Account
) -> tx_pb2.MsgRegisterNode:
    """A register of `operator` that passes every gate before `gate`, and not that one.

    Args:
        gate: which.
        now: the chain.
        operator: with an account.
        landlord: another one; its node is on the machine `MACHINE`.
    """
    return _MAKERS[gate](now, operator, landlord)


def source_at(operator: Account, message: tx_pb2.MsgRegisterNode) -> Source:
    """That register with ever other blanks in a collateral of the greatest length."""
    room = MAX_COLLATERAL_BYTES - BLANK_NONCE - len(message.collateral)
    nonce = b" " * BLANK_NONCE
    message.collateral = b"{" + nonce + message.collateral[1:] + b" " * room
    found = source_of(operator, [(REGISTER_NODE, message)], gas=REGISTER_GAS)
    return replace(found, nonce_at=found.body.index(message.collateral) + 1, blank=True)


def _register_first(running: Network, now: Registering, landlord: Account) -> None:
    first = Node(MACHINE, code=own_code())
    message = now.message(landlord, first)
    chain_id = now.inputs.chain_id
    raw = landlord.sign([(REGISTER_NODE, message)], chain_id=chain_id, gas=REGISTER_GAS)
    now.chain.broadcast(raw)
    node_id = first.info().node_id
    wait_until(lambda: now.chain.node(node_id) is not None, f"node on {running.folder.path}")


def _form(now: Newcomers, operator: Account, _: Account) -> tx_pb2.MsgRegisterNode:
    """The TLS key is no point of the curve, which is looked at last."""
    message = now.message(operator, Node(operator.name, code=own_code()))
    message.tls_key = _no_point()
    return message


def _state(now: Newcomers, operator: Account, _: Account) -> tx_pb2.MsgRegisterNode:
    """Another header's hash."""
    message = now.message(operator, Node(operator.name, code=own_code()))
    message.anchor_hash = hashlib.sha256(message.anchor_hash).digest()
    return message


def _quote(now: Newcomers, operator: Account, _: Account) -> tx_pb2.MsgRegisterNode:
    """The quote's own signature, behind all chains, is another one."""
    message = now.message(operator, Node(operator.name, code=own_code()))
    quote = bytearray(message.quote)
    quote[_SIGNATURE_AT] ^= 1
    message.quote = bytes(quote)
    return message


def _binding(now: Newcomers, operator: Account, landlord: Account) -> tx_pb2.MsgRegisterNode:
    """A good quote for somebody else."""
    return now.message(operator, Node(operator.name, code=own_code()), bound_to=landlord)


def _policy(now: Newcomers, operator: Account, _: Account) -> tx_pb2.MsgRegisterNode:
    """Code that no policy lists."""
    return now.message(operator, Node(operator.name, code=OTHER_CODE))


def _machine(now: Newcomers, operator: Account, _: Account) -> tx_pb2.MsgRegisterNode:
    """The machine of the first node, and a key of its own."""
    machine = Node(MACHINE, code=own_code()).attestor
    return now.message(operator, Node(operator.name, attestor=machine))


def _no_point() -> bytes:
    """32 bytes that pass every check but the last."""
    for number in itertools.count():
        key = hashlib.sha256(f"flood: no point {number}".encode()).digest()
        try:
            check_tls_key(key)
        except Refusal as refusal:
            if refusal.expected == "a point on the curve":
                return key
    raise AssertionError


_MAKERS: Final[Mapping[Gate, Callable[[Newcomers, Account, Account], tx_pb2.MsgRegisterNode]]] = {
    Gate.FORM: _form,
    Gate.STATE: _state,
    Gate.QUOTE: _quote,
    Gate.BINDING: _binding,
    Gate.POLICY: _policy,
    Gate.MACHINE: _machine,
}
