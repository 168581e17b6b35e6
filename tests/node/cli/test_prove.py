"""`query registration .. --prove` against a real chain: its proofs, judged by others' verifiers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from chain_module.registration import keys
from node.cli.exit_codes import ExitCode
from seedpact.ics23.v1 import proofs_pb2
from seedpact.registration.v1 import genesis_pb2, types_pb2
from tests.differential.proof_verifiers import Claim, Verifier
from tests.support.cli import Cli
from tests.support.one_validator import OneValidator

NOBODYS: Final = "aa" * 32
JSON: Final = ("--output", "json")


@pytest.fixture(scope="module", params=["go", "javascript"])
def verifier(request: pytest.FixtureRequest) -> Iterator[Verifier]:
    found = Verifier.go() if request.param == "go" else Verifier.javascript()
    yield found
    found.close()


@pytest.fixture
def ask(chain: OneValidator, cli: Cli) -> Any:
    """`query registration` with its words; the answer's JSON."""

    def run(*words: str) -> dict[str, Any]:
        place = ("--node", chain.rpc, "--grpc", chain.grpc, "--prove", *JSON)
        found: dict[str, Any] = cli("query", "registration", *words, *place).done().json
        return found

    return run


def claim_of(chain: OneValidator, proof: Mapping[str, Any]) -> Claim:
    """What a proof of an answer says, under the app hash of the header that CometBFT shows."""
    with chain.client() as client:
        app_hash = client.block(proof["height"]).header.app_hash
    ops = proofs_pb2.ProofOps()
    for op in proof["proof_ops"]["ops"]:
        ops.ops.add(type=op["type"], key=bytes.fromhex(op["key"]), data=bytes.fromhex(op["data"]))
    return Claim.of(
        ops,
        app_hash=app_hash,
        store=proof["store"],
        key=bytes.fromhex(proof["store_key"]),
        value=bytes.fromhex(proof["store_value"]) or None,
    )


def first_node(chain: OneValidator) -> types_pb2.NodeRecord:
    """The bootstrap node's record."""
    with chain.client() as client:
        return next(client.nodes())


def test_a_node_comes_with_its_proof(chain: OneValidator, ask: Any, verifier: Verifier) -> None:
    record = first_node(chain)
    answer = ask("node", record.node_id.hex())
    assert answer["node"]["node_id"] == record.node_id.hex()
    claim = claim_of(chain, answer)
    assert (claim.store, claim.key) == (keys.STORE, keys.node(record.node_id))
    assert claim.value == record.SerializeToString(deterministic=True)
    assert verifier.accepts(claim)


def test_that_there_is_no_such_node_is_proven(
    chain: OneValidator, ask: Any, verifier: Verifier
) -> None:
    answer = ask("node", NOBODYS)
    assert answer["node"] is None
    assert answer["store_value"] == ""
    assert verifier.accepts(claim_of(chain, answer))


def test_an_older_height(chain: OneValidator, ask: Any, verifier: Verifier) -> None:
    """The first is provable too, while it is kept; the header is the one after the state."""
    with chain.client() as client:
        height = max(1, client.height() - 50)
    answer = ask("policy", "--height", str(height))
    assert answer["height"] == height + 1
    assert verifier.accepts(claim_of(chain, answer))


def test_all_records(chain: OneValidator, ask: Any, verifier: Verifier) -> None:
    """Network keys by two proofs, that of the epoch and that there is no next one; and so on."""
    network = ask("network-keys")
    keys_claim, next_claim = claim_of(chain, network), claim_of(chain, network["next_epoch"])
    assert keys_claim.value is not None
    assert (
        types_pb2.NetworkKeys.FromString(keys_claim.value).pk_io.hex()
        == (network["network_keys"]["pk_io"])
    )
    assert (next_claim.key, next_claim.value) == (keys.network(1), None)
    absent = ask("network-keys", "--epoch", "7")
    assert absent["network_keys"] is None
    params = ask("params")
    assert params["network_id"] == chain.network_id.hex()
    params_claim = claim_of(chain, params)
    assert params_claim.value is not None
    assert (
        genesis_pb2.Params.FromString(params_claim.value).register_gas
        == (params["params"]["register_gas"])
    )
    policy = ask("policy")
    assert policy["policy"]["serial"] == 1
    nonce = ask("freshness", NOBODYS)
    assert nonce["freshness"] is None
    for claim in (
        keys_claim,
        next_claim,
        claim_of(chain, absent),
        params_claim,
        claim_of(chain, params["identity_proof"]),
        claim_of(chain, policy),
        claim_of(chain, nonce),
    ):
        assert verifier.accepts(claim)


def test_for_people(chain: OneValidator, cli: Cli) -> None:
    place = ("--node", chain.rpc, "--grpc", chain.grpc, "--prove")
    node_id = first_node(chain).node_id.hex()
    shown = cli("query", "registration", "node", node_id, *place).done().stdout
    assert "by header" in shown
    absent = cli("query", "registration", "node", NOBODYS, *place).done().stdout
    assert "no such node" in absent
    assert "that there is none" in absent


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (("node", NOBODYS, "--height", "5"), "wrong_usage", ExitCode.USAGE),
        (("policy", "--prove", "--height", "999999999"), "no_such_state", None),
        (("policy", "--prove", "--height", "0"), "wrong_usage", ExitCode.USAGE),
    ],
)
def test_what_cannot_be_proven(
    chain: OneValidator, cli: Cli, words: tuple[str, ...], code: str, exit_code: ExitCode | None
) -> None:
    place = ("--node", chain.rpc, "--grpc", chain.grpc)
    answer = cli("query", "registration", *words, *place)
    if exit_code is None:
        answer.failed(code)
    else:
        answer.failed(code, exit_code)
