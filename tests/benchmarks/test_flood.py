"""What figures of a flood are made of, and what strangers send; networks run in bench alone."""

from __future__ import annotations

import json
from typing import Final

import coincurve
import pytest
from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import AuthInfo, SignDoc, SignerInfo, TxRaw

from benchmarks.flood import AIM, BOUND, Measured, figures_of
from benchmarks.flooding.generator import Delivered, shown, since
from benchmarks.flooding.plan import BLANK_NONCE, HEX_NONCE, Kind, Lane, Source, encoded
from benchmarks.flooding.registers import MACHINE, Gate, source_at, spoiled
from benchmarks.flooding.scenarios import SCENARIOS
from benchmarks.flooding.transactions import (
    GARBAGE_BYTES,
    accepted_multi_send,
    accepted_send,
    garbage,
    refused_by_signature,
    refused_without_account,
)
from benchmarks.flooding.watching import Blocks, Decided, Span, Waiting, around
from benchmarks.registrations import own_code
from chain_module.abci import common
from chain_module.errors import Reasons, SdkReason
from chain_module.limits import MAX_MULTI_SEND_BYTES, MAX_OUTPUTS, MAX_TX_BYTES
from chain_module.registration.errors import RegistrationReason
from chain_module.registration.messages import REGISTER_NODE
from node.genesis.defaults import MAX_BLOCK_GAS
from seedpact.registration.v1 import tx_pb2
from tests.support.chain import Chain
from tests.support.enclaves import CHAIN_ID, Node, policy
from tests.support.wallets import Account

# A block a second, decided at 101 for height 1 and so on; the sixth came late, in round 1.
DECIDED: Final = [Decided(height, 100.0 + height, 0) for height in range(1, 6)]
DECIDED.append(Decided(6, 109.0, 1))


def test_an_interval_that_began_before_a_span_counts_whole() -> None:
    blocks = around(DECIDED, Span(102.5, 105.5), now=200.0)
    assert [one.height for one in blocks.decided] == [2, 3, 4, 5, 6]
    assert blocks.intervals == (1.0, 1.0, 1.0, 4.0)
    assert (blocks.mean, blocks.longest, blocks.late_rounds) == (1.75, 4.0, 1)
    assert not blocks.halted


def test_a_block_before_the_span_has_no_round_in_it() -> None:
    assert around(DECIDED, Span(109.5, 110.0), now=120.0).late_rounds == 0


def test_a_chain_that_halted_waits_until_nobody_did() -> None:
    blocks = around(DECIDED, Span(109.5, 110.0), now=120.0)
    assert (blocks.intervals, blocks.halted) == ((11.0,), True)


def test_counts_are_of_the_load_alone() -> None:
    before = {"rpc": Delivered(10, 1_000, {"ok": 9, "sdk/4": 1})}
    after = {"rpc": Delivered(30, 3_000, {"ok": 9, "sdk/4": 21}), "peers": Delivered(1, 5, {})}
    assert since(before, after) == {
        "rpc": Delivered(20, 2_000, {"sdk/4": 20}),
        "peers": Delivered(1, 5, {}),
    }


def test_a_load_is_compared_with_the_quiet_of_its_network() -> None:
    found = Measured(
        quiet=Blocks(tuple(DECIDED[:5])),
        loaded=Blocks(tuple(DECIDED)),
        seconds=10.0,
        delivered={"peers": Delivered(100, 20_000_000, {}), "rpc": Delivered(20, 0, {})},
        waiting=Waiting([1, 3], [100, 300]),
        generator_cpu=1.0,
        validators_cpu=2.0,
    )
    values = {one.name.rpartition(": ")[2]: one for one in figures_of("a1", found)}
    ratio = values[f"over quiet (aim {AIM})"]
    assert ratio.value == pytest.approx(1.6)
    assert ratio.at_most == BOUND
    assert values["the longest"].value == pytest.approx(4_000)
    assert values["blocks after round 0"].value == 1
    assert (values["sent"].value, values["sent, bytes"].value) == (12.0, 2.0)
    assert values["waiting, mean"].value == 2


def test_lanes_share_a_source() -> None:
    one, other = garbage(), garbage()
    lanes = [Lane("a", Kind.PEER, "x", sources=(one, other)), Lane("b", Kind.RPC, "y", "m", (one,))]
    plan = json.loads(encoded("chain", lanes))
    assert [lane["sources"] for lane in plan["lanes"]] == [[0, 1], [0]]
    assert len(plan["sources"]) == 2
    assert "\n" not in encoded("chain", lanes)


def test_each_scenario_says_what_it_is() -> None:
    assert len({scenario.title for scenario in SCENARIOS.values()}) == len(SCENARIOS)
    assert {f"e-{gate}" for gate in Gate} < set(SCENARIOS)


