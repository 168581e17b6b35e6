"""Transactions of every kind for a chain of `tests.support.chain`, good and bad, drawn or chosen.

A `Wish` says what somebody wants; `Traffic.sign` makes the transaction for the chain as it is now.
Whether it passes is the chain's business: wishes may be for too much, for what is done already, or
flawed on their way.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from cosmpy.protos.cosmos.bank.v1beta1.bank_pb2 import Input, Output
from cosmpy.protos.cosmos.bank.v1beta1.tx_pb2 import MsgMultiSend, MsgSend
from cosmpy.protos.cosmos.base.v1beta1.coin_pb2 import Coin
from hypothesis import strategies as st

from chain_module.auth.accounts import get_account
from chain_module.bank.messages import MULTI_SEND_URL, SEND_URL
from chain_module.registration import keeper
from chain_module.registration.messages import FRESHNESS, REVOKE_NODE, UPDATE_POLICY
from enclave.attestation.policy import Policy
from enclave.registration.policy_codec import policy_to_proto
from enclave.registration.records import NodeStatus
from seedpact.enclave.v1 import service_pb2
from seedpact.registration.v1 import tx_pb2
from tests.support.chain import PEOPLE, Chain
from tests.support.enclaves import CHAIN_ID, Node, Requests
from tests.support.wallets import DENOM, FUNDS, Account

AUTHORITY: Final = PEOPLE[-1]
"""Who may change the policy, and revoke anybody's node."""
NEWCOMERS: Final = 5
"""Nodes that come; the person of the same number is each one's operator. Behind them in the count
stand the chain's own nodes, which renew."""
WIDER: Final = 150
"""Blocks of a quote's age, where the policy of `tests.support.world` has 100."""

Messages = tuple[tuple[str, Any], ...]


class Kind(enum.StrEnum):
    """What is wanted."""

    SEND = "send"
    MULTI_SEND = "multi_send"
    OVERSPEND = "overspend"
    """The fee can be paid, and the rest not."""
    HALF = "half"
    """Two messages, of which the second fails: neither is done."""
    REGISTER = "register"
    """A node that comes, or that renews."""
    NONCE = "nonce"
    """Some of an enclave's, by its operator, or by whoever else."""
    REVOKE = "revoke"
    WIDEN = "widen"
    NARROW = "narrow"
    FREEZE = "freeze"
    THAW = "thaw"


class Flaw(enum.StrEnum):
    """What happens to a transaction on its way."""

    NONE = "none"
    SEQUENCE = "sequence"
    """Signed for a later one."""
    GAS = "gas"
    """A limit below what it costs."""
    BIT = "bit"
    """One bit of its last byte, which belongs to the signature."""
    END = "end"
    """Its last byte is missing."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants."""

    kind: Kind
    who: int = 0
    whom: int = 1
    amount: int = 1
    flaw: Flaw = Flaw.NONE


