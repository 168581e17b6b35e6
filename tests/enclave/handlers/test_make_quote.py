"""make_quote: to join, to renew, for the genesis once more (protocol.md section 10)."""

from __future__ import annotations

from typing import Any

import pytest

from enclave.attestation.quote import parse_quote
from enclave.crypto.primitives import KemKey
from enclave.errors import Code
from enclave.framework.key_manager import MAX_QUOTES
from enclave.framework.states import State
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.enclaves import Node
from tests.support.refusals import entries, refused_unchanged
from tests.support.world import Ledger, confirmed_newcomer, network

OTHER_KEM = KemKey(bytes(range(64))).public


@pytest.fixture
def pending() -> tuple[Ledger, Node]:
    """A newcomer that made one quote."""
    ledger, _ = network("founder")
    node = Node("newcomer")
    ledger.prepare(node)
    node.make_quote(ledger.purpose())
    return ledger, node


def renewal(ledger: Ledger, node: Node) -> pb.RegisterPurpose:
    purpose = ledger.purpose()
    purpose.chain.CopyFrom(ledger.proof(node, anchors=[purpose.anchor_height]))
    return purpose


def test_a_newcomers_quote_binds_what_the_answer_says(pending: tuple[Ledger, Node]) -> None:
    ledger, node = pending
    answer = node.make_quote(ledger.purpose())
    assert parse_quote(answer.evidence.quote).report_data == answer.report_data
    assert answer.exchange_key == node.info().exchange_key
    assert node.info().quotes == 2
    assert node.enclave.state is State.PENDING


def test_each_quote_before_holder_has_a_new_tls_key_and_the_same_kem_ciphertext(
    pending: tuple[Ledger, Node],
) -> None:
    ledger, node = pending
    answers = [node.make_quote(ledger.purpose()) for _ in range(4)]
    assert len({answer.tls_key for answer in answers}) == 4
    assert len({answer.kem_ciphertext for answer in answers}) == 1


def test_sixteen_quotes_of_anybody_push_no_paid_one_out() -> None:
    ledger, founder, node = confirmed_newcomer()
    for _ in range(MAX_QUOTES - 1):
        node.make_quote(ledger.purpose())
    for _ in range(3):
        with refused_unchanged(node, Code.TOO_MANY_QUOTES):
            node.make_quote(ledger.purpose())
    node.import_seed(ledger.proof(node))
    assert node.enclave.keys.seed(0) == founder.enclave.keys.seed(0)


def test_where_none_of_them_is_recorded_new_keys_make_room(pending: tuple[Ledger, Node]) -> None:
    ledger, node = pending
    for _ in range(MAX_QUOTES - 1):
        node.make_quote(ledger.purpose())
    node.create_node_key(ledger.network, kem_io=ledger.keys[-1].kem_io, discard=True)
    node.make_quote(ledger.purpose())
    assert node.info().quotes == 1


def test_quotes_for_many_epochs_fill_no_sealed_file(pending: tuple[Ledger, Node]) -> None:
    """Each makes a KEM secret, which stays: as many as quotes, and one of the first keys."""
    ledger, node = pending
    purpose = ledger.purpose()
    purpose.kem_io = ledger.keys[-1].kem_io
    for purpose.epoch in range(1, MAX_QUOTES):
        node.make_quote(purpose)
    purpose.epoch = MAX_QUOTES
    with refused_unchanged(node, Code.TOO_MANY_QUOTES):
        node.make_quote(purpose)
    secrets = [key for key in entries(node) if key.startswith(b"kem/")]
    assert len(secrets) <= MAX_QUOTES + 1


def test_a_holder_renews_for_ever_and_keeps_sixteen() -> None:
    ledger, (founder,) = network("founder")
    for _ in range(MAX_QUOTES + 2):
        purpose = ledger.purpose()
        purpose.chain.CopyFrom(ledger.proof(founder, anchors=[purpose.anchor_height]))
        newest = founder.make_quote(purpose)
    kept = founder.enclave.keys.quotes()
    assert len(kept) == MAX_QUOTES
    assert kept[-1].report_data == newest.report_data


