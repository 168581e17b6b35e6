"""report_fork: only two proven headers of one height stop an enclave, and then for ever."""

from __future__ import annotations

import pytest

from enclave.errors import Code
from enclave.framework.states import State
from seedpact.enclave.v1 import chain_pb2 as pb
from tests.support.enclaves import Node
from tests.support.headers import HeaderChain
from tests.support.refusals import entries, refused, refused_unchanged
from tests.support.world import Ledger, network


@pytest.fixture
def scene() -> tuple[Ledger, Node, HeaderChain]:
    """A holder that trusts header 9, and the chain's twin from header 6 on."""
    ledger, (founder,) = network("founder")
    ledger.height = 20
    ledger.catch_up()
    founder.follow(pb.FollowChainRequest(steps=ledger.headers.steps(None, [9])))
    return ledger, founder, twin(ledger, 6)


def twin(ledger: Ledger, height: int) -> HeaderChain:
    """The same validators sign other blocks above `height`."""
    other = ledger.headers.fork(height)
    while other.top < ledger.headers.top:
        other.add(app_hash=b"\x02" * 32, time=ledger.time(other.top + 1))
    return other


def test_a_fork_above_the_trusted_header_is_proven_from_it(
    scene: tuple[Ledger, Node, HeaderChain],
) -> None:
    ledger, founder, _ = scene
    other = twin(ledger, 12)
    answer = founder.report_fork(
        pb.ReportForkRequest(first=ledger.headers.steps(9, [12, 15]), second=other.steps(9, [15]))
    )
    assert answer.height == 15
    assert {answer.first_hash, answer.second_hash} == {ledger.headers.hash(15), other.hash(15)}
    assert founder.info().forked


def test_a_fork_below_the_trusted_header_is_proven_from_the_root(
    scene: tuple[Ledger, Node, HeaderChain],
) -> None:
    ledger, founder, other = scene
    founder.report_fork(
        pb.ReportForkRequest(first=ledger.headers.steps(None, [8]), second=other.steps(None, [8]))
    )
    assert founder.info().forked


def test_a_members_root_is_the_anchor_that_its_quote_bound() -> None:
    ledger, (_, member) = network("founder", "member")
    ledger.height += 5
    ledger.catch_up()
    root = member.info().root_height
    other = twin(ledger, root)
    top = ledger.headers.top
    request = pb.ReportForkRequest(
        first=ledger.headers.steps(root, [top]), second=other.steps(root, [top])
    )
    # Without the root, these steps do not start at the newest trusted header.
    with refused_unchanged(member, Code.NOT_A_FORK):
        member.report_fork(request_twice(request))
    request.root.CopyFrom(ledger.headers.root(root))
    member.report_fork(request)
    assert member.info().forked


def request_twice(request: pb.ReportForkRequest) -> pb.ReportForkRequest:
    """The same path two times."""
    result = pb.ReportForkRequest()
    result.CopyFrom(request)
    result.ClearField("second")
    result.second.extend(request.first)
    return result


def test_what_is_no_fork_changes_nothing(scene: tuple[Ledger, Node, HeaderChain]) -> None:
    ledger, founder, other = scene
    true, false = ledger.headers.steps(None, [8]), other.steps(None, [8])
    unsigned = other.steps(None, [8])
    for signature in unsigned[1].block.signed_header.commit.signatures:
        signature.signature = bytes(64)
    apart = other.steps(None, [7])
    for first, second, code in (
        (true, true, Code.NOT_A_FORK),
        (true, apart, Code.NOT_A_FORK),
        (true, unsigned, Code.NOT_ENOUGH_TRUST),
        (false, unsigned, Code.NOT_ENOUGH_TRUST),
        ([], [], Code.NOT_A_FORK),
        (true, true * 200, Code.TOO_LARGE),
    ):
        with refused_unchanged(founder, code):
            founder.report_fork(pb.ReportForkRequest(first=first, second=second))
    assert not founder.info().forked


def test_another_root_than_its_own_proves_nothing(
    scene: tuple[Ledger, Node, HeaderChain],
) -> None:
    """Any two chains fork at a root that somebody chose."""
    ledger, founder, other = scene
    request = pb.ReportForkRequest(
        root=ledger.headers.root(6),
        first=ledger.headers.steps(6, [8]),
        second=other.steps(6, [8]),
    )
    with refused_unchanged(founder, Code.UNVERIFIED_ANCHOR):
        founder.report_fork(request)
    request.ClearField("root")
    request.anchor_height = 6
    with refused_unchanged(founder, Code.BAD_VALUE):
        founder.report_fork(request)


def test_only_two_paths_from_the_genesis_start_there(
    scene: tuple[Ledger, Node, HeaderChain],
) -> None:
    """Else both start at the newest header that is trusted, 9, and lead down."""
    ledger, founder, other = scene
    first, second = ledger.headers.steps(None, [8]), other.steps(7, [8])
    with refused_unchanged(founder, Code.HEIGHT_NOT_FORWARD):
        founder.report_fork(pb.ReportForkRequest(first=first, second=second))


