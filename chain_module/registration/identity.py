"""The identity of the network that a genesis makes (protocol.md section 4).

`read_network` is the one way from InitChain's values to the inputs of network_id; a genesis file
becomes the same values first (`chain_module.genesis_document`), so both give the same id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chain_module import gas
from chain_module.abci.common import BlockParams, ConsensusParams, KeyType, ValidatorUpdate
from chain_module.abci.requests import InitChainRequest
from chain_module.consensus.hashes import consensus_params_hash, validators_hash
from chain_module.genesis_form import BadGenesis, JsonObject
from chain_module.registration.app_state import MODULE, app_state_hash, parse_json
from chain_module.registration.genesis import Genesis, read_genesis
from chain_module.registration.records import Params
from enclave.errors import Refusal
from enclave.registration.network import NetworkInputs, check_inputs, network_id
from enclave.registration.records import Time

NO_VALIDATORS: Final = "genesis_without_validators"
BAD_CONSENSUS_PARAMS: Final = "genesis_consensus_params"

MIN_BLOCK_BYTES: Final = 4 * 1024 * 1024
"""protocol.md section 6."""
NO_LIMIT: Final = -1
_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class NetworkGenesis:
    """A genesis, read: its network and the parts of its app_state."""

    app_state: JsonObject
    registration: Genesis
    inputs: NetworkInputs
    validators: tuple[ValidatorUpdate, ...]
    consensus_params: ConsensusParams

    @property
    def network_id(self) -> bytes:
        """32 bytes; the same before the bootstrap and after it."""
        return network_id(self.inputs)

    @property
    def genesis_time(self) -> Time:
        """Gate time of the first block."""
        return Time.of_unix_nanos(self.inputs.genesis_time_unix_nanos)


def read_network(request: InitChainRequest) -> NetworkGenesis:
    """The network that InitChain's values make.

    Raises:
        BadGenesis: for a fault of form; NO_VALIDATORS, BAD_CONSENSUS_PARAMS; or the code with
            which `check_inputs` refuses, such as `wrong_root`.
    """
    app_state = parse_json(request.app_state, "app_state")
    registration = read_genesis(app_state.get(MODULE))
    _check_validators(request.validators)
    _check_params(request.consensus_params, registration.params)
    inputs = NetworkInputs(
        chain_id=request.chain_id,
        genesis_time_unix_nanos=request.time_ns,
        initial_height=request.initial_height,
        genesis_validators_hash=validators_hash(request.validators),
        consensus_params_hash=consensus_params_hash(request.consensus_params),
        floor=registration.floor,
        app_state_hash=app_state_hash(app_state),
    )
    # The genesis itself says which mode it is of, and its root must be that mode's: a development
    # root under a hardware floor is refused here.
    try:
        check_inputs(inputs, mode=registration.floor.mode)
    except Refusal as refusal:
        raise BadGenesis(
            "genesis", expected=refusal.expected, found=refusal.found, code=refusal.code
        ) from None
    return NetworkGenesis(
        app_state=app_state,
        registration=registration,
        inputs=inputs,
        validators=request.validators,
        consensus_params=request.consensus_params,
    )


def _check_validators(validators: tuple[ValidatorUpdate, ...]) -> None:
    keys = {one.public_key for one in validators}
    fit = all(
        one.key_type is KeyType.ED25519 and len(one.public_key) == _KEY_BYTES and one.power > 0
        for one in validators
    )
    if not validators or len(keys) != len(validators) or not fit:
        raise BadGenesis(
            "validators",
            expected="at least one, each with an Ed25519 key of its own and power",
            found=f"{len(validators)} validators, {len(keys)} keys",
            code=NO_VALIDATORS,
        )


def _check_params(params: ConsensusParams, registration: Params) -> None:
    block = params.block or BlockParams(max_bytes=0, max_gas=0)
    least_gas = gas.TX + registration.register_gas
    extensions = params.vote_extensions_enable_height
    for name, holds, expected, found in (
        (
            "block.max_bytes",
            block.max_bytes >= MIN_BLOCK_BYTES or block.max_bytes == NO_LIMIT,
            f"at least {MIN_BLOCK_BYTES}",
            block.max_bytes,
        ),
        (
            "block.max_gas",
            block.max_gas >= least_gas or block.max_gas == NO_LIMIT,
            f"-1, or room for a register: at least {least_gas}",
            block.max_gas,
        ),
        (
            "validator.pub_key_types",
            params.pub_key_types == (KeyType.ED25519.value,),
            "ed25519 alone",
            params.pub_key_types,
        ),
        (
            "abci.vote_extensions_enable_height",
            not extensions,
            "0: this chain has no vote extensions",
            extensions,
        ),
    ):
        if not holds:
            where = f"consensus_params.{name}"
            raise BadGenesis(where, expected=expected, found=found, code=BAD_CONSENSUS_PARAMS)
