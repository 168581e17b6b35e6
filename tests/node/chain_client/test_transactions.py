"""Our transactions are those that unmodified cosmpy makes, and those that the chain reads."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cosmpy.aerial.client.bank import create_bank_send_msg
from cosmpy.aerial.client.utils import prepare_basic_transaction
from cosmpy.aerial.coins import Coin
from cosmpy.aerial.tx import Transaction, TxFee
from cosmpy.aerial.types import Account as CosmpyAccount
from cosmpy.crypto.address import Address
from cosmpy.protos.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import SignDoc
from hypothesis import given
from hypothesis import strategies as st

from chain_module.app.modules import KINDS
from chain_module.tx.codec import decode_tx
from node.chain_client import Account, Fee, Price, tx_hash
from node.chain_client.transactions import build, fee_of, signed, unsigned
from node.keyring import SigningKey
from tests.support.services import ledger_client

CHAIN_ID = "seedpact-test-1"
KEYS = st.binary(min_size=32, max_size=32).filter(lambda raw: 0 < int.from_bytes(raw) < 2**255)
AMOUNTS = st.integers(1, 2**64)


def send(key: SigningKey, amount: int) -> MsgSend:
    address = Address(key.info.address)
    message: MsgSend = create_bank_send_msg(address, address, amount, "useed")
    return message


@given(
    secret=KEYS,
    amount=AMOUNTS,
    number=st.integers(0, 2**63),
    sequence=st.integers(0, 2**63),
    gas=st.integers(1, 2**40),
    fee=AMOUNTS,
    memo=st.text(max_size=40),
    timeout_height=st.integers(0, 2**62),
)
def test_bytes_are_those_of_cosmpy(
    *,
    secret: bytes,
    amount: int,
    number: int,
    sequence: int,
    gas: int,
    fee: int,
    memo: str,
    timeout_height: int,
) -> None:
    """Same key, same account, same message: the same bytes up to the signature's own nonce."""
    key, account = SigningKey("a", secret), Account(number, sequence)
    ours = signed(
        build(
            [send(key, amount)],
            key,
            account=account,
            chain_id=CHAIN_ID,
            fee=Fee(fee, gas),
            memo=memo,
            timeout_height=timeout_height,
        ),
        account=account,
        fee=Fee(fee, gas),
        timeout_height=timeout_height,
    )
    theirs: Any = prepare_basic_transaction(
        ledger_client("127.0.0.1:1"),
        Transaction().add_message(send(key, amount)),
        key.wallet(),
        account=CosmpyAccount(key.wallet().address(), number, sequence),
        fee=TxFee(Coin(fee, "useed"), gas),
        memo=memo,
        timeout_height=timeout_height,
    ).tx
    read = decode_tx(ours.raw, KINDS)
    assert read.body_bytes == theirs.body.SerializeToString()
    assert read.auth_info_bytes == theirs.auth_info.SerializeToString()
    assert key.wallet().public_key().verify(_document(theirs, number), read.signatures[0])
    assert (ours.sequence, ours.timeout_height) == (sequence, read.timeout_height)
    assert ours.hash == tx_hash(ours.raw) == read.hash.hex().upper()


def _document(tx: Any, number: int) -> bytes:

    document: bytes = SignDoc(
        body_bytes=tx.body.SerializeToString(),
        auth_info_bytes=tx.auth_info.SerializeToString(),
        chain_id=CHAIN_ID,
        account_number=number,
    ).SerializeToString()
    return document


@given(
    gas=st.integers(0, 2**60), numerator=st.integers(0, 10**9), denominator=st.integers(1, 10**9)
)
def test_a_fee_is_never_below_its_price(gas: int, numerator: int, denominator: int) -> None:
    """For any gas, amount / gas >= price, and one useed less would be below."""
    price = Fraction(numerator, denominator)
    fee = fee_of(gas, Price(gas_price=price))
    assert fee.gas_limit == gas
    assert fee.amount >= price * gas > fee.amount - 1 or fee.amount == 0 == price * gas


def test_an_amount_that_is_given_is_what_is_paid() -> None:
    assert fee_of(1_000_000, Price(amount=7)) == Fee(amount=7, gas_limit=1_000_000)


def test_an_unsigned_one_has_no_signature() -> None:
    key = SigningKey("a", bytes(31) + b"\x01")
    tx: Any = unsigned([send(key, 5)], key.info, fee=Fee(3, 4), memo="m")
    assert list(tx.signatures) == []
    assert (tx.body.memo, tx.auth_info.fee.gas_limit) == ("m", 4)