def test_a_multi_send_is_as_large_as_may_be() -> None:
    """That of nobody all but fills a transaction; the others have all outputs that there may be."""
    assert 0.85 * MAX_TX_BYTES < len(_raw(refused_without_account())) < MAX_TX_BYTES
    account = Account("alice")
    for source in (refused_by_signature(account), accepted_multi_send(account)):
        raw = _raw(source)
        assert 60 * MAX_OUTPUTS < len(raw) < MAX_MULTI_SEND_BYTES
        fee = AuthInfo.FromString(TxRaw.FromString(raw).auth_info_bytes).fee
        assert fee.gas_limit < MAX_BLOCK_GAS
    assert account.sequence == 0


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return Chain(
        tmp_path_factory.mktemp("flood"),
        nodes=1,
        founder=Node("node0", code=own_code()),
        policy_=policy(measurements=(own_code(),), one_node_per_machine=True),
        max_gas=MAX_BLOCK_GAS,
    )


def test_strangers_are_refused_as_they_should_be(chain: Chain) -> None:
    alice = chain.people["alice"]
    nobody = refused_without_account()
    _expect(chain, _raw(nobody), SdkReason.TX_TOO_LARGE)
    _expect(chain, _raw(refused_without_account(MAX_OUTPUTS)), SdkReason.UNKNOWN_ADDRESS)
    _expect(chain, _raw(refused_by_signature(alice)), SdkReason.UNAUTHORIZED)
    _expect(chain, garbage().body, SdkReason.TX_PARSE_ERROR)
    assert len(garbage().body) == GARBAGE_BYTES


def test_paying_strangers_are_taken_one_after_the_other(chain: Chain) -> None:
    dave = chain.people["dave"]
    for make in (accepted_multi_send, accepted_send):
        source = make(dave)
        assert source.ordered
        assert chain.check_only(_raw(source)).code == common.OK
        dave.sequence += 1


REFUSALS: Final = {
    Gate.FORM: RegistrationReason.BAD_TLS_KEY,
    Gate.STATE: RegistrationReason.UNKNOWN_ANCHOR,
    Gate.QUOTE: RegistrationReason.QUOTE_SIGNATURE_INVALID,
    Gate.BINDING: RegistrationReason.REPORT_DATA_MISMATCH,
    Gate.POLICY: RegistrationReason.MEASUREMENT_NOT_ALLOWED,
    Gate.MACHINE: RegistrationReason.MACHINE_IN_USE,
}


class _OfChain:
    """Newcomers of a chain in memory."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    def message(
        self, operator: Account, newcomer: Node, *, bound_to: Account | None = None
    ) -> tx_pb2.MsgRegisterNode:
        _, message = self._chain.register_message(newcomer, bound_to or operator)
        message.operator = operator.text
        return message


def test_each_gate_refuses_its_register_and_no_gate_before_it(chain: Chain) -> None:
    landlord, stranger = chain.people["bob"], chain.people["carol"]
    chain.blocks(3)
    newcomers = _OfChain(chain)
    first = newcomers.message(landlord, Node(MACHINE, code=own_code()))
    assert chain.send(chain.sign(landlord, (REGISTER_NODE, first))).code == common.OK
    chain.block()
    for gate, reason in REFUSALS.items():
        source = source_at(stranger, spoiled(gate, newcomers, stranger, landlord))
        _expect(chain, _raw(source), reason)
        assert source.body[source.nonce_at :][:BLANK_NONCE].isspace()
    assert set(REFUSALS) == set(Gate)


@pytest.mark.long
def test_the_generator_makes_the_same_transactions(chain: Chain) -> None:
    """Another nonce each time; all else, and whether it is refused, as above."""
    erin = chain.people["erin"]
    sources = (accepted_send(erin), refused_by_signature(erin), garbage())
    sent, refused, other = shown(CHAIN_ID, [Lane("a", Kind.PEER, "x", sources=sources)])
    _expect(chain, refused, SdkReason.UNAUTHORIZED)
    assert chain.check_only(sent).code == common.OK
    assert len(other) == GARBAGE_BYTES
    for raw, source in ((sent, sources[0]), (refused, sources[1])):
        body = TxRaw.FromString(raw).body_bytes
        after = source.nonce_at + HEX_NONCE
        assert (body[: source.nonce_at], body[after:]) == (
            source.body[: source.nonce_at],
            source.body[after:],
        )
        assert body != source.body
    decoded = TxRaw.FromString(sent)
    assert list(decoded.signatures) == [_signature(decoded, sources[0])]


def _expect(chain: Chain, raw: bytes, reason: Reasons) -> None:
    found = chain.check_only(raw)
    assert (found.codespace, found.code) == (reason.reason.codespace, reason.reason.code), found.log


def _raw(source: Source) -> bytes:
    """What the generator makes of it, but for the nonce."""
    signer = SignerInfo.FromString(source.signer)
    signer.sequence = source.sequence
    auth = AuthInfo.FromString(source.fee)
    auth.signer_infos.append(signer)
    raw = TxRaw(body_bytes=source.body, auth_info_bytes=auth.SerializeToString(deterministic=True))
    raw.signatures.append(_signature(raw, source))
    encoded: bytes = raw.SerializeToString(deterministic=True)
    return encoded


def _signature(raw: TxRaw, source: Source) -> bytes:
    if not source.key:
        return bytes(64)
    document = SignDoc(
        body_bytes=raw.body_bytes,
        auth_info_bytes=raw.auth_info_bytes,
        chain_id=CHAIN_ID,
        account_number=source.number,
    )
    key = coincurve.PrivateKey(source.key)
    return key.sign_recoverable(document.SerializeToString(deterministic=True))[:64]
