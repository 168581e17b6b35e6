"""The judgement over a receipt: every check, and what all of it rests on.

The checks say that a receipt is in itself as it should be. Anyone could make one such of a network
of his own, so whoever relies on it names what he trusts: the network's id, which has the genesis
validators in it; or the hash of one header of the path, which needs nobody's old keys. No clock,
no network: what a receipt shows is shown for ever.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from enclave.errors import Code, Refusal
from enclave.light_client.hashes import header_hash
from node.receipts.checks import CHECKS
from node.receipts.subject import Subject


@dataclass(frozen=True, slots=True)
class Trust:
    """What the reader of a receipt trusts, from elsewhere."""

    network_id: bytes | None = None
    """32 bytes."""
    header_hash: bytes | None = None
    """32 bytes: of any header that the receipt has."""


class RestsOn(enum.StrEnum):
    """What a receipt that holds rests on."""

    NOTHING = "nothing"
    """It is consistent with itself. Anyone can make such a receipt of a network of his own."""
    NETWORK_ID = "network_id"
    """The validators of the genesis, and each set after them, signed for one chain alone."""
    HEADER = "header"
    """The validators signed for one chain alone from the trusted header on."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one check."""

    name: str
    found: str
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """Over one receipt."""

    outcomes: tuple[Outcome, ...]
    rests_on: RestsOn

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The checks that say no."""
        return tuple(one for one in self.outcomes if one.refusal is not None)


def verify(subject: Subject, trust: Trust) -> Judgement:
    """All checks of a receipt."""
    outcomes = [_outcome(name, partial(check, subject)) for name, check in CHECKS.items()]
    if trust != Trust():
        outcomes.append(_outcome("trust", partial(check_trust, subject, trust)))
    return Judgement(tuple(outcomes), _rests_on(trust))


def check_trust(subject: Subject, trust: Trust) -> str:
    """That the receipt begins where its reader trusts.

    Raises:
        Refusal: WRONG_NETWORK or UNVERIFIED_ANCHOR.
    """
    if trust.network_id is not None and trust.network_id != subject.network_id:
        raise Refusal(
            Code.WRONG_NETWORK,
            expected=f"network {trust.network_id.hex()}",
            found=subject.network_id.hex(),
        )
    if trust.header_hash is not None:
        for header in subject.headers:
            if header_hash(header) == trust.header_hash:
                return f"header {header.height}, {trust.header_hash.hex()}"
        raise Refusal(
            Code.UNVERIFIED_ANCHOR,
            expected=f"a header with the hash {trust.header_hash.hex()}",
            found=", ".join(f"{h.height}: {header_hash(h).hex()}" for h in subject.headers[-1:])
            + f" as the last of {len(subject.headers)}",
        )
    if subject.root is not None:
        raise Refusal(
            Code.UNVERIFIED_ANCHOR,
            expected="headers from the genesis on, or a header's hash that is trusted",
            found=f"headers from {subject.root.height} on",
        )
    return f"the genesis of network {subject.network_id.hex()}"


def _outcome(name: str, check: Callable[[], str]) -> Outcome:
    try:
        return Outcome(name, check())
    except Refusal as refusal:
        return Outcome(name, str(refusal), refusal)


def _rests_on(trust: Trust) -> RestsOn:
    if trust.header_hash is not None:
        return RestsOn.HEADER
    return RestsOn.NETWORK_ID if trust.network_id is not None else RestsOn.NOTHING
