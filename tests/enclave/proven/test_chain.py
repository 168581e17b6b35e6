"""What is proven under a header: every entry by itself, and that nothing newer is hidden."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from enclave.errors import Code, Refusal
from enclave.proven.chain import MAX_ANCHORS, MAX_EPOCHS, MAX_MACHINES, ProvenChain, prove
from enclave.registration import keys
from enclave.time import Time
from seedpact.enclave.v1 import chain_pb2 as pb
from seedpact.registration.v1 import types_pb2
from tests.support.enclaves import Node
from tests.support.refusals import refused
from tests.support.world import Ledger, network

PLATFORM = bytes([7]) * 32
UNLISTED = bytes([8]) * 32
ANCHORS = (5, 6)


@pytest.fixture
def scene() -> tuple[Ledger, Node]:
    ledger, (founder,) = network("founder")
    ledger.machines = [PLATFORM]
    return ledger, founder


def shown(ledger: Ledger, founder: Node) -> pb.ChainProof:
    """Everything that can be shown."""
    ledger.make_fresh(founder)
    return ledger.proof(founder, anchors=ANCHORS)


def read(ledger: Ledger, founder: Node, chain: pb.ChainProof) -> ProvenChain:
    header = ledger.headers.header(ledger.height - 1)
    return prove(chain, header=header, node_id=founder.info().node_id)


def test_what_is_proven_is_what_the_chain_decided(scene: tuple[Ledger, Node]) -> None:
    ledger, founder = scene
    chain = read(ledger, founder, shown(ledger, founder))
    assert (chain.height, chain.epoch) == (ledger.height, 0)
    assert chain.gate_time == ledger.time(ledger.height - 1)
    assert chain.policy == ledger.policy
    assert chain.own_record() == ledger.records[founder.info().node_id]
    assert chain.freshness == ledger.freshness[founder.info().node_id]
    assert sorted(chain.anchors) == list(ANCHORS)
    assert chain.machines == {PLATFORM}
    context = chain.context(ledger.network_id)
    assert (context.height, context.policy) == (chain.height, ledger.policy)


def entries(chain: pb.ChainProof) -> dict[str, pb.ProvenEntry]:
    """Every entry by its name."""
    return {
        "policy": chain.policy,
        "network_keys": chain.network_keys[0],
        "next_epoch": chain.next_epoch,
        "own_record": chain.own_record,
        "freshness": chain.freshness,
        "anchors": chain.anchors[0].entry,
        "machines": chain.machines[0].entry,
    }


NAMES = (
    "policy",
    "network_keys",
    "next_epoch",
    "own_record",
    "freshness",
    "anchors",
    "machines",
)


def test_the_lies_below_know_every_entry(scene: tuple[Ledger, Node]) -> None:
    """A field that is new in the message has to be lied about here as well."""
    assert sorted(entries(shown(*scene))) == sorted(NAMES)
    fields = {field.name for field in pb.ChainProof.DESCRIPTOR.fields}
    assert fields == {*NAMES, "root", "steps"}


def _flip(entry: pb.ProvenEntry) -> None:
    entry.value = bytes([(entry.value or b"\0")[0] ^ 1]) + entry.value[1:]


def _absent(entry: pb.ProvenEntry) -> None:
    entry.value = b"" if entry.value else b"\x08\x01"


def _unproven(entry: pb.ProvenEntry) -> None:
    entry.ClearField("proof")


def _half_proven(entry: pb.ProvenEntry) -> None:
    del entry.proof.ops[1]


def _other_store(entry: pb.ProvenEntry) -> None:
    entry.proof.ops[1].key = b"bank"


def _other_key(entry: pb.ProvenEntry) -> None:
    entry.proof.ops[0].key = keys.POLICY if entry.proof.ops[0].key != keys.POLICY else b"params"


@pytest.mark.parametrize("lie", [_flip, _absent, _unproven, _half_proven, _other_store, _other_key])
@pytest.mark.parametrize("name", NAMES)
def test_a_forged_entry_is_refused(
    scene: tuple[Ledger, Node], name: str, lie: Callable[[pb.ProvenEntry], None]
) -> None:
    ledger, founder = scene
    chain = shown(ledger, founder)
    lie(entries(chain)[name])
    with refused(Code.BAD_PROOF):
        read(ledger, founder, chain)


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_of_another_height_is_refused(scene: tuple[Ledger, Node], name: str) -> None:
    ledger, founder = scene
    old = shown(ledger, founder)
    ledger.height += 3
    chain = shown(ledger, founder)
    entries(chain)[name].CopyFrom(entries(old)[name])
    with refused(Code.BAD_PROOF):
        read(ledger, founder, chain)


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_of_another_key_is_refused(scene: tuple[Ledger, Node], name: str) -> None:
    """True, and of this very header, but not what stands under the key that is meant."""
    ledger, founder = scene
    chain = shown(ledger, founder)
    true = {
        one: pb.ProvenEntry.FromString(e.SerializeToString()) for one, e in entries(chain).items()
    }
    for other in NAMES:
        if other != name:
            entries(chain)[name].CopyFrom(true[other])
            with refused(Code.BAD_PROOF):
                read(ledger, founder, chain)


class TestWhatIsMissing:
    @pytest.mark.parametrize("name", ["network_keys", "next_epoch"])
    def test_the_networks_keys_are_always_asked_for(
        self, scene: tuple[Ledger, Node], name: str
    ) -> None:
        ledger, founder = scene
        chain = shown(ledger, founder)
        chain.ClearField(name)
        with refused(Code.UNPROVEN_CONTEXT):
            read(ledger, founder, chain)

    def test_a_gate_needs_the_policy(self, scene: tuple[Ledger, Node]) -> None:
        ledger, founder = scene
        chain = shown(ledger, founder)
        chain.ClearField("policy")
        with refused(Code.UNPROVEN_CONTEXT):
            read(ledger, founder, chain).context(ledger.network_id)

    def test_who_needs_a_record_gets_it_proven_or_proven_absent(
        self, scene: tuple[Ledger, Node]
    ) -> None:
        ledger, founder = scene
        chain = shown(ledger, founder)
        chain.ClearField("own_record")
        with refused(Code.UNPROVEN_CONTEXT):
            read(ledger, founder, chain).own_record()
        ledger.records.clear()
        assert read(ledger, founder, shown(ledger, founder)).own_record() is None


class TestEpochs:
    """A host hides no rotation, and shows none early."""

    def later(self, ledger: Ledger, *, from_height: int, epoch: int = 1) -> None:
        keys_ = types_pb2.NetworkKeys()
        keys_.CopyFrom(ledger.keys[0])
        keys_.epoch, keys_.prev_seed, keys_.from_height = epoch, bytes(48), from_height
        ledger.keys.append(keys_)

    def test_an_epoch_that_has_begun_cannot_be_left_out(self, scene: tuple[Ledger, Node]) -> None:
        ledger, founder = scene
        self.later(ledger, from_height=ledger.height)
        chain = shown(ledger, founder)
        assert read(ledger, founder, chain).epoch == 1
        chain.next_epoch.CopyFrom(chain.network_keys.pop())
        with refused(Code.STALE_EPOCH):
            read(ledger, founder, chain)

    def test_an_epoch_counts_from_its_height_on_and_not_before(
        self, scene: tuple[Ledger, Node]
    ) -> None:
        ledger, founder = scene
        self.later(ledger, from_height=40)
        ledger.height = 39
        for height, epoch in ((39, 0), (40, 1)):
            ledger.height = height
            chain = ledger.proof(founder)
            assert ledger.height == height
            assert read(ledger, founder, chain).epoch == epoch
            if epoch == 0:
                chain.network_keys.add().CopyFrom(chain.next_epoch)
            else:
                chain.next_epoch.CopyFrom(chain.network_keys.pop())
            with refused(Code.STALE_EPOCH):
                read(ledger, founder, chain)
            ledger.height = height + 1

    def test_an_epoch_that_is_not_there_is_none(self, scene: tuple[Ledger, Node]) -> None:
        ledger, founder = scene
        chain = shown(ledger, founder)
        chain.network_keys.add().CopyFrom(chain.next_epoch)
        with refused(Code.STALE_EPOCH):
            read(ledger, founder, chain)


class TestForm:
    def test_lists_are_bounded_before_any_proof(self, scene: tuple[Ledger, Node]) -> None:
        ledger, founder = scene
        whole = shown(ledger, founder)
        for name, most in (
            ("anchors", MAX_ANCHORS),
            ("machines", MAX_MACHINES),
            ("network_keys", MAX_EPOCHS),
        ):
            chain = pb.ChainProof()
            chain.CopyFrom(whole)
            entries_ = getattr(chain, name)
            while len(entries_) < most:
                entries_.add()
            with pytest.raises(Refusal) as within:
                read(ledger, founder, chain)
            assert within.value.code is not Code.TOO_LARGE
            entries_.add()
            with refused(Code.TOO_LARGE):
                read(ledger, founder, chain)

    def test_keys_that_are_asked_for_have_a_form(self, scene: tuple[Ledger, Node]) -> None:
        ledger, founder = scene
        chain = shown(ledger, founder)
        chain.anchors[0].height = 0
        with refused(Code.BAD_VALUE):
            read(ledger, founder, chain)
        chain = shown(ledger, founder)
        chain.machines[0].platform_id = bytes(31)
        with refused(Code.BAD_LENGTH):
            read(ledger, founder, chain)

    def test_a_machine_counts_from_its_height_on(self, scene: tuple[Ledger, Node]) -> None:
        ledger, founder = scene
        ledger.height = 20
        ledger.machines = []
        ledger.listed[PLATFORM] = 24
        found = []
        for height in (23, 24):
            ledger.settle()
            ledger.height = height
            chain = ledger.proof(founder)
            found.append(read(ledger, founder, chain).machines)
        assert found == [frozenset(), frozenset({PLATFORM})]

    def test_a_machine_that_is_proven_absent_is_not_listed(
        self, scene: tuple[Ledger, Node]
    ) -> None:
        ledger, founder = scene
        ledger.machines = []
        ledger.asked = [UNLISTED]
        chain = shown(ledger, founder)
        assert chain.machines[0].platform_id == UNLISTED
        assert read(ledger, founder, chain).machines == frozenset()

    def test_an_anchor_that_is_proven_absent_is_none(self, scene: tuple[Ledger, Node]) -> None:
        ledger, founder = scene
        absent = ledger.height + 1_000
        chain = ledger.proof(founder, anchors=[absent])
        assert [anchor.height for anchor in chain.anchors] == [absent]
        assert absent not in read(ledger, founder, chain).anchors

    def test_what_stands_under_anothers_key_is_refused(self, scene: tuple[Ledger, Node]) -> None:
        """No chain of our rules has such a state; a proof of one says nothing of a machine."""
        ledger, founder = scene
        ledger.misplaced = {
            keys.machine(PLATFORM): types_pb2.Machine(platform_id=UNLISTED).SerializeToString()
        }
        chain = shown(ledger, founder)
        with refused(Code.BAD_VALUE):
            read(ledger, founder, chain)

    def test_a_time_of_the_header_keeps_its_nanoseconds(self, scene: tuple[Ledger, Node]) -> None:
        ledger, founder = scene
        chain = shown(ledger, founder)
        header = ledger.headers.header(ledger.height - 1)
        moved = dataclasses.replace(header, time=Time(header.time.seconds, 7))
        assert prove(chain, header=moved, node_id=founder.info().node_id).gate_time.nanos == 7
