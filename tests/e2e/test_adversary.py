"""Attacks on a real network: one of four validators lies, and the host looks for secrets.

The liar's process is the product's node with a dishonest PrepareProposal (tests.adversary); the
others are the product. One run for all: the liar takes the next lie at each of its turns.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from chain_module.app.modules import KINDS
from chain_module.registration.confirm_tx import MsgConfirmNode, encode_confirm, is_confirm
from chain_module.registration.messages import MsgRegisterNode
from chain_module.tx.codec import decode_tx
from enclave.attestation.collateral import Collateral
from enclave.attestation.quote import parse_quote
from enclave.attestation.verifier import verify_quote
from enclave.crypto.labels import Mode
from enclave.crypto.seed_envelope import node_id
from enclave.registration.network import NetworkInputs, network_id
from enclave.registration.records import verdict_of
from node.chain_client import tx_hash
from node.config.engine_keys import read_engine_keys
from node.join.genesis import read_genesis
from node.localnet.building import genesis_of
from tests.adversary.lies import LIES
from tests.second_opinion import agreement as second
from tests.support.attacked import HONEST, LIAR, OVERHEARD, VALIDATORS, Story, lies_told, lines_of
from tests.support.localnets import net
from tests.support.secrets import KEY_FILE, forms, secrets_of

DIFFERS, EXTRA, MISSING, REFUSED = (
    f"proposal_{name}"
    for name in ("confirm_differs", "confirms_extra", "confirms_missing", "tx_refused")
)
CODES: Final = {
    "omit_confirm": MISSING,
    "omit_all_confirms": MISSING,
    "confirm_twice": EXTRA,
    "confirm_without_register": EXTRA,
    "confirm_of_absent_register": EXTRA,
    "wrong_envelope": DIFFERS,
    "wrong_status": DIFFERS,
    "wrong_machine": DIFFERS,
    "wrong_operator": DIFFERS,
    "confirm_first": REFUSED,
    "user_tx_last": REFUSED,
    "other_encoding": REFUSED,
    "broken_user_tx": REFUSED,
}
"""For what each lie is refused."""


@pytest.fixture(scope="module")
def story(engine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with net() as network:
        made = Story(network, tmp_path_factory.mktemp("newcomer"))
        made.run(engine)
        yield made


def test_15_every_lie_is_told_and_refused_by_every_honest_validator(story: Story) -> None:
    liar = read_engine_keys(story.network.home(LIAR)).validator_address.lower()
    told = lies_told(story.network)
    assert set(told) == set(LIES) == set(CODES)
    for name in HONEST:
        refused = [
            (line.fields["height"], line.fields["code"])
            for line in lines_of(story.network, name)
            if line.event == "proposal_refused" and line.fields["proposer"] == liar
        ]
        for lie, height in told.items():
            assert (height, CODES[lie]) in refused, (name, lie, refused)


def test_15_nobody_refuses_an_honest_proposer(story: Story) -> None:
    liar = read_engine_keys(story.network.home(LIAR)).validator_address.lower()
    for name in (*HONEST, LIAR):
        for line in lines_of(story.network, name):
            if line.event == "proposal_refused":
                assert line.fields["proposer"] == liar, (name, line)


def test_15_the_chain_goes_on_and_every_register_lands(story: Story) -> None:
    assert len(story.sent) >= len(LIES) - 1
    names = {tx_hash(raw) for txs in story.blocks.values() for raw in txs}
    assert set(story.sent) <= names
    assert story.states >= max(lies_told(story.network).values())


def test_15_every_confirm_on_the_chain_is_what_an_honest_enclave_makes(story: Story) -> None:
    """All of its bytes, by another program: from the seed, the register and the header's time."""
    enclave = story.network.home("validator0").enclave
    seed = secrets_of(enclave)["seed"]
    data = genesis_of(story.network.home("validator0"))
    inputs = read_genesis(data, where="the genesis").inputs
    confirms = 0
    for height, txs in story.blocks.items():
        made = [
            confirm_of(raw, inputs, seed=seed, gate_time=story.times[height - 1])
            for raw in txs
            if not is_confirm(raw) and registers_in(raw)
        ]
        assert made == [raw for raw in txs if is_confirm(raw)], height
        assert made == list(txs[len(txs) - len(made) :])
        confirms += len(made)
    # Three validators, the localnet's own newcomer, and those that were sent here.
    assert confirms == VALIDATORS + len(story.sent)


def test_35_the_host_finds_no_secret_in_any_file_log_or_frame(story: Story) -> None:
    """Five homes after a whole run, chain data included; not the key file of software mode."""
    root = story.network.folder.path
    homes = sorted(root.glob("*/enclave"))
    assert len(homes) == VALIDATORS + 1
    found = {secret: name for home in homes for name, secret in secrets_of(home).items()}
    assert len(found) >= 4 + 4 * len(homes) - 2
    files = [path for path in root.rglob("*") if path.is_file() and path.name != KEY_FILE]
    names = {path.name for path in files}
    assert {"state.sealed", "node.log", "enclave.log", "cometbft.log", "abci-calls.jsonl"} <= names
    places = {str(path.relative_to(root)): path.read_bytes() for path in files}
    for name in OVERHEARD:
        streams = story.frames[name]
        assert sum(map(len, streams)) > 100_000, name
        places |= {f"frames of {name}, {n}": stream for n, stream in enumerate(streams)}
    for secret, name in found.items():
        for form in set(forms(secret)):
            assert [place for place, content in places.items() if form in content] == [], name


def test_35_the_frames_are_those_of_the_join(story: Story) -> None:
    """The relay does hear: quote and envelope of the newcomer are public, and are in its frames."""
    registers = [raw for txs in story.blocks.values() for raw in txs if not is_confirm(raw)]
    heard = b"".join(b"".join(streams) for streams in story.frames.values())
    keys = [one.exchange_key for raw in registers for one in registers_in(raw)]
    assert any(key in heard for key in keys)


def registers_in(raw: bytes) -> list[MsgRegisterNode]:
    """Of a transaction."""
    tx = decode_tx(raw, KINDS)
    messages = (outline.read() for outline in tx.outlines)
    return [message for message in messages if isinstance(message, MsgRegisterNode)]


def confirm_of(raw: bytes, inputs: NetworkInputs, *, seed: bytes, gate_time: int) -> bytes:
    """The only confirm that a register may have."""
    (register,) = registers_in(raw)
    quote, floor = parse_quote(register.quote), inputs.floor
    report = verify_quote(
        quote,
        Collateral.parse(register.collateral),
        root_der=floor.attestation_root,
        now=gate_time // 10**9,
    )
    envelope = second.seal_envelope(
        Mode.SOFTWARE.value,
        network_id(inputs),
        register.epoch,
        seed=seed,
        exchange_key=register.exchange_key,
        kem_ciphertext=register.kem_ciphertext,
        report_data=quote.report_data,
    )
    return encode_confirm(
        MsgConfirmNode(
            node_id=node_id(Mode.SOFTWARE, register.exchange_key),
            operator=register.operator,
            exchange_key=register.exchange_key,
            epoch=register.epoch,
            envelope=envelope,
            register_tx_hash=bytes.fromhex(tx_hash(raw)),
            verdict=verdict_of(report),
        )
    )