def test_a_members_path_never_starts_at_the_genesis() -> None:
    """Its root is a header: a step of that height is no beginning."""
    ledger, (_, member) = network("founder", "member")
    ledger.height += 5
    ledger.catch_up()
    root, top = member.info().root_height, ledger.headers.top
    first, second = (
        chain.steps(root - 1, [root, top]) for chain in (ledger.headers, twin(ledger, root))
    )
    with refused_unchanged(member, Code.HEIGHT_NOT_FORWARD):
        member.report_fork(pb.ReportForkRequest(first=first, second=second))


def test_a_holder_that_trusts_no_header_yet_starts_at_the_genesis() -> None:
    ledger, (founder,) = network("founder")
    ledger.height = 20
    ledger.catch_up()
    other = twin(ledger, 6)
    with refused_unchanged(founder, Code.GENESIS_MISMATCH):
        founder.report_fork(
            pb.ReportForkRequest(first=ledger.headers.steps(5, [8]), second=other.steps(5, [8]))
        )


def test_a_forked_holder_confirms_and_renews_no_more_and_keeps_its_seed(
    scene: tuple[Ledger, Node, HeaderChain],
) -> None:
    ledger, founder, other = scene
    newcomer = Node("newcomer")
    ledger.prepare(newcomer)
    seed = founder.enclave.keys.seed(0)
    fork = pb.ReportForkRequest(
        first=ledger.headers.steps(None, [8]), second=other.steps(None, [8])
    )
    answer = founder.report_fork(fork)
    assert founder.report_fork(fork) == answer
    for _ in range(2):
        purpose = ledger.purpose()
        purpose.chain.CopyFrom(ledger.proof(founder, anchors=[purpose.anchor_height]))
        with refused_unchanged(founder, Code.FORKED):
            founder.make_quote(purpose)
        with refused_unchanged(founder, Code.FORKED):
            founder.confirm(ledger.confirm_request(founder))
        with refused_unchanged(founder, Code.FORKED):
            founder.follow(pb.FollowChainRequest(steps=ledger.headers.steps(9, [10])))
        with refused(Code.FORKED):
            ledger.register(newcomer, founder)
        founder.start()
    assert founder.enclave.state is State.HOLDER
    assert founder.enclave.keys.seed(0) == seed


def test_a_forked_newcomer_imports_nothing() -> None:
    ledger, (founder,) = network("founder")
    node = Node("newcomer")
    ledger.prepare(node)
    assert ledger.register(node, founder).envelope
    chain = ledger.proof(node)
    anchor, top = ledger.bound[node.info().node_id], ledger.headers.top
    other = twin(ledger, anchor)
    request = pb.ReportForkRequest(
        anchor_height=anchor,
        anchor_hash=ledger.headers.hash(anchor),
        first=ledger.headers.steps(anchor, [top]),
        second=other.steps(anchor, [top]),
    )
    with refused_unchanged(node, Code.UNPROVEN_CONTEXT):
        node.report_fork(request)
    request.root.CopyFrom(ledger.headers.root(anchor))
    node.report_fork(request)
    before = entries(node)
    with refused_unchanged(node, Code.FORKED):
        node.import_seed(chain)
    with refused_unchanged(node, Code.FORKED):
        node.make_quote(ledger.purpose())
    node.start()
    assert node.info().forked
    assert entries(node) == before


def test_a_newcomer_that_discards_its_keys_knows_nothing_of_the_fork() -> None:
    """What forked follows from a header that somebody told it, and that went with the quote."""
    ledger, (founder,) = network("founder")
    node = Node("newcomer")
    ledger.prepare(node)
    assert ledger.register(node, founder).envelope
    recorded = ledger.proof(node)
    home_made = Ledger(keys=ledger.keys, later=1)
    anchor = home_made.purpose()
    node.make_quote(anchor)
    home_made.height += 5
    home_made.catch_up()
    other = twin(home_made, anchor.anchor_height)
    top = home_made.headers.top
    node.report_fork(
        pb.ReportForkRequest(
            anchor_height=anchor.anchor_height,
            anchor_hash=anchor.anchor_hash,
            root=home_made.headers.root(anchor.anchor_height),
            first=home_made.headers.steps(anchor.anchor_height, [top]),
            second=other.steps(anchor.anchor_height, [top]),
        )
    )
    with refused_unchanged(node, Code.FORKED):
        node.import_seed(recorded)
    kem_io = ledger.keys[-1].kem_io
    node.create_node_key(ledger.network, kem_io=kem_io, discard=True)
    assert not node.info().forked
    # Nothing that the chain recorded for the old keys is of use to it.
    assert ledger.register(node, founder).envelope
    with refused_unchanged(node, Code.UNKNOWN_QUOTE):
        node.import_seed(recorded)
    assert node.import_seed(ledger.proof(node)).epochs == [0]
