"""The identity of the network that a genesis makes (protocol.md section 4).

`read_network` is the one way from InitChain's values to the inputs of network_id; a genesis file
becomes the same values first (`chain_module.genesis_document`), so both give the same id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chain_module import gas
from chain_module.abci.common import ConsensusParams, KeyType, ValidatorUpdate
from chain_module.abci.requests import InitChainRequest
from chain_module.consensus.genesis_rules import (
    NO_LIMIT,
    Rule,
    block_of,
    check_params,
    check_validators,
)
from chain_module.consensus.hashes import consensus_params_hash, validators_hash
from chain_module.genesis_form import BadGenesis, JsonObject
from chain_module.registration.app_state import MODULE, app_state_hash, parse_json
from chain_module.registration.genesis import Genesis, read_genesis
from chain_module.registration.records import Params
from enclave.errors import Refusal
from enclave.registration.network import NetworkInputs, check_inputs, network_id
from enclave.time import Time

MIN_BLOCK_BYTES: Final = 4 * 1024 * 1024
"""protocol.md section 6."""


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
        BadGenesis: for a fault of form; as `check_validators` and `check_params`; or the code with
            which `check_inputs` refuses, such as `wrong_root`.
    """
    app_state = parse_json(request.app_state, "app_state")
    if MODULE not in app_state:
        raise BadGenesis(
            f"app_state.{MODULE}", expected="this protocol's part of the genesis", found="none"
        )
    registration = read_genesis(app_state[MODULE])
    check_validators(request.validators)
    check_params(
        request.consensus_params,
        _own_rules(request.consensus_params, registration.params),
        validators=len(request.validators),
    )
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


def _own_rules(params: ConsensusParams, registration: Params) -> tuple[Rule, ...]:
    """What this chain asks of the parameters, besides the engine."""
    block = block_of(params)
    least_gas = gas.TX + registration.register_gas
    extensions = params.vote_extensions_enable_height
    return (
        Rule(
            "block.max_bytes",
            block.max_bytes >= MIN_BLOCK_BYTES or block.max_bytes == NO_LIMIT,
            f"at least {MIN_BLOCK_BYTES}",
            block.max_bytes,
        ),
        Rule(
            "block.max_gas",
            block.max_gas >= least_gas or block.max_gas == NO_LIMIT,
            f"-1, or room for a register: at least {least_gas}",
            block.max_gas,
        ),
        Rule(
            "validator.pub_key_types",
            params.pub_key_types == (KeyType.ED25519.value,),
            "ed25519 alone",
            params.pub_key_types,
        ),
        Rule(
            "abci.vote_extensions_enable_height",
            not extensions,
            "0: this chain has no vote extensions",
            extensions,
        ),
    )
