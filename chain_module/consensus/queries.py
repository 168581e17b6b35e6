"""What clients ask about consensus: the parameters, and the validators as staking would show them.

There is no staking here: the validators are those of the genesis. cosmpy and wallets ask for them
under cosmos.staking.v1beta1 all the same, so each is shown as bonded, with its power as its tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cosmpy.protos.cosmos.consensus.v1 import query_pb2 as consensus_pb
from cosmpy.protos.cosmos.crypto.ed25519.keys_pb2 import PubKey
from cosmpy.protos.cosmos.staking.v1beta1 import query_pb2 as staking_pb
from cosmpy.protos.cosmos.staking.v1beta1 import staking_pb2
from cosmpy.protos.tendermint.types.params_pb2 import ConsensusParams
from google.protobuf.any_pb2 import Any as ProtoAny

from chain_module.abci.common import ValidatorUpdate
from chain_module.address import VALIDATOR_PREFIX, from_text, to_text
from chain_module.consensus import keeper
from chain_module.consensus.hashes import encode_params, validator_address
from chain_module.errors import SdkReason, TxRefusal
from chain_module.pagination import page_of
from chain_module.store.types import Entry, StateReader
from chain_module.wire import encode

_BONDED: Final = "BOND_STATUS_BONDED"
_STATUSES: Final = ("", _BONDED, "BOND_STATUS_UNBONDED", "BOND_STATUS_UNBONDING")
_SHARES: Final = "0" * 18
"""The SDK's decimals have 18 digits behind the point, and no point."""
_INDEX_BYTES: Final = 4


def params(
    state: StateReader, _request: consensus_pb.QueryParamsRequest
) -> consensus_pb.QueryParamsResponse:
    """The consensus parameters."""
    message = ConsensusParams.FromString(encode_params(keeper.params(state)))
    return consensus_pb.QueryParamsResponse(params=message)


def validators(
    state: StateReader, request: staking_pb.QueryValidatorsRequest
) -> staking_pb.QueryValidatorsResponse:
    """A page of the validators, in the set's order. Raises TxRefusal INVALID_REQUEST."""
    if request.status not in _STATUSES:
        raise TxRefusal(
            SdkReason.INVALID_REQUEST,
            expected=f"a status such as {_BONDED}, or none",
            found=f"invalid validator status {request.status[:80]}",
        )
    shown = keeper.validators(state) if request.status in ("", _BONDED) else ()
    entries, page = page_of(
        _Listed(tuple(encode(_validator(one)) for one in shown)), b"", request.pagination
    )
    found = (staking_pb2.Validator.FromString(value) for _, value in entries)
    return staking_pb.QueryValidatorsResponse(validators=found, pagination=page)


def validator(
    state: StateReader, request: staking_pb.QueryValidatorRequest
) -> staking_pb.QueryValidatorResponse:
    """One validator. Raises TxRefusal INVALID_ADDRESS, NOT_FOUND."""
    wanted = from_text(request.validator_addr, prefix=VALIDATOR_PREFIX)
    for one in keeper.validators(state):
        if validator_address(one) == wanted:
            return staking_pb.QueryValidatorResponse(validator=_validator(one))
    raise TxRefusal(
        SdkReason.NOT_FOUND,
        expected="a validator of the genesis",
        found=f"validator {request.validator_addr} not found",
    )


def _validator(one: ValidatorUpdate) -> staking_pb2.Validator:
    address = validator_address(one)
    key = ProtoAny()
    key.Pack(PubKey(key=one.public_key), type_url_prefix="/", deterministic=True)
    return staking_pb2.Validator(
        operator_address=to_text(address, prefix=VALIDATOR_PREFIX),
        consensus_pubkey=key,
        status=staking_pb2.BOND_STATUS_BONDED,
        tokens=str(one.power),
        delegator_shares=f"{one.power}{_SHARES}",
        # No name is on the chain: the address as CometBFT prints it.
        description=staking_pb2.Description(moniker=address.hex().upper()),
        min_self_delegation="0",
    )


@dataclass(frozen=True, slots=True)
class _Listed:
    """A list as a `KvReader`, its keys the indexes: what pages are cut from."""

    values: tuple[bytes, ...]

    def get(self, key: bytes) -> bytes | None:
        return dict(self._entries()).get(key)

    def iterate(
        self, start: bytes = b"", end: bytes | None = None, *, reverse: bool = False
    ) -> Iterator[Entry]:
        entries = list(self._entries())
        for key, value in reversed(entries) if reverse else entries:
            if start <= key and (end is None or key < end):
                yield key, value

    def _entries(self) -> Iterator[Entry]:
        for index, value in enumerate(self.values):
            yield index.to_bytes(_INDEX_BYTES, "big"), value
