"""Step 1: what network a genesis is of, computed from its bytes alone (protocol.md section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chain_module.genesis_document import parse_genesis_document
from chain_module.genesis_form import BadGenesis
from enclave.crypto.labels import Mode
from enclave.errors import Refusal
from enclave.registration.network import NetworkInputs
from node.join.failures import JoinCode, JoinFailure

MAX_GENESIS_BYTES: Final = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Network:
    """A network, as its genesis defines it."""

    id: bytes
    """32 bytes: network_id."""
    inputs: NetworkInputs
    register_gas: int
    """What a register costs, by the genesis: no peer's word."""
    document: bytes
    """The genesis, as it came."""

    @property
    def chain_id(self) -> str:
        """Its name."""
        return self.inputs.chain_id

    @property
    def mode(self) -> Mode:
        """In which its enclaves run."""
        return self.inputs.floor.mode


def read_genesis(data: bytes, *, where: str) -> Network:
    """The network of a genesis file.

    Args:
        data: CometBFT's genesis.json.
        where: it came from, for the error.

    Raises:
        JoinFailure: GENESIS_UNUSABLE.
    """
    try:
        document = parse_genesis_document(data)
    except (BadGenesis, Refusal) as refusal:
        raise JoinFailure(
            JoinCode.GENESIS_UNUSABLE, expected=f"{where} of a Seedpact network", found=str(refusal)
        ) from None
    return Network(
        id=document.network_id,
        inputs=document.network_inputs,
        register_gas=document.network.registration.params.register_gas,
        document=data,
    )
