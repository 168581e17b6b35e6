"""Attack 33: two enclaves of one host, fed two forks by a validator set that is gone.

[fork evidence, both stop]. Each believes what its own light client reached; the two paths together
prove to any enclave that trusts their common beginning that the chain says nothing more.
"""

from __future__ import annotations

import pytest

from enclave.errors import Code
from enclave.framework.states import State
from seedpact.enclave.v1 import chain_pb2 as pb
from tests.attacks.attackers import verdict
from tests.support.enclaves import Node
from tests.support.headers import HeaderChain
from tests.support.refusals import refused, refused_unchanged
from tests.support.world import Ledger, network


@pytest.fixture
def scene() -> tuple[Ledger, Ledger, Node, Node]:
    """Two holders, each served by its own branch of the chain."""
    ledger, (founder, member) = network("founder", "member")
    fork = ledger.fork()
    for branch, holder, name in ((ledger, founder, "here"), (fork, member, "there")):
        newcomer = Node(name)
        branch.prepare(newcomer)
        assert verdict(branch.register(newcomer, holder)) is None
        branch.height += 3
        branch.catch_up()
    return ledger, fork, founder, member


def evidence(ledger: Ledger, fork: Ledger, node: Node) -> pb.ReportForkRequest:
    """Both branches, from the node's own root of trust."""
    info = node.info()
    top = min(ledger.headers.top, fork.headers.top)
    start = info.root_height if info.root_hash else None

    def path(headers: HeaderChain) -> list[pb.HeaderStep]:
        return headers.steps(start, [top])

    request = pb.ReportForkRequest(first=path(ledger.headers), second=path(fork.headers))
    if start is not None:
        request.root.CopyFrom(ledger.headers.root(start))
    return request


def test_33_with_the_evidence_both_stop(scene: tuple[Ledger, Ledger, Node, Node]) -> None:
    ledger, fork, founder, member = scene
    for branch, holder in ((ledger, founder), (fork, member)):
        holder.report_fork(evidence(ledger, fork, holder))
        assert holder.info().forked
        newcomer = Node(f"late at {holder.name}")
        branch.prepare(newcomer)
        with refused(Code.FORKED):
            branch.register(newcomer, holder)
        assert holder.enclave.state is State.HOLDER


def test_33_neither_branch_alone_stops_anybody(scene: tuple[Ledger, Ledger, Node, Node]) -> None:
    ledger, fork, founder, member = scene
    for one, other, holder in ((ledger, ledger, founder), (fork, fork, member)):
        with refused_unchanged(holder, Code.NOT_A_FORK):
            holder.report_fork(evidence(one, other, holder))
        assert not holder.info().forked


def test_33_a_newcomer_with_a_quote_on_each_branch_imports_by_the_record_of_one() -> None:
    ledger, (founder, member) = network("founder", "member")
    fork = ledger.fork()
    newcomer = Node("newcomer")
    ledger.prepare(newcomer)
    for branch in (ledger, fork):
        branch.height += 4
        branch.catch_up()
    # The branch whose record is shown is that of the later quote: the first is not it.
    assert verdict(fork.register(newcomer, member)) is None
    assert verdict(ledger.register(newcomer, founder)) is None
    node_id = newcomer.info().node_id
    shown = ledger.proof(newcomer)
    wrong = pb.ChainProof()
    wrong.CopyFrom(shown)
    anchor = fork.bound[node_id]
    wrong.root.CopyFrom(fork.headers.root(anchor))
    with refused_unchanged(newcomer, Code.UNVERIFIED_ANCHOR):
        newcomer.import_seed(wrong)
    newcomer.import_seed(shown)
    info = newcomer.info()
    assert info.root_hash == ledger.headers.hash(ledger.bound[node_id])
    assert info.tls_key == ledger.records[node_id].tls_key != fork.records[node_id].tls_key


def test_33_who_is_recorded_on_the_true_chain_imports_nothing_from_a_forged_one() -> None:
    """Its only quote is of the true chain's anchor; the forged one has a copy of its record."""
    ledger, (founder,) = network("founder")
    newcomer = Node("newcomer")
    ledger.prepare(newcomer)
    home_made = Ledger(keys=ledger.keys, later=1)
    assert verdict(ledger.register(newcomer, founder)) is None
    node_id = newcomer.info().node_id
    home_made.records[node_id] = ledger.records[node_id]
    home_made.bound[node_id] = ledger.bound[node_id]
    home_made.height = ledger.height + 5
    with refused_unchanged(newcomer, Code.UNVERIFIED_ANCHOR):
        newcomer.import_seed(home_made.proof(newcomer))


def test_33_an_anchor_of_a_home_made_chain_gets_no_envelope_of_the_true_one() -> None:
    """A true holder, asked in private."""
    ledger, (founder,) = network("founder")
    home_made = Ledger(keys=ledger.keys, later=1)
    newcomer = Node("newcomer")
    home_made.prepare(newcomer)
    purpose = home_made.purpose()
    quote = newcomer.make_quote(purpose)
    request = ledger.confirm_request(
        founder, (home_made.newcomer(quote, purpose), quote.evidence.collateral)
    )
    (confirmation,) = founder.confirm(request)
    assert verdict(confirmation) is Code.UNKNOWN_ANCHOR
