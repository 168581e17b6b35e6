"""One chain of everything, recorded, and run again elsewhere: equal app hashes and answers.

Elsewhere: another process, time zone, locale, hash seed, order of imports, without asserts, with
restarts, without the verification library, and always without an enclave. `tests.support.traffic`
makes the transactions; the nodes of the recording took their blocks as proposers and validators do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from chain_module.app.proposals import split
from chain_module.registration.confirm_tx import decode_confirm, encode_confirm
from node.application.application import ChainApplication
from node.application.parts import Parts
from tests.support.chain import Chain
from tests.support.recording import Recording, RecordingApplication, replay
from tests.support.traffic import Flaw, Kind, Traffic, Wish, authority

PERIOD_SECS: Final = 150
"""Of a registration: 30 blocks."""

Elsewhere = tuple[Sequence[str], Sequence[str], dict[str, str]]

ELSEWHERE: Final[dict[str, Elsewhere]] = {
    "east": ((), (), {"TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"}),
    # ASCII is then what files and streams have, unless somebody says otherwise.
    "west-ascii-no-asserts": (
        ("-OO",),
        (),
        {
            "TZ": "Etc/GMT+12",
            "LC_ALL": "C",
            "PYTHONUTF8": "0",
            "PYTHONCOERCECLOCALE": "0",
            "PYTHONHASHSEED": "0",
        },
    ),
    "imports": ((), ("--shuffle", "1"), {"PYTHONHASHSEED": "2"}),
    "restarts": ((), ("--restart", "3"), {"PYTHONHASHSEED": "3"}),
    "no-verifier": ((), ("--block", "dcap_qvl"), {}),
}
"""Options of the interpreter, options of the replay, the environment."""


class Story:
    """The chain while it is made, told by its first node."""

    def __init__(self, folder: Path) -> None:
        self.recording = Recording()
        self.chain = Chain(
            folder,
            nodes=2,
            make=self._application,
            authority=authority(),
            registration_period_secs=PERIOD_SECS,
        )
        self.traffic = Traffic(self.chain)

    def _application(self, number: int, parts: Parts) -> ChainApplication:
        return ChainApplication(parts) if number else RecordingApplication(parts, self.recording)

    def signed(self, *wishes: Wish) -> list[bytes]:
        """Transactions, each behind the other."""
        raws: list[bytes] = []
        for wish in wishes:
            raws.append(self.traffic.sign(wish, waiting=[*self.chain.mempool, *raws]))
        return raws

    def block(self, *wishes: Wish, refused: int = 0) -> None:
        """An honest block of these; so many of them do not get as far as the mempool."""
        codes = [self.chain.send(raw).code for raw in self.signed(*wishes)]
        assert sum(code != 0 for code in codes) == refused, codes
        self.chain.block()

    def proposal(self, *wishes: Wish) -> tuple[Sequence[bytes], Sequence[bytes]]:
        """What an honest node would propose, in its two parts; nothing of it is decided."""
        for raw in self.signed(*wishes):
            assert self.chain.send(raw).code == 0
        # A node whose proposals were not decided leaves registers out; one that starts proposes.
        self.chain.restart(0)
        return split(self.chain.propose())


def tell(story: Story) -> None:
    """Honest blocks of every kind."""
    chain = story.chain
    send, register = Wish(Kind.SEND), Kind.REGISTER
    story.block(send, refused=0)
    chain.blocks(2)
    story.block(Wish(register, 0), Wish(Kind.SEND, 3, 4), Wish(register, 1))
    story.traffic.import_seeds()
    chain.join(1)
    story.block(Wish(Kind.MULTI_SEND, 1, 2), Wish(Kind.OVERSPEND, 2), Wish(Kind.HALF, 3))
    story.block(Wish(Kind.SEND, 1, flaw=Flaw.SEQUENCE), Wish(Kind.SEND, 2, 6), refused=1)
    # A policy that widens is held back, one that narrows counts at once, in both orders.
    story.block(Wish(Kind.WIDEN), Wish(register, 2))
    story.block(Wish(Kind.SEND, 4, 5), Wish(Kind.NONCE, 0, amount=2), Wish(Kind.NONCE, 1, 8))
    chain.blocks(2)
    story.block(Wish(register, 3), Wish(Kind.NARROW))
    story.block(Wish(Kind.FREEZE), Wish(Kind.REVOKE, 1, amount=1))
    story.block(Wish(Kind.THAW), Wish(Kind.REVOKE, 2, amount=2), Wish(Kind.SEND, 7, 8))
    chain.blocks(3)
    story.traffic.import_seeds()
    # Renewals: of a holder, of the founder, of a node whose seed is not opened yet.
    founder = chain.peers[0]
    assert chain.send(chain.register_tx(founder.enclave, founder.operator)).code == 0
    story.block(Wish(register, 0), Wish(register, 3))


def tell_what_no_honest_node_proposes(story: Story) -> None:
    """Blocks that more than 2/3 would have to agree on: their results are rules, too."""
    chain = story.chain
    users, confirms = story.proposal(Wish(Kind.REGISTER, 0), Wish(Kind.SEND, 5, 6))
    chain.decide(users)
    users, confirms = story.proposal(Wish(Kind.REGISTER, 0))
    chain.decide([*users, *confirms, *confirms, *users])
    users, confirms = story.proposal(Wish(Kind.REGISTER, 3), Wish(Kind.REGISTER, 4))
    chain.decide([*confirms, *users, *confirms[::-1]])
    users, confirms = story.proposal(Wish(Kind.REGISTER, 4))
    twisted = encode_confirm(replace(decode_confirm(confirms[0]), envelope=bytes(48)))
    chain.decide([b"", b"garbage", *users, twisted, *confirms])
    flawed = [Wish(Kind.SEND, 6, flaw=flaw) for flaw in Flaw if flaw is not Flaw.NONE]
    chain.decide(story.signed(*flawed, Wish(Kind.FREEZE), Wish(Kind.REGISTER, 3)))
    chain.decide(story.signed(Wish(Kind.REVOKE, 1, amount=1), Wish(Kind.THAW)))
    # Until the registrations expire.
    for _ in range(PERIOD_SECS // 5):
        story.block(Wish(Kind.SEND, 7, 8))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The whole of it."""
    story = Story(tmp_path_factory.mktemp("story"))
    tell(story)
    tell_what_no_honest_node_proposes(story)
    yield story
    story.chain.close()


@pytest.fixture(scope="module")
def recorded(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its file."""
    return story.recording.save(tmp_path_factory.mktemp("recorded") / "abci")


def test_the_recording_has_what_can_happen(story: Story) -> None:
    responses = story.recording.responses
    events = Counter(event.type for response in responses for event in response.events)
    results = [result for response in responses for result in response.tx_results]
    events += Counter(event.type for result in results for event in result.events)
    codes = Counter(f"{result.codespace} {result.code}" for result in results)
    print(dict(events), dict(codes))
    assert len(responses) > PERIOD_SECS // 5
    for name in ("register_node", "confirm_node", "expire_node", "revoke_node"):
        assert events[name] >= 2, name
    assert events["update_policy"] >= 4
    assert len(codes) > 8


@pytest.mark.parametrize("where", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_replay_elsewhere_gives_the_same_hashes_and_answers(
    where: Elsewhere, story: Story, recorded: Path, tmp_path: Path
) -> None:
    python, options, environment = where
    answers = replay(recorded, tmp_path, *options, python=python, environment=environment)
    assert answers == story.recording.answers


def test_a_replay_that_needs_a_blocked_module_ends(recorded: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="coincurve is blocked"):
        replay(recorded, tmp_path, "--block", "coincurve")
