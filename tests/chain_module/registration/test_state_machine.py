"""The life of a network's nodes against a plain model: any order of steps, real state and quotes.

The model knows nodes as small objects and the policy as flags. It predicts the name with which
each step is refused, and after each block the whole of what the state must say.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Final

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chain_module.registration import keeper, keys
from chain_module.registration.messages import MsgRegisterNode, MsgRevokeNode, MsgUpdatePolicy
from chain_module.store.types import prefix_end
from enclave.framework.key_manager import MAX_QUOTES
from enclave.registration.records import NodeStatus
from tests.support.enclaves import Node, policy
from tests.support.laws import slow_law
from tests.support.registration_chain import (
    AUTHORITY,
    BLOCK_SECONDS,
    RegistrationChain,
    open_genesis,
    params,
    reason_of,
)

OPERATORS: Final = (bytes([1]) * 20, bytes([2]) * 20)
MACHINES: Final = 2
NODES: Final = 4
LIFE_BLOCKS: Final = 12
INTERVAL: Final = 1
AGE: Final = 6
START: Final = 8

WHO: Final = st.integers(min_value=0, max_value=NODES - 1)
SOME: Final = st.sampled_from([None, None, None, *range(NODES)])
SELDOM: Final = st.sampled_from([False, False, False, False, True])


@dataclass
class ModelNode:
    """One enclave, as the model sees it."""

    node: Node
    machine: int
    operator: bytes | None = None
    status: NodeStatus | None = None
    anchor: int = 0
    expires: int = 0
    """The first block in which it is EXPIRED."""
    used: list[MsgRegisterNode] = field(default_factory=list)

    @property
    def live(self) -> bool:
        """Whether it takes its machine."""
        return self.status is NodeStatus.CONFIRMED


@dataclass
class ModelPolicy:
    """The two switches that steps turn: each is narrow where true."""

    frozen: bool = False
    one_node: bool = False


class Lifecycle(RuleBasedStateMachine):
    """Blocks of one chain."""

    @initialize()
    def start(self) -> None:
        """Four enclaves on two machines; one on each has registered."""
        self.chain = RegistrationChain(
            open_genesis(
                params_=params(
                    registration_period_secs=LIFE_BLOCKS * BLOCK_SECONDS,
                    operator_interval_blocks=INTERVAL,
                ),
                policy_=policy(max_quote_age_blocks=AGE),
            )
        )
        self.chain.commit_until(START)
        self.nodes = [ModelNode(Node(f"node {n}"), n % MACHINES) for n in range(NODES)]
        for number, model in enumerate(self.nodes):
            model.node.attestor = self.nodes[number % MACHINES].node.attestor
            model.node.start()
            self.chain.prepare(model.node)
        self.last: dict[bytes, int] = {}
        self.newest = ModelPolicy()
        self.held: tuple[ModelPolicy, int] | None = None
        self.serial = 1
        for model, operator in zip(self.nodes, OPERATORS, strict=False):
            self.submit(
                model, self.chain.quote(model.node, operator, anchor=START - 5), again=False
            )
        self.commit(1)

    # What the model predicts.

    def in_force(self) -> ModelPolicy:
        """For the block that runs."""
        held = self.held
        return self.newest if held is None or self.chain.height >= held[1] else held[0]

    def predicted(self, who: ModelNode, operator: bytes, anchor: int, *, again: bool) -> str:
        """What becomes of a register."""
        rules, height = self.in_force(), self.chain.height
        taken = any(
            other.live for other in self.nodes if other is not who and other.machine == who.machine
        )
        last = self.last.get(operator)
        verdicts = (
            ("frozen", rules.frozen),
            ("stale_quote", height - anchor > AGE),
            ("rate_limited", last is not None and height - last < INTERVAL),
            ("already_registered", again),
            ("node_revoked", who.status is NodeStatus.REVOKED),
            ("operator_mismatch", who.operator not in (None, operator)),
            ("anchor_not_newer", who.operator is not None and anchor <= who.anchor),
            ("machine_in_use", rules.one_node and taken),
        )
        return next((name for name, holds in verdicts if holds), "passed")

    # Steps.

    @rule(
        who=WHO,
        operator=st.sampled_from(OPERATORS),
        back=st.integers(min_value=2, max_value=4) | st.just(AGE + 1),
    )
    def register(self, who: int, operator: bytes, back: int) -> None:
        """A new quote, with an anchor so many blocks back."""
        model = self.nodes[who]
        self.submit(model, self.quote(model, operator, back), again=False)

    @precondition(lambda self: any(model.used for model in self.nodes))
    @rule(data=st.data(), back=st.integers(min_value=2, max_value=4))
    def renew(self, data: st.DataObject, back: int) -> None:
        """A new quote of a node that registered before, by its own operator."""
        model = data.draw(st.sampled_from([model for model in self.nodes if model.used]))
        assert model.operator is not None
        self.submit(model, self.quote(model, model.operator, back), again=False)

    @precondition(lambda self: any(model.used for model in self.nodes))
    @rule(data=st.data(), thief=st.none() | st.sampled_from(OPERATORS))
    def register_again(self, data: st.DataObject, thief: bytes | None) -> None:
        """A quote that was used, by its owner or by another."""
        model = data.draw(st.sampled_from([model for model in self.nodes if model.used]))
        register = data.draw(st.sampled_from(model.used))
        if thief is not None:
            register = dataclasses.replace(register, operator=thief)
        self.submit(model, register, again=True)

    def quote(self, model: ModelNode, operator: bytes, back: int) -> MsgRegisterNode:
        """Nobody here imports the seed, and a newcomer's enclave makes only so many quotes."""
        assume(model.node.info().quotes < MAX_QUOTES)
        return self.chain.quote(model.node, operator, anchor=self.chain.height - back)

    def submit(self, model: ModelNode, register: MsgRegisterNode, *, again: bool) -> None:
        """The gates say what the model predicts; what passes is confirmed."""
        anchor, operator = register.anchor_height, register.operator
        expected = self.predicted(model, operator, anchor, again=again)
        assert reason_of(lambda: self.chain.check(register)) == expected
        if expected != "passed":
            return
        answer = self.chain.ask(register)
        assert not answer.HasField("refusal"), "what passes the chain's gates passes the enclave's"
        self.chain.confirm(register, answer)
        model.operator, model.anchor = operator, anchor
        model.status = NodeStatus.CONFIRMED
        model.expires = self.chain.height + LIFE_BLOCKS
        model.used.append(register)
        self.last[operator] = self.chain.height

    @rule(who=SOME, signer=st.sampled_from([*OPERATORS, AUTHORITY]))
    def revoke(self, who: int | None, signer: bytes) -> None:
        """By an operator or the authority; most of the time nobody tries."""
        if who is None:
            return
        model = self.nodes[who]
        node_id = model.node.info().node_id
        if model.operator is None:
            expected = "no_such_node"
        elif signer not in (model.operator, AUTHORITY):
            expected = "not_authority"
        elif model.status is NodeStatus.REVOKED:
            expected = "node_revoked"
        else:
            expected = "passed"
            model.status = NodeStatus.REVOKED
        message = MsgRevokeNode(signer, node_id)
        assert reason_of(lambda: self.chain.execute(message)) == expected

    @rule(frozen=SELDOM, one_node=st.booleans())
    def change_policy(self, *, frozen: bool, one_node: bool) -> None:
        """Either way, both, or none."""
        now, new = self.in_force(), ModelPolicy(frozen, one_node)
        narrows = (new.frozen and not now.frozen) or (new.one_node and not now.one_node)
        widens = (now.frozen and not new.frozen) or (now.one_node and not new.one_node)
        message = MsgUpdatePolicy(
            AUTHORITY,
            policy(
                serial=self.serial + 1,
                frozen=frozen,
                one_node_per_machine=one_node,
                max_quote_age_blocks=AGE,
            ),
        )
        if narrows and widens:
            expected = "policy_change_mixed"
        elif new == self.newest:
            expected = "policy_unchanged"
        else:
            expected = "passed"
            self.held = (now, self.chain.height + 2) if widens else None
            self.newest = new
            self.serial += 1
        assert reason_of(lambda: self.chain.execute(message)) == expected

    @rule(blocks=st.integers(min_value=1, max_value=4))
    def commit(self, blocks: int) -> None:
        """Time passes: records expire, a wider policy comes into force."""
        for _ in range(blocks):
            self.chain.commit()
            due = [
                model for model in self.nodes if model.live and self.chain.height >= model.expires
            ]
            for model in due:
                model.status = NodeStatus.EXPIRED
            if self.held is not None and self.chain.height >= self.held[1]:
                self.held = None

    # What must hold after each step.

    @invariant()
    def the_state_is_the_models(self) -> None:
        """Records, indexes and policy."""
        state = self.chain.block
        for model in self.nodes:
            record = keeper.node(state, model.node.info().node_id)
            assert (record is None) == (model.operator is None)
            if record is not None:
                assert (record.status, record.operator) == (model.status, model.operator)
        rules = keeper.policy_in_force(state, self.chain.height)
        assert ModelPolicy(rules.frozen, rules.one_node_per_machine) == self.in_force()
        newest = keeper.newest_policy(state)
        assert ModelPolicy(newest.frozen, newest.one_node_per_machine) == self.newest
        assert (keeper.held_policy(state) is None) == (self.held is None)

    @invariant()
    def both_indexes_hold_the_confirmed_records_and_no_others(self) -> None:
        """One entry each."""
        state = self.chain.block
        confirmed = sorted(
            record.node_id
            for record in keeper.nodes(state)
            if record.status is NodeStatus.CONFIRMED
        )
        store = state.store(keys.STORE)
        live = [keys.live_node(key) for key, _ in store.iterate(keys.LIVE, prefix_end(keys.LIVE))]
        expiry = store.iterate(keys.EXPIRY, prefix_end(keys.EXPIRY))
        assert sorted(live) == confirmed
        assert sorted(keys.expiring_node(key) for key, _ in expiry) == confirmed

    @invariant()
    def every_quote_that_was_used_stays_used(self) -> None:
        """One id for each confirm."""
        state = self.chain.block.store(keys.STORE)
        used = sum(len(model.used) for model in self.nodes)
        found = state.iterate(keys.ATTESTATION_IDS, prefix_end(keys.ATTESTATION_IDS))
        assert len(list(found)) == used


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = slow_law()
