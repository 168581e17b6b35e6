"""Query of cosmos.auth.v1beta1: what clients ask before they sign."""

from __future__ import annotations

from cosmpy.protos.cosmos.auth.v1beta1 import auth_pb2, query_pb2
from cosmpy.protos.cosmos.crypto.secp256k1.keys_pb2 import PubKey
from google.protobuf.any_pb2 import Any as ProtoAny
from google.protobuf.message import Message

from chain_module.address import from_text, to_text
from chain_module.auth.accounts import (
    ACCOUNT_PREFIX,
    MODULE_ACCOUNTS,
    STORE,
    Account,
    get_account,
)
from chain_module.auth.genesis import PARAMS
from chain_module.errors import SdkReason, TxRefusal
from chain_module.pagination import page_of
from chain_module.store.types import StateReader


def account(
    state: StateReader, request: query_pb2.QueryAccountRequest
) -> query_pb2.QueryAccountResponse:
    """One account, as an Any of BaseAccount or ModuleAccount.

    Raises:
        TxRefusal: INVALID_ADDRESS; NOT_FOUND, with the SDK's words, which wallets look for.
    """
    return query_pb2.QueryAccountResponse(account=_account(_require(state, request.address)))


def accounts(
    state: StateReader, request: query_pb2.QueryAccountsRequest
) -> query_pb2.QueryAccountsResponse:
    """A page of all accounts, by address. Raises TxRefusal INVALID_REQUEST."""
    entries, page = page_of(state.store(STORE), ACCOUNT_PREFIX, request.pagination)
    found = (_require(state, to_text(address)) for address, _ in entries)
    return query_pb2.QueryAccountsResponse(accounts=map(_account, found), pagination=page)


def account_info(
    state: StateReader, request: query_pb2.QueryAccountInfoRequest
) -> query_pb2.QueryAccountInfoResponse:
    """What all kinds of accounts have in common. Raises TxRefusal as `account`."""
    return query_pb2.QueryAccountInfoResponse(info=_base(_require(state, request.address)))


def params(
    _state: StateReader, _request: query_pb2.QueryParamsRequest
) -> query_pb2.QueryParamsResponse:
    """The module's parameters: constants of this chain."""
    values = {name: int(value) for name, value in PARAMS.items()}
    return query_pb2.QueryParamsResponse(params=auth_pb2.Params(**values))


def _require(state: StateReader, address: str) -> Account:
    found = get_account(state, from_text(address))
    if found is None:
        raise TxRefusal(
            SdkReason.NOT_FOUND,
            expected="an address that has received coins",
            found=f"account {address} not found",
        )
    return found


def _account(found: Account) -> ProtoAny:
    base = _base(found)
    name = MODULE_ACCOUNTS.get(found.address)
    return _any(base if name is None else auth_pb2.ModuleAccount(base_account=base, name=name))


def _base(found: Account) -> auth_pb2.BaseAccount:
    return auth_pb2.BaseAccount(
        address=to_text(found.address),
        pub_key=None if found.public_key is None else _any(PubKey(key=found.public_key)),
        account_number=found.number,
        sequence=found.sequence,
    )


def _any(message: Message) -> ProtoAny:
    packed = ProtoAny()
    packed.Pack(message, type_url_prefix="/", deterministic=True)
    return packed
