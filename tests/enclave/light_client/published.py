"""The published cases of the light client (tests/vectors/light_client) as values of ours.

A block goes through protobuf and the product's codec, so a case that is refused for its form is
refused by the same code as a block from a host.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from google.protobuf.timestamp_pb2 import Timestamp

from enclave.light_client.codec import decode_header, decode_light_block, decode_validator_set
from enclave.light_client.tally import TrustLevel
from enclave.light_client.types import Header, LightBlock, ValidatorSet
from enclave.time import Time
from seedpact.light.v1 import light_pb2 as pb

Json = Mapping[str, Any]

FOLDER: Final = Path(__file__).parents[2] / "vectors" / "light_client"
SINGLE_STEP: Final = {path.stem: path for path in sorted(FOLDER.glob("single_step/*.json"))}
BISECTION: Final = {path.stem: path for path in sorted(FOLDER.glob("bisection/*/*.json"))}

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
RFC_3339: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z")
ABSENT: Final = 1
GO_ZERO_TIME: Final = "0001-01-01T00:00:00Z"
KINDS: Final = {
    "tendermint/PubKeyEd25519": "ed25519",
    "tendermint/PubKeySecp256k1": "secp256k1",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One block of a single-step case. Blocks are read when asked: some have no right form."""

    block: Callable[[], LightBlock]
    announced: Callable[[], ValidatorSet]
    now: Time
    verdict: str


@dataclass(frozen=True, slots=True)
class SingleStep:
    """A trace: a trusted header, and blocks judged one after the other."""

    trusted: Header
    announced: ValidatorSet
    trusting_period: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Bisection:
    """A chain as the primary tells it, the witnesses' chains, and what should come of it."""

    trusted_height: int
    trusted_hash: bytes
    trusting_period: int
    trust_level: TrustLevel
    primary: Mapping[int, Json]
    witnesses: tuple[Mapping[int, Json], ...]
    target: int
    now: Time
    goes_well: bool


def single_step(name: str) -> SingleStep:
    """A case of `single_step/`."""
    case = json.loads(SINGLE_STEP[name].read_text())
    initial = case["initial"]
    return SingleStep(
        trusted=decode_header(header(initial["signed_header"]["header"])),
        announced=decode_validator_set(
            in_todays_order(validator_set(initial["next_validator_set"]))
        ),
        trusting_period=int(initial["trusting_period"]),
        steps=tuple(_step(entry) for entry in case["input"]),
    )


def bisection(name: str) -> Bisection:
    """A case of `bisection/`."""
    case = json.loads(BISECTION[name].read_text())
    options = case["trust_options"]
    level = options["trust_level"]
    return Bisection(
        trusted_height=int(options["height"]),
        trusted_hash=bytes.fromhex(options["hash"]),
        trusting_period=int(options["period"]),
        trust_level=TrustLevel(int(level["numerator"]), int(level["denominator"])),
        primary=_chain(case["primary"]),
        witnesses=tuple(_chain(witness["value"]) for witness in case["witnesses"]),
        target=int(case["height_to_verify"]),
        now=time(case["now"]),
        goes_well=case["expected_output"] == "no error",
    )


def light_block(value: Json) -> LightBlock:
    """A block, its set as listed. Raises Refusal."""
    return decode_light_block(light_block_message(value))


def light_block_message(value: Json) -> pb.LightBlock:
    """The protobuf of a block."""
    return pb.LightBlock(
        signed_header=pb.SignedHeader(
            header=header(value["signed_header"]["header"]),
            commit=commit(value["signed_header"]["commit"]),
        ),
        validator_set=validator_set(value["validator_set"]),
    )


def header(value: Json) -> pb.Header:
    """The protobuf of a header."""
    hashes = {name: bytes.fromhex(value[name] or "") for name in value if name.endswith("_hash")}
    return pb.Header(
        version=pb.Consensus(
            block=int(value["version"]["block"]), app=int(value["version"]["app"])
        ),
        chain_id=value["chain_id"],
        height=int(value["height"]),
        time=timestamp(value["time"]),
        last_block_id=block_id(value["last_block_id"]),
        proposer_address=bytes.fromhex(value["proposer_address"]),
        **hashes,
    )


def commit(value: Json) -> pb.Commit:
    """The protobuf of a commit."""
    return pb.Commit(
        height=int(value["height"]),
        round=int(value["round"]),
        block_id=block_id(value["block_id"]),
        signatures=[
            pb.CommitSig(
                block_id_flag=signature["block_id_flag"],
                validator_address=bytes.fromhex(signature["validator_address"]),
                timestamp=timestamp(_time_of(signature)),
                signature=base64.b64decode(signature["signature"] or ""),
            )
            for signature in value["signatures"] or ()
        ],
    )


def validator_set(value: Json) -> pb.ValidatorSet:
    """The protobuf of a set, as it is listed."""
    return pb.ValidatorSet(
        validators=[
            pb.Validator(
                address=bytes.fromhex(validator["address"]),
                pub_key=pb.PublicKey(
                    **{
                        KINDS[validator["pub_key"]["type"]]: base64.b64decode(
                            validator["pub_key"]["value"]
                        )
                    }
                ),
                voting_power=int(validator["voting_power"]),
            )
            for validator in value["validators"]
        ]
    )


def in_todays_order(listed: pb.ValidatorSet) -> pb.ValidatorSet:
    """By power, then address: hashes are over that order, but `single_step/` lists in any."""
    members = sorted(listed.validators, key=lambda v: (-v.voting_power, v.address))
    return pb.ValidatorSet(validators=members)


def block_id(value: Json | None) -> pb.BlockID:
    """The protobuf of a block id; null is none."""
    if value is None:
        return pb.BlockID(part_set_header=pb.PartSetHeader())
    parts = value["part_set_header"]
    return pb.BlockID(
        hash=bytes.fromhex(value["hash"]),
        part_set_header=pb.PartSetHeader(
            total=int(parts["total"]), hash=bytes.fromhex(parts["hash"])
        ),
    )


def timestamp(text: str) -> Timestamp:
    """The protobuf of a time."""
    read = time(text)
    return Timestamp(seconds=read.seconds, nanos=read.nanos)


def time(text: str) -> Time:
    """A time by RFC 3339, in UTC."""
    matched = RFC_3339.fullmatch(text)
    assert matched, text
    since = datetime.fromisoformat(matched[1] + "+00:00") - EPOCH
    return Time(since.days * 86_400 + since.seconds, int((matched[2] or "0").ljust(9, "0")))


def _time_of(signature: Json) -> str:
    """An absent place has Go's zero time; 87 of `single_step/` say 1970, which CometBFT refuses."""
    return GO_ZERO_TIME if signature["block_id_flag"] == ABSENT else signature["timestamp"]


def _step(entry: Json) -> Step:
    message = light_block_message(entry["block"])
    message.validator_set.CopyFrom(in_todays_order(message.validator_set))
    following = in_todays_order(validator_set(entry["block"]["next_validator_set"]))
    return Step(
        block=lambda: decode_light_block(message),
        announced=lambda: decode_validator_set(following),
        now=time(entry["now"]),
        verdict=entry["verdict"],
    )


def _chain(provider: Json) -> Mapping[int, Json]:
    return {
        int(block["signed_header"]["header"]["height"]): block for block in provider["lite_blocks"]
    }