def test_a_forked_enclave_quotes_nothing() -> None:
    ledger, (founder,) = network("founder")
    ledger.catch_up()
    founder.follow(chain_pb2.FollowChainRequest(steps=ledger.headers.steps(None, [4])))
    other = ledger.headers.fork(4)
    other.add(app_hash=b"\x02" * 32, time=ledger.time(5))
    founder.report_fork(
        chain_pb2.ReportForkRequest(first=ledger.headers.steps(4, [5]), second=other.steps(4, [5]))
    )
    purpose = ledger.purpose()
    purpose.chain.CopyFrom(ledger.proof(founder, anchors=[purpose.anchor_height]))
    for request in (
        pb.MakeQuoteRequest(register=purpose),
        pb.MakeQuoteRequest(bootstrap=pb.BootstrapPurpose()),
    ):
        with refused_unchanged(founder, Code.FORKED):
            founder.call("MakeQuote", request, pb.MakeQuoteResponse)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"operator": bytes(19)}, Code.BAD_LENGTH),
        ({"anchor_hash": bytes(31)}, Code.BAD_LENGTH),
        ({"anchor_height": 0}, Code.BAD_VALUE),
        ({"anchor_height": 2**63}, Code.BAD_VALUE),
        ({"epoch": 1}, Code.KEM_SECRET_MISSING),
        ({"epoch": 1, "kem_io": bytes(3)}, Code.BAD_KEM_KEY),
        ({"kem_io": OTHER_KEM}, Code.KEM_SECRET_EXISTS),
        ({"chain": chain_pb2.ChainProof(policy=chain_pb2.ProvenEntry())}, Code.BAD_VALUE),
    ],
)
def test_a_newcomers_bad_request_is_refused(
    pending: tuple[Ledger, Node], change: dict[str, Any], code: Code
) -> None:
    ledger, node = pending
    purpose = ledger.purpose()
    purpose.MergeFrom(pb.RegisterPurpose(**change))
    for name, value in change.items():
        if isinstance(value, int | bytes):
            setattr(purpose, name, value)
    with refused_unchanged(node, code):
        node.make_quote(purpose)


def test_a_later_epochs_kem_key_gets_its_own_secret(pending: tuple[Ledger, Node]) -> None:
    ledger, node = pending
    purpose = ledger.purpose()
    purpose.epoch, purpose.kem_io = 1, OTHER_KEM
    later = node.make_quote(purpose)
    now = node.make_quote(ledger.purpose())
    assert later.kem_ciphertext != now.kem_ciphertext
    assert later.exchange_key == now.exchange_key


def test_a_quote_without_a_purpose_is_refused(pending: tuple[Ledger, Node]) -> None:
    _, node = pending
    with refused_unchanged(node, Code.BAD_VALUE):
        node.call("MakeQuote", pb.MakeQuoteRequest(), pb.MakeQuoteResponse)


def test_a_holder_renews_with_its_own_tls_key_and_root() -> None:
    ledger, (founder, member) = network("founder", "member")
    for node in (founder, member):
        before = node.info()
        ledger.height += 7
        answers = [node.make_quote(renewal(ledger, node)) for _ in range(2)]
        assert {answer.tls_key for answer in answers} == {before.tls_key}
        assert len({answer.kem_ciphertext for answer in answers}) == 1
        after = node.info()
        assert (after.root_height, after.root_hash) == (before.root_height, before.root_hash)
        assert node.enclave.state is State.HOLDER


def test_a_renewal_is_confirmed_and_replaces_nothing_of_the_holder() -> None:
    ledger, (founder, member) = network("founder", "member")
    ledger.height += 5
    purpose = renewal(ledger, member)
    quote = member.make_quote(purpose)
    request = ledger.confirm_request(
        founder, (ledger.newcomer(quote, purpose), quote.evidence.collateral)
    )
    (confirmation,) = founder.confirm(request)
    assert confirmation.node_id == member.info().node_id
    assert len(confirmation.envelope) == 48


def test_a_holder_binds_only_headers_that_the_chain_proves_to_it() -> None:
    ledger, (founder,) = network("founder")
    unknown = renewal(ledger, founder)
    unknown.anchor_hash = bytes(32)
    stale = renewal(ledger, founder)
    stale.epoch = 1
    other_key = renewal(ledger, founder)
    other_key.kem_io = OTHER_KEM
    told = renewal(ledger, founder)
    told.ClearField("chain")
    rooted = renewal(ledger, founder)
    rooted.chain.root.CopyFrom(ledger.headers.root(1))
    absent = renewal(ledger, founder)
    absent.anchor_height = ledger.height + 1_000
    absent.chain.CopyFrom(ledger.proof(founder, anchors=[absent.anchor_height]))
    for purpose, code in (
        (unknown, Code.UNVERIFIED_ANCHOR),
        (absent, Code.UNVERIFIED_ANCHOR),
        (stale, Code.STALE_EPOCH),
        (other_key, Code.BAD_VALUE),
        (told, Code.UNPROVEN_CONTEXT),
        (rooted, Code.BAD_VALUE),
    ):
        with refused_unchanged(founder, code):
            founder.make_quote(purpose)


def test_the_bootstrap_quote_once_more_binds_the_same() -> None:
    ledger = Ledger()
    founder = Node("founder")
    made = ledger.bootstrap(founder)
    request = pb.MakeQuoteRequest(bootstrap=pb.BootstrapPurpose())
    again = founder.call("MakeQuote", request, pb.MakeQuoteResponse)
    first = parse_quote(made.evidence.quote).report_data
    assert parse_quote(again.evidence.quote).report_data == first == again.report_data
    assert again.kem_ciphertext == b""


def test_only_the_founder_makes_the_bootstrap_quote(pending: tuple[Ledger, Node]) -> None:
    _, newcomer = pending
    _, (_, member) = network("founder", "member")
    for node in (newcomer, member):
        with refused_unchanged(node, Code.NOT_BOOTSTRAPPED):
            request = pb.MakeQuoteRequest(bootstrap=pb.BootstrapPurpose())
            node.call("MakeQuote", request, pb.MakeQuoteResponse)
