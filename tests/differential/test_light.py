"""The light client against CometBFT's own: random chains and faults get one verdict from both.

Go's program makes validator sets, headers and commits with `types`, does to them what its faults
say, and asks `light.Verify` twice: as a client would, and at 2/3 without a clock, as an enclave
does. Ours answer the same bytes. Go's verdict is that of all its client does: reading,
ValidateBasic and the verifier. One class of commits has another verdict, BAD_SIGNATURE_OF_FEW;
what Go says of such a commit without its bad votes is then what ours has to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

import pytest

from enclave.errors import Code, Refusal
from enclave.light_client.codec import decode_light_block, decode_validator_set
from enclave.light_client.enclave_rule import verify_step
from enclave.light_client.hashes import commit_hash, header_hash, validators_hash
from enclave.light_client.sign_bytes import SignBytes
from enclave.light_client.tally import TrustLevel
from enclave.light_client.types import BlockIdFlag, LightBlock, ValidatorSet
from enclave.wire import strict_decode
from node.light_client.verifier import Options, verify
from seedpact.light.v1 import light_pb2
from tests.differential.light_oracle import Case, Verdict, light_cases, light_hashes

SEED: Final = 5
CASES: Final = 4_000
MAX_BYTES: Final = 1 << 20

BAD_SIGNATURE_OF_FEW: Final = "refused by Go for a bad signature, though the others pass"
"""The class: ours does not count such a vote, and it fails nothing (tally.py says why)."""

MALFORMED: Final = (Code.MALFORMED_LIGHT_BLOCK,)
CODES: Final = {
    "expired": (Code.TRUSTED_HEADER_EXPIRED,),
    "chain_id": (Code.WRONG_CHAIN,),
    "block_protocol": (Code.WRONG_BLOCK_PROTOCOL,),
    "commit_height": (Code.COMMIT_MISMATCH,),
    "commit_block": (Code.COMMIT_MISMATCH,),
    "height": (Code.HEIGHT_NOT_FORWARD,),
    "time": (Code.TIME_NOT_FORWARD,),
    "future": (Code.HEADER_FROM_FUTURE,),
    "validators_hash": (Code.VALIDATORS_MISMATCH,),
    "next_validators_hash": (Code.VALIDATORS_MISMATCH,),
    "trusted_next": (Code.UNTRUSTED_VALIDATORS,),
    "double_vote": (Code.DOUBLE_VOTE,),
    "trust": (Code.NOT_ENOUGH_TRUST,),
    "set_size": (Code.COMMIT_MISMATCH,),
    "address": (Code.COMMIT_MISMATCH,),
    "power": (Code.NOT_ENOUGH_POWER,),
    "wire": (Code.MALFORMED_REQUEST,),
    "missing": MALFORMED,
    "chain_id_length": MALFORMED,
    "header_height": MALFORMED,
    "hash_length": MALFORMED,
    "proposer_length": MALFORMED,
    "round": MALFORMED,
    "no_block": MALFORMED,
    "no_votes": MALFORMED,
    "flag": MALFORMED,
    "absent_vote": MALFORMED,
    "address_length": MALFORMED,
    "signature_length": MALFORMED,
    "set_empty": MALFORMED,
    "key": MALFORMED,
    "power_range": MALFORMED,
    "validator_address": MALFORMED,
}
"""What ours says where Go's rule of that name refuses."""
EARLIER: Final = {
    "commit_height_zero": Code.MALFORMED_LIGHT_BLOCK,
    "set_twice": Code.MALFORMED_LIGHT_BLOCK,
    "validators_hash_empty": Code.COMMIT_MISMATCH,
}
"""Faults that meet another rule of ours before that one."""


def block_of(written: bytes) -> LightBlock:
    return decode_light_block(strict_decode(light_pb2.LightBlock, written, max_bytes=MAX_BYTES))


def set_of(written: bytes) -> ValidatorSet:
    message = strict_decode(light_pb2.ValidatorSet, written, max_bytes=MAX_BYTES)
    return decode_validator_set(message)


def ours(case: Case, rule: Callable[[Case, LightBlock, LightBlock], object]) -> Code | None:
    """Why ours refuses; None where it accepts."""
    try:
        rule(case, block_of(case.trusted), block_of(case.block))
    except Refusal as refusal:
        return refusal.code
    return None


def announced(case: Case, trusted: LightBlock, block: LightBlock) -> ValidatorSet | None:
    """A step in sequence needs no set besides the block's own."""
    adjacent = block.header.height == trusted.header.height + 1
    return None if adjacent else set_of(case.trusted_next)


def as_client(case: Case, trusted: LightBlock, block: LightBlock) -> None:
    options = Options(case.period_ns, case.drift_ns, TrustLevel(*case.level))
    verify(
        trusted.header,
        block,
        trusted_next=announced(case, trusted, block),
        options=options,
        now=case.now,
    )


