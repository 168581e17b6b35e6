"""Attack 30: a host that lies about the chain in any one field of any request that rests on it.

[0 envelopes, 0 imports, 0 quotes]. Lies are enumerated by reflection (`lies`), so a field that is
new is lied about too. What an enclave does not look at (CometBFT hashes it not, or the block has
the same set) may be told as one likes: then the answer is the honest one, byte for byte.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from enclave.errors import Refusal
from enclave.registration.network import NetworkInputs
from enclave.service.dispatch import METHODS, SERVICE
from enclave.wire import encode
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from tests.attacks.lies import fields_of, lies
from tests.support.enclaves import Entropy, MemoryStorage, Node, inputs, policy
from tests.support.headers import Signers
from tests.support.world import Ledger

ONE: Final = Signers.of("the only validator")
"""With one validator, no signature is one too many."""
Newcomers = tuple[pb.Newcomer, bytes]
"""A newcomer with its collateral."""
NETWORK: Final = replace(inputs(), genesis_validators_hash=ONE.hash)

PATH: Final = (3, 6)
"""How far apart headers are that a path passes: none follows the one before it."""

UNSEEN: Final = {
    "seedpact.light.v1.Validator.proposer_priority": "not hashed",
    "seedpact.light.v1.ValidatorSet.proposer": "not hashed",
    "seedpact.light.v1.ValidatorSet.total_voting_power": "computed",
    "seedpact.enclave.v1.HeaderStep.trusted_next": "the block has the same set",
    "seedpact.enclave.v1.ChainProof.steps": "a header that may be skipped",
    "seedpact.enclave.v1.ChainProof.anchors": "the same anchor twice",
    "seedpact.enclave.v1.ChainProof.machines": "the same machine twice",
    "seedpact.enclave.v1.ConfirmNodesRequest.newcomers": "the same newcomer twice",
}
"""Fields of which some lie changes nothing that is believed."""


class Asked:
    """An enclave as it is before each lie, and what its host asks."""

    def __init__(self, name: str, storage: MemoryStorage) -> None:
        self.name = name
        self.blobs = dict(storage.blobs)
        self.node = Node(name, storage=MemoryStorage())
        self.reset()

    def reset(self) -> None:
        """Back to before the first request; entropy, and so the nonce, too."""
        storage = MemoryStorage()
        storage.blobs = dict(self.blobs)
        self.node.storage, self.node.entropy = storage, Entropy(f"{self.name}, asked")
        self.node.start()

    def answer(self, method: str, request: Message) -> bytes | None:
        """None: refused, and nothing changed."""
        before = dict(self.node.enclave._store.scan(b""))  # noqa: SLF001 (the whole state, for laws)
        nonce = self.node.enclave.start_nonce
        try:
            return METHODS[method](self.node.enclave, encode(request))
        except Refusal:
            after = dict(self.node.enclave._store.scan(b""))  # noqa: SLF001 (as above)
            assert (after, self.node.enclave.start_nonce) == (before, nonce)
            return None


def scene(
    network: NetworkInputs, name: str
) -> tuple[Ledger, MemoryStorage, MemoryStorage, Newcomers]:
    """A chain with a machine list; what its founder and a recorded newcomer have sealed."""
    founder_disk, newcomer_disk = MemoryStorage(), MemoryStorage()
    founder = Node(f"founder{name}", storage=founder_disk)
    newcomer = Node(f"newcomer{name}", storage=newcomer_disk)
    ledger = Ledger(network=network, signers=ONE, policy=policy(require_machine_list=True))
    ledger.machines = [hashlib.sha256(newcomer.ppid).digest()]
    ledger.bootstrap(founder)
    ledger.prepare(newcomer)
    purpose = ledger.purpose()
    quote = newcomer.make_quote(purpose)
    asks = (ledger.newcomer(quote, purpose), quote.evidence.collateral)
    before = MemoryStorage()
    before.blobs = dict(founder_disk.blobs)
    ledger.height += 1
    assert ledger.register(newcomer, founder).envelope
    ledger.settle()
    return ledger, before, newcomer_disk, asks


def with_path(ledger: Ledger, chain: chain_pb2.ChainProof, start: int | None) -> None:
    """Over more than one header."""
    del chain.steps[:]
    first = start or ledger.headers.first
    heights = [first + distance for distance in PATH if first + distance < ledger.height - 2]
    chain.steps.extend(ledger.headers.steps(start, [*heights, ledger.height - 1]))


def confirm(ledger: Ledger, asked: Asked, asks: Newcomers) -> Message:
    request = ledger.confirm_request(asked.node, asks)
    with_path(ledger, request.chain, None)
    return request


def import_(ledger: Ledger, asked: Asked, _: Newcomers) -> Message:
    chain = ledger.proof(asked.node)
    for name in ("policy", "freshness", "anchors", "machines"):
        chain.ClearField(name)
    with_path(ledger, chain, ledger.bound[asked.node.info().node_id])
    return pb.ImportSeedRequest(chain=chain)


def renew(ledger: Ledger, asked: Asked, _: Newcomers) -> Message:
    purpose = ledger.purpose()
    chain = ledger.proof(asked.node, anchors=[purpose.anchor_height])
    for name in ("policy", "freshness", "own_record", "machines"):
        chain.ClearField(name)
    with_path(ledger, chain, None)
    purpose.chain.CopyFrom(chain)
    return pb.MakeQuoteRequest(register=purpose)


Make = Callable[[Ledger, Asked, Newcomers], Message]
REQUESTS: Final[dict[str, tuple[Make, tuple[str, ...], bool]]] = {
    "ConfirmNodes": (confirm, ("chain", "newcomers", "collaterals"), True),
    "ImportSeed": (import_, ("chain",), False),
    "MakeQuote": (renew, ("register.chain",), True),
}
"""How the request is made, where lies may be, and whether the founder is asked."""


def requests_of(method: str) -> tuple[Asked, Message, list[Message]]:
    """Who is asked, what an honest host asks, and what others would ask."""
    make, _, of_founder = REQUESTS[method]
    ledger, founder_disk, newcomer_disk, asks = scene(NETWORK, "")
    asked = Asked(*(("founder", founder_disk) if of_founder else ("newcomer", newcomer_disk)))
    later, fork = copy.deepcopy(ledger), ledger.fork()
    later.height += 7
    fork.policy = policy(serial=2)
    fork.height += 3
    strange = replace(inputs("another-1"), genesis_validators_hash=ONE.hash)
    other, other_founder, other_newcomer, other_asks = scene(strange, " elsewhere")
    stranger = Asked(
        *(
            ("founder elsewhere", other_founder)
            if of_founder
            else ("newcomer elsewhere", other_newcomer)
        )
    )
    elsewhere = [make(chain, asked, asks) for chain in (later, fork)]
    return asked, make(ledger, asked, asks), [*elsewhere, make(other, stranger, other_asks)]


def gives(method: str, answer: bytes | None) -> list[bytes]:
    """Envelopes, seeds or quotes that an answer gives."""
    if answer is None:
        return []
    if method == "ConfirmNodes":
        confirmations = pb.ConfirmNodesResponse.FromString(answer).confirmations
        return [one.envelope for one in confirmations if one.envelope]
    return [answer]


@pytest.mark.parametrize("method", REQUESTS)
def test_30_no_lie_about_the_chain_is_worth_anything(
    method: str, record_property: Callable[[str, object], None]
) -> None:
    asked, honest, elsewhere = requests_of(method)
    (true,) = gives(method, asked.answer(method, honest))
    asked.reset()
    count = unseen = 0
    for lie in lies(honest, elsewhere, within=REQUESTS[method][1]):
        given = gives(method, asked.answer(method, lie.request))
        count += 1
        if given:
            assert lie.field in UNSEEN, (lie.field, lie.kind)
            assert method == "MakeQuote" or set(given) == {true}, (lie.field, lie.kind)
            unseen += 1
            asked.reset()
    record_property("count", f"{count} lies to {method}, {unseen} about what nobody looks at")
    assert count > 10 * unseen > 0


def test_30_every_field_is_lied_about() -> None:
    """A field that is new in a message is lied about without a line here, or this fails."""
    told: set[str] = set()
    for method, (_, within, _) in REQUESTS.items():
        _, honest, elsewhere = requests_of(method)
        told |= {lie.field for lie in lies(honest, elsewhere, within=within)}
    assert fields_of(chain_pb2.ChainProof.DESCRIPTOR) - told == set()
    assert fields_of(pb.Newcomer.DESCRIPTOR) - told == set()
    assert set(UNSEEN) <= told


def test_30_every_request_that_rests_on_the_chain_is_lied_to() -> None:
    resting = {
        method.name
        for method in SERVICE.methods
        if chain_pb2.ChainProof.DESCRIPTOR.full_name in _messages(method.input_type)
    }
    assert resting == set(REQUESTS)


def _messages(kind: Descriptor) -> set[str]:
    inner = [field.message_type for field in kind.fields if field.message_type is not None]
    return {str(kind.full_name)}.union(*(_messages(one) for one in inner))