WISHES: Final = st.builds(
    Wish,
    # Registers and sends are what blocks are made of.
    st.sampled_from([*Kind, Kind.SEND, Kind.REGISTER, Kind.REGISTER]),
    who=st.integers(0, len(PEOPLE) - 2),
    whom=st.integers(0, len(PEOPLE) - 1),
    amount=st.integers(1, FUNDS // 2),
    flaw=st.sampled_from([Flaw.NONE] * 8 + [flaw for flaw in Flaw if flaw is not Flaw.NONE]),
)


def authority() -> bytes:
    """The address of who decides: a parameter of the genesis."""
    return Account(AUTHORITY).address


class Traffic:
    """Makes transactions. `nodes` are those that come, then the chain's own."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._people = list(chain.people.values())
        newcomers = [Node(f"newcomer{number}") for number in range(NEWCOMERS)]
        self.nodes: list[Requests] = [*newcomers, *(peer.enclave for peer in chain.peers)]
        self._operators = [*self._people[:NEWCOMERS], *chain.operators]
        self._signed: dict[bytes, str] = {}
        """Who signed a transaction that is not flawed."""
        self._registers: dict[tuple[int, int], tuple[str, tx_pb2.MsgRegisterNode]] = {}
        """By node and height: quoting again would give another one."""
        self._quoted: dict[int, bytes] = {}
        """By node: SHA-256 of its newest quote, the only one that it would open an envelope for."""

    def sign(self, wish: Wish, *, waiting: Sequence[bytes]) -> bytes:
        """The transaction for a wish.

        Args:
            wish: what, by whom.
            waiting: transactions before it that are in no block yet.
        """
        account, messages = self._messages(wish)
        known = get_account(self._chain.state, account.address)
        before = sum(self._signed.get(raw) == account.name for raw in waiting)
        account.sequence = (known.sequence if known else 0) + before
        account.sequence += wish.flaw is Flaw.SEQUENCE
        gas = 10_000 if wish.flaw is Flaw.GAS else 4_000_000
        raw = account.sign(messages, chain_id=CHAIN_ID, gas=gas)
        if wish.flaw is Flaw.BIT:
            return raw[:-1] + bytes([raw[-1] ^ 1])
        if wish.flaw is Flaw.END:
            return raw[:-1]
        if wish.flaw is Flaw.NONE:
            self._signed[raw] = account.name
        return raw

    def import_seeds(self) -> None:
        """Every node whose newest quote was confirmed, and that has no seed, opens its envelope."""
        for number, node in enumerate(self.nodes):
            record = self._chain.record(node)
            if (
                node.info().state == service_pb2.ENCLAVE_STATE_PENDING
                and record is not None
                and record.status is NodeStatus.CONFIRMED
                and record.quote_hash == self._quoted.get(number)
            ):
                self._chain.import_seed(node)

    def _messages(self, wish: Wish) -> tuple[Account, Messages]:
        who = self._people[wish.who]
        match wish.kind:
            case Kind.SEND | Kind.OVERSPEND | Kind.HALF:
                return who, tuple(self._send(wish, amount) for amount in _amounts(wish))
            case Kind.MULTI_SEND:
                return who, (self._multi_send(wish),)
            case Kind.REGISTER:
                number = wish.who % len(self.nodes)
                return self._operators[number], (self._register(number),)
            case Kind.NONCE:
                return self._nonces(wish)
            case Kind.REVOKE:
                return self._revoke(wish)
        return self._people[-1], (self._policy(wish.kind),)

    def _send(self, wish: Wish, amount: int) -> tuple[str, MsgSend]:
        return SEND_URL, MsgSend(
            from_address=self._people[wish.who].text,
            to_address=self._people[wish.whom].text,
            amount=[Coin(denom=DENOM, amount=str(amount))],
        )

    def _multi_send(self, wish: Wish) -> tuple[str, MsgMultiSend]:
        """To three, of whom one may be new to the chain."""
        new = Account(f"new {wish.amount % 7}").text
        receivers = [self._people[wish.whom].text, self._people[wish.whom - 1].text, new]

        def coins(times: int) -> list[Any]:
            return [Coin(denom=DENOM, amount=str(wish.amount * times))]

        return MULTI_SEND_URL, MsgMultiSend(
            inputs=[Input(address=self._people[wish.who].text, coins=coins(len(receivers)))],
            outputs=[Output(address=address, coins=coins(1)) for address in receivers],
        )

    def _register(self, number: int) -> tuple[str, tx_pb2.MsgRegisterNode]:
        node = self.nodes[number]
        key = number, self._chain.height
        if key not in self._registers:
            self._registers[key] = self._chain.register_message(node, self._operators[number])
            quote = self._registers[key][1].quote
            self._quoted[number] = hashlib.sha256(quote).digest()
        return self._registers[key]

    def _nonces(self, wish: Wish) -> tuple[Account, Messages]:
        """One to four, by the operator, or for odd amounts by whoever wishes."""
        number = wish.who % len(self.nodes)
        signer = self._people[wish.whom] if wish.amount % 2 else self._operators[number]
        message = tx_pb2.MsgFreshness(
            operator=signer.text,
            node_id=self.nodes[number].info().node_id or bytes(32),
            nonce=hashlib.sha256(str(wish.amount).encode()).digest(),
        )
        return signer, ((FRESHNESS, message),) * (1 + wish.amount % 4)

    def _revoke(self, wish: Wish) -> tuple[Account, Messages]:
        """By the operator, or for even amounts by the authority."""
        number = wish.who % NEWCOMERS
        signer = self._people[-1 if wish.amount % 2 == 0 else number]
        node_id = self.nodes[number].info().node_id or bytes(32)
        return signer, ((REVOKE_NODE, tx_pb2.MsgRevokeNode(signer=signer.text, node_id=node_id)),)

    def _policy(self, kind: Kind) -> tuple[str, tx_pb2.MsgUpdatePolicy]:
        present = keeper.newest_policy(self._chain.state)
        wanted: Policy = replace(present, serial=present.serial + 1)
        match kind:
            case Kind.WIDEN:
                wanted = replace(wanted, max_quote_age_blocks=WIDER)
            case Kind.NARROW:
                wanted = replace(wanted, max_quote_age_blocks=WIDER - 50)
            case Kind.FREEZE:
                wanted = replace(wanted, frozen=True)
            case Kind.THAW:
                wanted = replace(wanted, frozen=False)
        return UPDATE_POLICY, tx_pb2.MsgUpdatePolicy(
            authority=self._people[-1].text, policy=policy_to_proto(wanted)
        )


def _amounts(wish: Wish) -> tuple[int, ...]:
    """Of its sends."""
    too_much = 100 * FUNDS
    return {Kind.OVERSPEND: (too_much,), Kind.HALF: (wish.amount, too_much)}.get(
        wish.kind, (wish.amount,)
    )
