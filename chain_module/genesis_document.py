"""CometBFT's genesis file as the values that InitChain gets from it (types/genesis.go).

Read as strictly as `app_state` itself: what is left out, or not known, is refused, so nobody has to
know CometBFT's defaults to compute a network_id. Comments on single fields are in CometBFT's
documentation of genesis.json.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from chain_module.abci.common import (
    BlockParams,
    ConsensusParams,
    EvidenceParams,
    KeyType,
    ValidatorUpdate,
)
from chain_module.abci.requests import InitChainRequest
from chain_module.consensus.genesis_rules import check_validators
from chain_module.consensus.hashes import in_order, validator_address
from chain_module.genesis_form import (
    BadGenesis,
    Json,
    JsonObject,
    read_list,
    read_object,
    read_text,
    read_uint64,
)
from chain_module.registration.app_state import canonical, parse_json
from chain_module.registration.identity import NetworkGenesis, read_network
from enclave.registration.network import NetworkInputs
from enclave.time import NANOSECONDS

FIELDS: Final = (
    "genesis_time",
    "chain_id",
    "initial_height",
    "consensus_params",
    "validators",
    "app_state",
)

ED25519_KEY: Final = "tendermint/PubKeyEd25519"
"""The amino name of the only validator keys of this chain."""

NO_AUTHORITY: Final = {"authority": ""}
"""What newer engines (0.39 on) add to a genesis that they serve; no one may change parameters."""

MAX_INITIAL_HEIGHT: Final = 2**53 - 1
"""The engine's heights are 64 bits, and it fails near their end; many clients read them as doubles.
"""

_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)
_INT64: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,18})", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_INT64: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class GenesisDocument:
    """A genesis file, read."""

    request: InitChainRequest
    """What InitChain gets. `app_state` is in its canonical form."""
    network: NetworkGenesis

    @property
    def network_inputs(self) -> NetworkInputs:
        """What network_id is computed from."""
        return self.network.inputs

    @property
    def network_id(self) -> bytes:
        """32 bytes."""
        return self.network.network_id


def parse_genesis_document(data: bytes) -> GenesisDocument:
    """Reads the file's bytes. Raises BadGenesis."""
    request = init_chain_request(data)
    return GenesisDocument(request, read_network(request))


def init_chain_request(data: bytes) -> InitChainRequest:
    """The values alone, of any chain of CometBFT. Raises BadGenesis."""
    fields = read_object(
        parse_json(data, "genesis"),
        "genesis",
        required=FIELDS,
        optional=("app_hash",),
    )
    if fields.get("app_hash", "") != "":
        raise BadGenesis("app_hash", expected="none: app_state is the state", found="one")
    validators = read_list(fields["validators"], "validators")
    updates = [_validator(one, f"validators[{at}]") for at, one in enumerate(validators)]
    # Here, and not in the order of the set: what is refused is named as the file has it.
    check_validators(updates)
    return InitChainRequest(
        time_ns=parse_time(read_text(fields["genesis_time"], "genesis_time"), "genesis_time"),
        chain_id=read_text(fields["chain_id"], "chain_id"),
        consensus_params=_consensus_params(fields["consensus_params"]),
        validators=in_order(updates),
        app_state=canonical(read_object_of_any(fields["app_state"], "app_state")),
        initial_height=_height(fields["initial_height"], "initial_height"),
    )


def parse_time(text: str, where: str) -> int:
    """Unix nanoseconds of a time in UTC (RFC 3339, at most nine digits of a second).

    Raises BadGenesis.
    """
    match = _TIME.fullmatch(text)
    try:
        moment = datetime.fromisoformat(f"{match[1]}+00:00") if match else None
    except ValueError:
        moment = None
    if match is None or moment is None:
        raise BadGenesis(where, expected="a time such as 2026-01-01T00:00:00.5Z", found=text)
    elapsed = moment - _EPOCH
    seconds = elapsed.days * 86_400 + elapsed.seconds
    return seconds * NANOSECONDS + int((match[2] or "").ljust(9, "0"))


def read_object_of_any(value: Json, where: str) -> JsonObject:
    """An object with whatever fields. Raises BadGenesis."""
    if not isinstance(value, dict):
        raise BadGenesis(where, expected="an object", found=value)
    return value


def _consensus_params(value: Json) -> ConsensusParams:
    where = "consensus_params"
    parts = ("block", "evidence", "validator", "version", "abci")
    params = read_object(value, where, required=parts, optional=("authority",))
    if params.get("authority", NO_AUTHORITY) != NO_AUTHORITY:
        raise BadGenesis(f"{where}.authority", expected="none", found=params["authority"])
    block = _numbers(params["block"], f"{where}.block", "max_bytes", "max_gas")
    evidence = _numbers(
        params["evidence"],
        f"{where}.evidence",
        "max_age_num_blocks",
        "max_age_duration",
        "max_bytes",
    )
    validator = read_object(params["validator"], f"{where}.validator", required=("pub_key_types",))
    types = read_list(validator["pub_key_types"], f"{where}.validator.pub_key_types")
    version = read_object(params["version"], f"{where}.version", required=("app",))
    (enable,) = _numbers(params["abci"], f"{where}.abci", "vote_extensions_enable_height")
    return ConsensusParams(
        block=BlockParams(*block),
        evidence=EvidenceParams(*evidence),
        pub_key_types=tuple(read_text(one, f"{where}.validator.pub_key_types") for one in types),
        app_version=read_uint64(version["app"], f"{where}.version.app"),
        vote_extensions_enable_height=enable,
    )


def _numbers(value: Json, where: str, *names: str) -> tuple[int, ...]:
    """These fields, and no others, each an int64."""
    fields = read_object(value, where, required=names)
    return tuple(_int64(fields[name], f"{where}.{name}") for name in names)


def _int64(value: Json, where: str) -> int:
    """As text, which is how CometBFT writes 64 bits."""
    if isinstance(value, str) and _INT64.fullmatch(value) and abs(int(value)) <= _MAX_INT64:
        return int(value)
    raise BadGenesis(where, expected='a number of 64 bits as text, such as "1"', found=value)


def _height(value: Json, where: str) -> int:
    height = _int64(value, where)
    if not 0 <= height <= MAX_INITIAL_HEIGHT:  # 0 is for the network's rules to refuse
        raise BadGenesis(where, expected=f'"1" to "{MAX_INITIAL_HEIGHT}"', found=str(height))
    return height


def _validator(value: Json, where: str) -> ValidatorUpdate:
    fields = read_object(value, where, required=("pub_key", "power"), optional=("address", "name"))
    key = read_object(fields["pub_key"], f"{where}.pub_key", required=("type", "value"))
    kind = read_text(key["type"], f"{where}.pub_key.type")
    if kind != ED25519_KEY:
        raise BadGenesis(f"{where}.pub_key.type", expected=ED25519_KEY, found=kind)
    text = read_text(key["value"], f"{where}.pub_key.value")
    try:
        public_key = base64.b64decode(text, validate=True)
    # binascii.Error is one, and text that is not ASCII raises another.
    except ValueError:
        raise BadGenesis(f"{where}.pub_key.value", expected="base64", found=text) from None
    power = _int64(fields["power"], f"{where}.power")
    read_text(fields.get("name", ""), f"{where}.name")
    update = ValidatorUpdate(KeyType.ED25519, public_key, power)
    address = validator_address(update).hex().upper()
    if fields.get("address", address) != address:
        raise BadGenesis(f"{where}.address", expected=address, found=fields["address"])
    return update
