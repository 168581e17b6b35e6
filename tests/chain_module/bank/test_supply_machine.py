"""The law of the bank: no transaction makes or loses a coin, whatever it tries.

Transactions that cosmpy signed, good and bad, run as `app` runs them (ante, then all messages or
none) against a model of dicts. After each, balances sum to the supply, and balances, sequences and
account numbers are the model's.
"""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chain_module.auth.accounts import FEE_COLLECTOR, get_account, next_number
from chain_module.bank.balances import balances, check_supply, supplies
from chain_module.bank.coins import Coin
from chain_module.errors import TxRefusal
from chain_module.tx.ante import run_ante
from chain_module.tx.codec import decode_tx
from tests.support.cosmpy_wallets import (
    CONTEXT,
    KINDS,
    WALLETS,
    Wallet,
    funded_state,
    multi_send,
    send,
    signed,
    wallet,
)
from tests.support.laws import slow_law

FUNDS: Final = {"atom": 40, "useed": 1000}
STRANGERS: Final = tuple(wallet(number) for number in (50, 51))
DENOMS: Final = tuple(sorted(FUNDS))

Books = dict[tuple[bytes, str], int]

senders = st.sampled_from(WALLETS)
receivers = st.sampled_from([*WALLETS, *STRANGERS])
coins = st.dictionaries(st.sampled_from(DENOMS), st.integers(1, 300), min_size=1)
fees = st.integers(0, 120)


class Supply(RuleBasedStateMachine):
    """Users, and a chain of four accounts."""

    @initialize()
    def genesis(self) -> None:
        self.state = funded_state(funds=FUNDS)
        self.books: Books = {
            (one.address, denom): FUNDS[denom] for one in WALLETS for denom in DENOMS
        }
        self.sequences = dict.fromkeys((one.address for one in WALLETS), 0)
        self.numbers = {one.address: one.number for one in WALLETS}
        self.next_number = len(WALLETS) + 1  # The fee collector has one, too.

    @rule(sender=senders, receiver=receivers, amount=coins, fee=fees)
    def send(self, sender: Wallet, receiver: Wallet, amount: dict[str, int], fee: int) -> None:
        """One send, of what there is or of more."""
        self.deliver(sender, fee, [(sender, receiver, amount)], send(sender, receiver, amount))

    @rule(sender=senders, amounts=st.lists(st.tuples(receivers, st.integers(1, 200)), min_size=1))
    def multi_send(self, sender: Wallet, amounts: list[tuple[Wallet, int]]) -> None:
        """One multi send to receivers that may be equal, or the sender."""
        total = {"useed": sum(amount for _, amount in amounts)}
        moves = [(sender, receiver, {"useed": amount}) for receiver, amount in amounts]
        self.deliver(sender, 3, moves, multi_send(sender, amounts), needed=[(sender, total)])

    @rule(sender=senders, first=coins, second=coins, fee=fees)
    def two_sends(
        self, sender: Wallet, first: dict[str, int], second: dict[str, int], fee: int
    ) -> None:
        """Two messages of one transaction: both or none, also where the second fails."""
        one, two = STRANGERS
        moves = [(sender, one, first), (sender, two, second)]
        self.deliver(sender, fee, moves, send(sender, one, first), send(sender, two, second))

    @rule(sender=senders, amount=coins, behind=st.integers(1, 3))
    def replay(self, sender: Wallet, amount: dict[str, int], behind: int) -> None:
        """A transaction with another sequence changes nothing."""
        sequence = self.sequences[sender.address] + behind - 2
        if sequence in (self.sequences[sender.address], -1):
            sequence = self.sequences[sender.address] + 7
        raw = signed(send(sender, WALLETS[0], amount), signers=[sender], sequences=sequence)
        assert not self.run(raw, paid=False)

    @rule(sender=senders, amount=coins)
    def to_a_module(self, sender: Wallet, amount: dict[str, int]) -> None:
        """A send to the fee collector fails, and its fee is paid."""
        moves = [(sender, sender, {"useed": 10**9})]  # What the model finds impossible, too.
        self.deliver(sender, 1, moves, send(sender, FEE_COLLECTOR, amount))

    @invariant()
    def the_supply_is_the_sum(self) -> None:
        if not hasattr(self, "state"):
            return
        check_supply(self.state)
        wanted = tuple(Coin(denom, FUNDS[denom] * len(WALLETS)) for denom in DENOMS)
        assert supplies(self.state) == wanted

    @invariant()
    def the_state_is_the_models(self) -> None:
        if not hasattr(self, "state"):
            return
        held = {
            (address, coin.denom): coin.amount
            for address, coins in balances(self.state)
            for coin in coins
        }
        assert held == {key: amount for key, amount in self.books.items() if amount}
        assert next_number(self.state) == self.next_number
        for address, number in self.numbers.items():
            account = get_account(self.state, address)
            assert account is not None
            assert (account.number, account.sequence) == (number, self.sequences[address])

    def deliver(
        self,
        sender: Wallet,
        fee: int,
        moves: list[tuple[Wallet, Wallet, dict[str, int]]],
        *messages: object,
        needed: list[tuple[Wallet, dict[str, int]]] | None = None,
    ) -> None:
        """Delivers a transaction, and does the same in the model."""
        raw = signed(
            *messages,
            signers=[sender],
            sequences=self.sequences[sender.address],
            fee=f"{fee}useed" if fee else None,
            gas_limit=10**7,
        )
        payable = self.books[sender.address, "useed"] >= fee
        if payable:
            self.move(self.books, sender.address, FEE_COLLECTOR, {"useed": fee})
            self.sequences[sender.address] += 1
        done = payable and self.try_moves(moves, needed or [])
        assert self.run(raw, paid=payable) == done

    def try_moves(
        self,
        moves: list[tuple[Wallet, Wallet, dict[str, int]]],
        needed: list[tuple[Wallet, dict[str, int]]],
    ) -> bool:
        """All moves in the model, or none."""
        books = dict(self.books)
        for who, total in needed:
            if any(books.get((who.address, denom), 0) < total[denom] for denom in total):
                return False
        for sender, receiver, amount in moves:
            if not self.move(books, sender.address, receiver.address, amount):
                return False
        self.books = books
        for _, receiver, _ in moves:
            if receiver.address not in self.numbers:
                self.numbers[receiver.address] = self.next_number
                self.sequences[receiver.address] = 0
                self.next_number += 1
        return True

    @staticmethod
    def move(books: Books, sender: bytes, receiver: bytes, amount: dict[str, int]) -> bool:
        """One move in a book; False where there is too little."""
        if any(books.get((sender, denom), 0) < amount[denom] for denom in amount):
            return False
        for denom, value in amount.items():
            books[sender, denom] = books.get((sender, denom), 0) - value
            books[receiver, denom] = books.get((receiver, denom), 0) + value
        return True

    def run(self, raw: bytes, *, paid: bool) -> bool:
        """Runs it as `app` does. True if its messages took effect."""
        tx = decode_tx(raw, KINDS)
        outer = self.state.branch()
        try:
            run_ante(outer, tx, context=CONTEXT)
        except TxRefusal:
            assert not paid
            return False
        assert paid
        outer.commit()
        inner = self.state.branch()
        try:
            for outline in tx.outlines:
                outline.read().execute(inner, CONTEXT)
        except TxRefusal:
            return False
        inner.commit()
        return True


TestSupply = Supply.TestCase
TestSupply.settings = slow_law()
