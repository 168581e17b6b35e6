"""Which headers an enclave believes: those that its light client reached (protocol.md 7, 8, 11).

A path of steps leads from a header that is trusted already to a newer one; the rule of one step is
`light_client.enclave_rule`. Here are the start of a path, that nothing falls back behind what was
trusted, and when two paths are a fork. Which start a request may name is its handler's matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from enclave.errors import Code, Refusal
from enclave.light_client.codec import decode_header, decode_light_block, decode_validator_set
from enclave.light_client.enclave_rule import verify_genesis, verify_step
from enclave.light_client.hashes import header_hash
from enclave.light_client.types import Header, LightBlock
from enclave.registration.network import NetworkInputs
from seedpact.enclave.v1 import chain_pb2 as pb
from seedpact.light.v1 import light_pb2

MAX_STEPS: Final = 256
"""Of one path in one request; a longer way takes more requests."""


def check_steps(*paths: Sequence[pb.HeaderStep]) -> None:
    """The number of steps, before anything is verified. Raises Refusal: TOO_LARGE."""
    for steps in paths:
        if len(steps) > MAX_STEPS:
            raise Refusal(
                Code.TOO_LARGE, expected=f"at most {MAX_STEPS} steps", found=str(len(steps))
            )


def root_header(
    message: light_pb2.Header, *, network: NetworkInputs, height: int, root_hash: bytes
) -> Header:
    """The header whose hash is the root of trust.

    Raises:
        Refusal: WRONG_NETWORK, UNVERIFIED_ANCHOR, or for a fault of form.
    """
    header = decode_header(message)
    if header.chain_id != network.chain_id:
        raise Refusal(
            Code.WRONG_NETWORK,
            expected=f"a header of {network.chain_id}",
            found=f"one of {header.chain_id!r}",
        )
    found = header_hash(header)
    if (header.height, found) != (height, root_hash):
        raise Refusal(
            Code.UNVERIFIED_ANCHOR,
            expected=f"the root of trust: height {height}, hash {root_hash.hex()}",
            found=f"height {header.height}, hash {found.hex()}",
        )
    return header


def genesis_header(block: LightBlock, network: NetworkInputs) -> Header:
    """The header of the network's first block. Raises Refusal: as `verify_genesis`."""
    return verify_genesis(
        block,
        chain_id=network.chain_id,
        height=network.initial_height,
        time_ns=network.genesis_time_unix_nanos,
        validators_hash=network.genesis_validators_hash,
    )


def follow(
    start: Header | None, steps: Sequence[pb.HeaderStep], *, network: NetworkInputs
) -> Header:
    """The header at the end of a path from `start`, each step verified.

    Args:
        start: a trusted header; None: the genesis, and the first step is its header.
        steps: at most `MAX_STEPS`.
        network: this enclave's own.

    Raises:
        Refusal: UNPROVEN_CONTEXT for no header at all, or as the light client.
    """
    trusted = start
    for step in steps:
        if trusted is None:
            trusted = genesis_header(decode_light_block(step.block), network)
        else:
            trusted = _step(trusted, step, chain_id=network.chain_id)
    if trusted is None:
        raise Refusal(
            Code.UNPROVEN_CONTEXT,
            expected="steps of signed headers from the genesis on",
            found="none",
        )
    return trusted


def follow_on(
    start: Header | None, steps: Sequence[pb.HeaderStep], *, network: NetworkInputs
) -> Header:
    """As `follow`, from the newest trusted header: steps up to its height are passed over.

    So a path may be made before the enclave got on, and asked with again where an answer was lost.
    Nothing of the steps that are passed over is believed.

    Raises:
        Refusal: ROLLED_BACK for a path that ends below `start`, or beside it; as `follow`.
    """
    if start is not None and steps:
        check_no_fall(start, steps)
        steps = [step for step in steps if _height(step) > start.height]
    return follow(start, steps, network=network)


def check_no_fall(newest: Header, steps: Sequence[pb.HeaderStep]) -> None:
    """A path ends above the newest trusted header, or at it. Raises Refusal: ROLLED_BACK."""
    last = steps[-1].block.signed_header.header
    if last.height > newest.height:
        return
    if decode_header(last) != newest:
        raise Refusal(
            Code.ROLLED_BACK,
            expected=f"the header {newest.height} that was trusted, or one above it",
            found=f"height {last.height}" + (", another" if last.height == newest.height else ""),
        )


def _height(step: pb.HeaderStep) -> int:
    return step.block.signed_header.header.height


def _step(trusted: Header, step: pb.HeaderStep, *, chain_id: str) -> Header:
    named = decode_validator_set(step.trusted_next) if step.HasField("trusted_next") else None
    return verify_step(
        trusted, decode_light_block(step.block), chain_id=chain_id, trusted_next=named
    )
