"""Which way a change of policy goes, field by field (protocol.md section 5).

A policy is narrower than another if whatever it lets in, the other lets in: what narrows takes
effect at once, what widens waits until enclaves can prove it. So a change that does both is no
change that can be made in one step. Approvals of upgrade keys are compared whole: one that is
changed is one removed and one added.
"""

from __future__ import annotations

import enum
from collections.abc import Collection

from enclave.attestation.policy import Policy, runs
from enclave.attestation.types import Measurement


class Change(enum.Enum):
    """What a new policy does to the old one."""

    NONE = "none"
    NARROWS = "narrows"
    WIDENS = "widens"
    MIXED = "mixed"


def change_of(old: Policy, new: Policy) -> Change:
    """How `new` stands to `old`; serials do not count."""
    narrows = not covers(new, old)
    widens = not covers(old, new)
    if narrows and widens:
        return Change.MIXED
    if narrows:
        return Change.NARROWS
    return Change.WIDENS if widens else Change.NONE


def covers(wide: Policy, narrow: Policy) -> bool:
    """Whether every rule of `wide` lets in all that the same rule of `narrow` lets in."""
    return (
        wide.frozen <= narrow.frozen
        and _lists(wide.measurements, narrow.measurements)
        and set(wide.tcb_statuses) >= set(narrow.tcb_statuses)
        and set(wide.advisories) >= set(narrow.advisories)
        and wide.minimum_evaluation_number <= narrow.minimum_evaluation_number
        and set(wide.denied_fmspcs) <= set(narrow.denied_fmspcs)
        and wide.max_quote_age_blocks >= narrow.max_quote_age_blocks
        and wide.require_machine_list <= narrow.require_machine_list
        and wide.one_node_per_machine <= narrow.one_node_per_machine
        and wide.allow_dynamic_platform >= narrow.allow_dynamic_platform
        and wide.allow_cached_keys >= narrow.allow_cached_keys
        and wide.allow_smt >= narrow.allow_smt
        and set(wide.upgrades) >= set(narrow.upgrades)
    )


def _lists(wide: Collection[Measurement], narrow: Collection[Measurement]) -> bool:
    """Each entry of `narrow` is listed in `wide`, or is a later isv_svn of one that is."""
    return all(any(runs(entry, listed) for listed in wide) for entry in narrow)
