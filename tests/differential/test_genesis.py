"""Genesis files against CometBFT's own reading: what the engine refuses, ours refuses first.

Go's program does what the engine does with its genesis before the first block. A file that ours
takes and the engine does not would be final, with a seed that no chain ever uses. Ours may be
stricter: STRICTER says where, and how often.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import pytest

from chain_module.genesis_document import parse_genesis_document
from chain_module.genesis_form import BadGenesis
from enclave.errors import Code
from node.cli.remedies import remedies
from tests.differential.genesis_cases import CONTROL, FOLDER, Case, table
from tests.differential.go_oracle import oracle

STRICTER: Final = {
    "app_hash": "app_state is the state: there is no hash of another",
    "app_state": "an object, with this protocol's part",
    "chain_id": "one that can be printed",
    "consensus_params": "nothing is left to the engine's defaults",
    "genesis_time": "after the Unix epoch, before the year 2554",
    "initial_height": "as text, from 1, with room above",
    "validators": "Ed25519 alone, an address in capitals or none",
}
"""By the first step of the path: why ours refuses more."""
FILES: Final = sorted(path.name for path in FOLDER.glob("*.json") if path != CONTROL)


def engines(files: Sequence[bytes], what: str = "genesis") -> list[str]:
    """Why the engine refuses each file or value; "" where it takes it."""
    result = subprocess.run(
        [oracle("genesis"), what],
        input="".join(data.hex() + "\n" for data in files),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    said = [json.loads(line) for line in result.stdout.splitlines()]
    return [f"{one['step']}: {one['error']}" if one["step"] else "" for one in said]


def ours(data: bytes) -> BadGenesis | None:
    try:
        parse_genesis_document(data)
    except BadGenesis as bad:
        return bad
    return None


def names_the_field(bad: BadGenesis, case: Case) -> bool:
    """Whether the refusal says which field it is, or what belongs into it."""
    if bad.where == "genesis" and isinstance(case.value, int | float):
        return str(case.value)[:24] in bad.found  # no JSON of ours has such a number anywhere
    if bad.code == Code.WRONG_ROOT:
        return case.path == ("chain_id",)  # of software mode: the root is that of another name
    wanted = str(case.path[0])
    said = f"{bad.where} {bad.expected}"
    return wanted in said or wanted.replace("_", " ") in said


def test_what_the_engine_refuses_ours_refuses_and_names(
    record_property: Callable[[str, object], None],
) -> None:
    cases = list(table())
    met, stricter = Counter[str](), Counter[str]()
    for case, said in zip(cases, engines([case.data for case in cases]), strict=True):
        bad = ours(case.data)
        assert bad is not None or not said, (case.name, said)
        if bad is not None:
            assert names_the_field(bad, case), (case.name, str(bad))
            assert bad.code in remedies(), bad.code
            assert bad.found or bad.code != "bad_genesis", case.name
        met["both refuse" if said else "ours alone" if bad else "both take"] += 1
        if bad is not None and not said:
            stricter[str(case.path[0])] += 1
    assert set(stricter) == set(STRICTER), stricter
    assert all(count > 20 for count in met.values()), met
    record_property("count", f"genesis and Go's: {dict(met)}, stricter {dict(stricter)}")


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_the_engine_died_of_is_refused(name: str) -> None:
    bad = ours((FOLDER / name).read_bytes())
    assert bad is not None
    assert bad.where.startswith(("consensus_params.", "validators[0].power")), bad


def test_the_control_file_is_one_that_both_take() -> None:
    assert engines([CONTROL.read_bytes()]) == [""]
    assert ours(CONTROL.read_bytes()) is None