def as_enclave(case: Case, trusted: LightBlock, block: LightBlock) -> None:
    verify_step(
        trusted.header,
        block,
        chain_id=trusted.header.chain_id,
        trusted_next=announced(case, trusted, block),
    )


def agrees(case: Case, found: Code | None, said: Verdict) -> bool:
    """The same verdict; and for a fault alone, the same reason."""
    if len(case.faults) != 1 or found is None or not said.expected:
        return (found is None) == (not said.expected)
    return found in CODES[said.expected] or found is EARLIER.get(case.faults[0])


def outcome(found: Code | None, said: Verdict) -> str:
    if found is not None:
        return "refused by both"
    return "accepted by both" if not said.kind else BAD_SIGNATURE_OF_FEW


def test_random_chains_and_faults_get_one_verdict_from_both(
    record_property: Callable[[str, object], None],
) -> None:
    met, reasons, faults = Counter[str](), Counter[str](), Counter[str]()
    for case in light_cases(seed=SEED, count=CASES):
        faults.update(case.faults)
        for rule, said in ((as_client, case.client), (as_enclave, case.enclave)):
            found = ours(case, rule)
            assert agrees(case, found, said), (case.faults, rule.__name__, said, found)
            met[outcome(found, said)] += 1
            reasons[said.kind] += 1
    assert set(met) == {"accepted by both", "refused by both", BAD_SIGNATURE_OF_FEW}
    assert all(count > 20 for count in met.values()), met
    assert set(reasons) == {*CODES, "signature", ""}, set(CODES) ^ set(reasons)
    assert len(faults) > 90
    assert min(faults.values()) >= CASES // (2 * len(faults)), faults
    record_property("count", f"light client and Go's: {dict(met)}, by rule {dict(reasons)}")


def test_hashes_and_sign_bytes_are_gos() -> None:
    cases = list(light_cases(seed=SEED + 1, count=300, faults=["none", "round_large"]))
    said = light_hashes([case.block for case in cases])
    kinds: set[object] = set()
    for case, expected in zip(cases, said, strict=True):
        block = block_of(case.block)
        assert header_hash(block.header) == expected.header
        assert validators_hash(block.validators) == expected.validators
        assert commit_hash(block.commit) == expected.commit
        for vote, signed in zip(block.commit.signatures, expected.sign_bytes, strict=True):
            if vote.flag is not BlockIdFlag.ABSENT:
                found = SignBytes(block.commit, chain_id=block.header.chain_id).of(vote)
                assert found == signed
            kinds.add(vote.flag)
        kinds.update(validator.key.kind for validator in block.validators.validators)
    assert len(kinds) == len(BlockIdFlag) + 2


def test_of_a_flipped_bit_ours_lets_nothing_by_that_go_refuses(
    record_property: Callable[[str, object], None],
) -> None:
    """But for what nobody hashes. Ours is the stricter one about encodings."""
    met = Counter[str]()
    for case in light_cases(seed=SEED, count=600, faults=["bit_flipped"]):
        found, said = ours(case, as_enclave), case.enclave
        if (found is None) == (not said.expected):
            met["the same verdict"] += 1
        elif found is None:
            assert said.kind == "proposer", (said, case.block.hex())
            met["a proposer that ours does not look at"] += 1
        else:
            assert found is Code.MALFORMED_REQUEST, (found, case.block.hex())
            met["an encoding that ours does not take"] += 1
    assert len(met) == 3
    record_property("count", f"light blocks with a flipped bit: {dict(met)}")


POWERLESS: Final = (Code.NOT_ENOUGH_POWER, Code.NOT_ENOUGH_TRUST)
STRANGE: Final[dict[str, tuple[str, tuple[Code | None, ...]]]] = {
    # CometBFT makes no such set, but would take one.
    "set_twice_named": ("", MALFORMED),
    # Room for key types that are unknown here; Go does not look behind the vote that is enough.
    "signature_of_65_bytes": ("", MALFORMED),
    # Encodings of points that libsodium refuses, and no honest signer makes: not counted.
    "signatures_of_zip_215": ("", POWERLESS),
    # Who proposes is neither hashed nor signed: ours does not look.
    "no_proposer": ("proposer", (None, Code.NOT_ENOUGH_TRUST)),
    "proposer_of_another_set": ("proposer", (None, Code.NOT_ENOUGH_TRUST)),
}
"""Forms that no CometBFT makes: what Go says, and what ours says to the same."""


@pytest.mark.parametrize("name", STRANGE)
def test_forms_that_no_cometbft_makes_and_how_the_two_differ(name: str) -> None:
    go, codes = STRANGE[name]
    found = [
        ours(case, as_enclave)
        for case in light_cases(seed=SEED, count=60, faults=[name])
        if case.enclave.kind == go
    ]
    assert found.count(codes[0]) > 10
    assert set(found) <= set(codes)
