"""Each rule of ante, its refusal, and that a refusal leaves the state as it was."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

import ecdsa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_module.abci.common import Event
from chain_module.auth.accounts import FEE_COLLECTOR, Account, get_account, put_account
from chain_module.bank.balances import balance, check_supply
from chain_module.errors import Reasons, SdkReason, TxRefusal
from chain_module.limits import MAX_MEMO_BYTES
from chain_module.store.branch import Branch
from chain_module.tx.ante import Charged, GasPrice, run_ante
from chain_module.tx.codec import decode_tx
from chain_module.tx.gas import gas_of
from tests.support.cosmpy_wallets import (
    ALICE,
    BOB,
    CAROL,
    CONTEXT,
    FUNDS,
    KINDS,
    Wallet,
    funded_state,
    multi_send,
    send,
    sign_again,
    signed,
    transaction,
    wallet,
)
from tests.support.refusals import tx_refused

FEE: Final = 100
"""What the wallets offer where nothing else is said."""


def charge(state: Branch, raw: bytes, **options: Any) -> Charged:
    return run_ante(state, decode_tx(raw, KINDS), **{"context": CONTEXT, **options})


def refuse(state: Branch, raw: bytes, reason: Reasons, **options: Any) -> None:
    """Refused for this reason, and nothing was written."""
    before = state.changes()
    with tx_refused(reason):
        charge(state, raw, **options)
    assert state.changes() == before


def known(state: Branch, one: Wallet) -> Account:
    account = get_account(state, one.address)
    assert account is not None
    return account


def test_what_cosmpy_signs_is_charged() -> None:
    state = funded_state()
    charged = charge(state, signed(send(ALICE, BOB), gas_limit=250_000))
    assert known(state, ALICE) == Account(ALICE.address, ALICE.number, 1, ALICE.public_key)
    assert balance(state, ALICE.address, "useed") == FUNDS - FEE
    assert balance(state, FEE_COLLECTOR, "useed") == FEE
    assert (charged.gas_wanted, charged.payer) == (250_000, ALICE.address)
    check_supply(state)


@given(
    st.integers(0, 2**63),
    st.integers(0, 2**64 - 1),
    st.text(st.characters(codec="ascii"), min_size=1, max_size=50),
    st.text(max_size=60),
    st.integers(0, FUNDS),
)
def test_any_sequence_number_and_chain(
    sequence: int, number: int, chain_id: str, memo: str, fee: int
) -> None:
    state = funded_state()
    put_account(state, Account(ALICE.address, number, sequence))
    raw = signed(
        send(ALICE, BOB),
        sequences=sequence,
        numbers=[number],
        chain_id=chain_id,
        memo=memo,
        fee=f"{fee}useed" if fee else None,
    )
    charge(state, raw, context=replace(CONTEXT, chain_id=chain_id))
    assert known(state, ALICE).sequence == sequence + 1
    assert balance(state, FEE_COLLECTOR, "useed") == fee


def test_a_transaction_is_no_good_twice() -> None:
    state, raw = funded_state(), signed(send(ALICE, BOB))
    charge(state, raw)
    refuse(state, raw, SdkReason.WRONG_SEQUENCE)
    charge(state, signed(send(ALICE, BOB), sequences=1))
    refuse(state, raw, SdkReason.WRONG_SEQUENCE)


@pytest.mark.parametrize("sequence", [0, 2, 4, 2**64 - 1])
def test_another_sequence_is_refused(sequence: int) -> None:
    state = funded_state()
    put_account(state, Account(ALICE.address, 0, 3))
    refuse(state, signed(send(ALICE, BOB), sequences=sequence), SdkReason.WRONG_SEQUENCE)


def test_another_chain_is_refused() -> None:
    state, raw = funded_state(), signed(send(ALICE, BOB), chain_id="seedpact-test-2")
    refuse(state, raw, SdkReason.UNAUTHORIZED)
    charge(state, raw, context=replace(CONTEXT, chain_id="seedpact-test-2"))


@pytest.mark.parametrize("number", [1, 9])
def test_another_account_number_is_refused(number: int) -> None:
    raw = signed(send(ALICE, BOB), numbers=[number])
    refuse(funded_state(), raw, SdkReason.UNAUTHORIZED)


def test_anothers_signature_is_refused() -> None:
    tx = transaction(send(ALICE, BOB))
    tx.signatures[0] = BOB.key.sign(b"anything")
    refuse(funded_state(), tx.SerializeToString(), SdkReason.UNAUTHORIZED)


def test_the_higher_s_is_refused() -> None:
    tx = transaction(send(ALICE, BOB))
    s = int.from_bytes(tx.signatures[0][32:], "big")
    tx.signatures[0] = tx.signatures[0][:32] + (ecdsa.SECP256k1.order - s).to_bytes(32, "big")
    refuse(funded_state(), tx.SerializeToString(), SdkReason.UNAUTHORIZED)


def test_no_other_bytes_have_the_same_effect() -> None:
    """Whatever bit is flipped, what comes out is refused: nothing is malleable."""
    raw = signed(send(ALICE, BOB), memo="memo", timeout_height=9)
    state = funded_state()
    before = state.changes()
    for bit in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(TxRefusal):
            charge(state, bytes(flipped))
    assert state.changes() == before
    charge(state, raw)


def test_the_first_signature_brings_the_key() -> None:
    def without_key(sequence: int) -> bytes:
        tx = transaction(send(ALICE, BOB), sequences=sequence)
        tx.auth_info.signer_infos[0].ClearField("public_key")
        return sign_again(tx)

    state = funded_state()
    refuse(state, without_key(0), SdkReason.INVALID_PUBKEY)
    charge(state, signed(send(ALICE, BOB)))
    charge(state, without_key(1))
    assert known(state, ALICE) == Account(ALICE.address, 0, 2, ALICE.public_key)


@pytest.mark.parametrize("key_is_known", [False, True])
def test_anothers_key_is_refused(key_is_known: bool) -> None:  # noqa: FBT001 (a case)
    state = funded_state()
    if key_is_known:
        put_account(state, Account(ALICE.address, 0, 0, ALICE.public_key))
    tx = transaction(send(ALICE, BOB))
    tx.auth_info.signer_infos[0].public_key.value = b"\x0a\x21" + BOB.public_key
    refuse(state, sign_again(tx, BOB), SdkReason.INVALID_PUBKEY)


def test_a_signer_without_account_is_refused() -> None:
    stranger = wallet(77)
    raw = signed(send(stranger, BOB), signers=[stranger], fee=None)
    refuse(funded_state(), raw, SdkReason.UNKNOWN_ADDRESS)


def test_all_signers_sign_in_order() -> None:
    state = funded_state()
    messages = [send(BOB, ALICE), send(ALICE, BOB), send(BOB, CAROL)]
    charge(state, signed(*messages, signers=[BOB, ALICE]))
    assert [known(state, one).sequence for one in (ALICE, BOB, CAROL)] == [1, 1, 0]
    assert balance(state, BOB.address, "useed") == FUNDS - FEE
    assert balance(state, ALICE.address, "useed") == FUNDS


@pytest.mark.parametrize(
    "signers",
    [[ALICE], [ALICE, BOB, CAROL]],
    ids=["one is missing", "one too many"],
)
def test_another_number_of_signers_is_refused(signers: list[Wallet]) -> None:
    raw = signed(send(ALICE, BOB), send(BOB, ALICE), signers=signers)
    refuse(funded_state(), raw, SdkReason.UNAUTHORIZED)


def test_another_order_of_signers_is_refused() -> None:
    raw = signed(send(ALICE, BOB), send(BOB, ALICE), signers=[BOB, ALICE])
    refuse(funded_state(), raw, SdkReason.INVALID_PUBKEY)


def test_nobody_spends_for_another() -> None:
    raw = signed(send(ALICE, BOB), signers=[BOB])
    refuse(funded_state(), raw, SdkReason.INVALID_PUBKEY)


def test_each_signer_needs_a_signature() -> None:
    tx = transaction(send(ALICE, BOB), send(BOB, ALICE), signers=[ALICE, BOB])
    del tx.signatures[1]
    refuse(funded_state(), tx.SerializeToString(), SdkReason.UNAUTHORIZED)
    del tx.signatures[:]
    refuse(funded_state(), tx.SerializeToString(), SdkReason.NO_SIGNATURES)


def test_the_second_signature_counts_too() -> None:
    tx = transaction(send(ALICE, BOB), send(BOB, ALICE), signers=[ALICE, BOB])
    tx.signatures[1] = tx.signatures[0]
    refuse(funded_state(), tx.SerializeToString(), SdkReason.UNAUTHORIZED)


@pytest.mark.parametrize("mode", [0, 2, 3, 127, 191])
def test_another_sign_mode_is_refused(mode: int) -> None:
    tx = transaction(send(ALICE, BOB))
    tx.auth_info.signer_infos[0].mode_info.single.mode = mode
    refuse(funded_state(), sign_again(tx), SdkReason.NOT_SUPPORTED)


def test_no_sign_mode_is_refused() -> None:
    tx = transaction(send(ALICE, BOB))
    tx.auth_info.signer_infos[0].ClearField("mode_info")
    refuse(funded_state(), sign_again(tx), SdkReason.NOT_SUPPORTED)


def test_the_memo_is_counted_in_bytes() -> None:
    charge(funded_state(), signed(send(ALICE, BOB), memo="ü" * (MAX_MEMO_BYTES // 2)))
    raw = signed(send(ALICE, BOB), memo="ü" * (MAX_MEMO_BYTES // 2) + "m")
    refuse(funded_state(), raw, SdkReason.MEMO_TOO_LARGE)


def test_the_timeout_height_is_the_last() -> None:
    charge(funded_state(), signed(send(ALICE, BOB), timeout_height=CONTEXT.height))
    raw = signed(send(ALICE, BOB), timeout_height=CONTEXT.height - 1)
    refuse(funded_state(), raw, SdkReason.TX_TIMEOUT_HEIGHT)


def test_gas_is_known_before() -> None:
    raw = signed(send(ALICE, BOB))
    needed = gas_of(decode_tx(raw, KINDS), funded_state())
    exact = charge(funded_state(), signed(send(ALICE, BOB), gas_limit=needed))
    assert (exact.gas_wanted, exact.gas_used) == (needed, needed)
    raw = signed(send(ALICE, BOB), gas_limit=needed - 1)
    refuse(funded_state(), raw, SdkReason.OUT_OF_GAS)
    raw = signed(send(ALICE, BOB), gas_limit=0)
    refuse(funded_state(), raw, SdkReason.INVALID_GAS_LIMIT)


PRICE: Final = GasPrice(Fraction(1, 3))


@pytest.mark.parametrize("fee", ["99999useed", "1000000atom", None])
def test_a_fee_below_the_nodes_price_is_refused(fee: str | None) -> None:
    state = funded_state(funds={"atom": 10**9, "useed": 10**9})
    raw = signed(send(ALICE, BOB), gas_limit=299_999, fee=fee)
    refuse(state, raw, SdkReason.INSUFFICIENT_FEE, min_gas_price=PRICE)
    # Blocks have no price: it is the node's own wish.
    charge(state, raw)


def test_the_price_is_rounded_up() -> None:
    raw = signed(send(ALICE, BOB), gas_limit=299_999, fee="100000useed")
    charge(funded_state(), raw, min_gas_price=PRICE)


@pytest.mark.parametrize("fee", [f"{FUNDS + 1}useed", "1atom", f"1atom,{FUNDS}useed"])
def test_a_fee_that_nobody_has_is_refused(fee: str) -> None:
    refuse(funded_state(), signed(send(ALICE, BOB), fee=fee), SdkReason.INSUFFICIENT_FUNDS)


def test_a_fee_of_several_coins() -> None:
    state = funded_state(funds={"atom": 5, "useed": 7})
    charge(state, signed(send(ALICE, BOB), fee="5atom,6useed"))
    assert [balance(state, FEE_COLLECTOR, denom) for denom in ("atom", "useed")] == [5, 6]
    assert balance(state, ALICE.address, "atom") == 0
    check_supply(state)


def test_a_fee_of_zero() -> None:
    tx = transaction(send(ALICE, BOB))
    tx.auth_info.fee.amount[0].amount = "0"
    state = funded_state()
    charged = charge(state, sign_again(tx))
    assert balance(state, ALICE.address, "useed") == FUNDS
    assert charged.events[0].attributes[0].value == "0useed"


def test_the_first_signer_pays() -> None:
    tx = transaction(send(ALICE, BOB))
    tx.auth_info.fee.payer = ALICE.text
    charge(funded_state(), sign_again(tx))
    tx.auth_info.fee.payer = BOB.text
    refuse(funded_state(), sign_again(tx), SdkReason.NOT_SUPPORTED)


def test_the_events_are_the_sdks() -> None:
    tx = transaction(send(ALICE, BOB), send(BOB, ALICE), signers=[ALICE, BOB], sequences=[0, 4])
    state = funded_state()
    put_account(state, Account(BOB.address, BOB.number, 4))
    charged = charge(state, tx.SerializeToString())

    def said(event: Event) -> tuple[str, dict[str, str]]:
        return event.type, {one.key: one.value for one in event.attributes}

    # fee_collector's address on every Cosmos chain: 17xpfvakm2amg962yls6f84z3kell8c5l..
    collector = "seed17xpfvakm2amg962yls6f84z3kell8c5lx6vprs"
    signatures = [base64.b64encode(signature).decode() for signature in tx.signatures]
    assert [said(event) for event in charged.events] == [
        ("coin_spent", {"spender": ALICE.text, "amount": "100useed"}),
        ("coin_received", {"receiver": collector, "amount": "100useed"}),
        ("transfer", {"recipient": collector, "sender": ALICE.text, "amount": "100useed"}),
        ("message", {"sender": ALICE.text}),
        ("tx", {"fee": "100useed", "fee_payer": ALICE.text}),
        ("tx", {"acc_seq": f"{ALICE.text}/0"}),
        ("tx", {"acc_seq": f"{BOB.text}/4"}),
        ("tx", {"signature": signatures[0]}),
        ("tx", {"signature": signatures[1]}),
    ]
    assert all(one.index for event in charged.events for one in event.attributes)


def as_cosmjs_simulates(tx: Any) -> None:
    """CosmJS: an empty signature, an empty fee, SIGN_MODE_UNSPECIFIED."""
    tx.signatures[:] = [b""]
    tx.auth_info.fee.Clear()
    tx.auth_info.signer_infos[0].mode_info.single.mode = 0


def as_cosmpy_simulates(tx: Any) -> None:
    """cosmpy: a signature over no fee and no gas limit."""
    del tx.auth_info.fee.amount[:]
    tx.auth_info.fee.gas_limit = 0


def without_a_key(tx: Any) -> None:
    tx.signatures[:] = [b""]
    tx.auth_info.signer_infos[0].ClearField("public_key")


SIMULATIONS: Final[dict[str, Callable[[Any], None]]] = {
    "cosmpy": as_cosmpy_simulates,
    "CosmJS": as_cosmjs_simulates,
    "no key": without_a_key,
    "no signature": lambda tx: tx.ClearField("signatures"),
}


@pytest.mark.parametrize("change", SIMULATIONS.values(), ids=SIMULATIONS.keys())
@given(
    shares=st.lists(
        st.tuples(st.sampled_from([ALICE, BOB, CAROL]), st.integers(1, 99)), min_size=1
    ),
    count=st.integers(1, 5),
    memo=st.text(max_size=60),
)
def test_a_simulation_uses_the_gas_of_the_delivery(
    change: Callable[[Any], None], shares: list[tuple[Wallet | bytes, int]], count: int, memo: str
) -> None:
    messages = [send(ALICE, BOB)] * count + [multi_send(ALICE, shares)]
    tx = transaction(*messages, memo=memo, gas_limit=2**62)
    delivered = charge(funded_state(), tx.SerializeToString())
    change(tx)
    simulated = charge(funded_state(), tx.SerializeToString(), simulate=True)
    assert simulated.gas_used == delivered.gas_used


def test_a_simulation_may_be_ahead_and_not_behind() -> None:
    state = funded_state()
    put_account(state, Account(ALICE.address, 0, 3))
    charge(state.branch(), signed(send(ALICE, BOB), sequences=5), simulate=True)
    raw = signed(send(ALICE, BOB), sequences=2)
    refuse(state, raw, SdkReason.WRONG_SEQUENCE, simulate=True)


def test_a_simulation_is_no_delivery() -> None:
    tx = transaction(send(ALICE, BOB))
    as_cosmjs_simulates(tx)
    refuse(funded_state(), tx.SerializeToString(), SdkReason.INVALID_GAS_LIMIT)


def test_a_simulation_counts_signers_too() -> None:
    raw = signed(send(ALICE, BOB), send(BOB, ALICE), signers=[ALICE])
    refuse(funded_state(), raw, SdkReason.UNAUTHORIZED, simulate=True)
