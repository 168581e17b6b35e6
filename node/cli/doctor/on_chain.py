"""Checks of the running node: the enclave, the network, the clock, the record and its money."""

from __future__ import annotations

import time
from typing import Final

from chain_module.address import to_text
from chain_module.bank.coins import DENOM
from enclave.errors import Code
from enclave.registration.measurement_codec import measurement_from_proto
from enclave.registration.network_codec import mode_from_proto
from enclave.time import NANOSECONDS
from enclave.wire import encode
from node.chain_client.failures import ChainCode
from node.chain_client.transactions import Price, fee_of
from node.cli.doctor.subject import Skipped, Subject
from node.cli.enclave.info import state_name
from node.cli.failures import CliCode, Failure
from node.cli.query.registration import status_name
from node.cli.times import utc_seconds
from node.config.cometbft import read_cometbft
from node.join.failures import JoinCode
from node.join.homing import own_network
from node.join.journal import Journal
from node.join.peers import PEERS
from node.supervisor.failures import SupervisorCode
from seedpact.registration.v1 import types_pb2

MAX_CLOCK_SECS: Final = 60
DAY_SECS: Final = 86_400
MIN_LIFE_SECS: Final = 3 * DAY_SECS
RENEWALS: Final = 3
"""A healthy operator can pay for so many registers."""


def enclave(subject: Subject) -> str:
    """The enclave answers, in the mode of the configuration, and no fork was proven to it."""
    found = mode_from_proto(subject.enclave.mode)
    if found is not subject.config.enclave_mode:
        raise Failure(
            Code.WRONG_MODE,
            expected=f"an enclave in {subject.config.enclave_mode.value} mode",
            found=f"one in {found.value} mode",
        )
    if subject.enclave.forked:
        raise Failure(
            Code.FORKED,
            expected="an enclave that knows of one chain",
            found="one to which two signed headers of one height were proven",
        )
    state = state_name(subject.enclave.state)
    return f"{state} at {subject.config.enclave_address}, version {subject.enclave.version}"


def chain(subject: Subject) -> str:
    """The node serves the chain that is meant."""
    found = subject.engine.chain_id
    if subject.chain_id and subject.chain_id != found:
        raise Failure(ChainCode.ANOTHER_CHAIN, expected=subject.chain_id, found=found)
    return f"{found}, block {subject.engine.latest_height}"


def network(subject: Subject) -> str:
    """Genesis, enclave and chain agree on the network's id."""
    network = own_network(subject.home)
    if network is None:
        raise Skipped("the home has no genesis")
    own = network.id
    told = {"the enclave": subject.enclave.network_id, "the chain": subject.params.network_id}
    for who, found in told.items():
        if found and found != own:
            raise Failure(
                Code.WRONG_NETWORK,
                expected=f"network {own.hex()}, as the home's genesis says",
                found=f"{found.hex()} for {who}",
            )
    return own.hex()


def measurement(subject: Subject) -> str:
    """The enclave's code is on the policy's list."""
    own = subject.enclave.measurement
    listed = subject.chain.policy().measurements
    if not any(_admits(entry, own) for entry in listed):
        raise Failure(
            Code.MEASUREMENT_NOT_ALLOWED,
            expected=f"one of the {len(listed)} measurements of the policy",
            found=str(measurement_from_proto(own)),
        )
    return "on the policy's list"


def clock(subject: Subject) -> str:
    """This machine's clock fits the chain's; CometBFT's proposals need it."""
    if subject.engine.catching_up:
        raise Skipped("the node catches up: its newest block is old")
    off = time.time() - subject.engine.latest_time_ns / NANOSECONDS
    if abs(off) > MAX_CLOCK_SECS:
        raise Failure(
            CliCode.CLOCK_OFF,
            expected=f"a newest block within {MAX_CLOCK_SECS} s of this clock",
            found=f"one {abs(off):.0f} s {'ago' if off > 0 else 'ahead'}",
        )
    return f"newest block {off:.1f} s ago"


def peers(subject: Subject) -> str:
    """The node has peers, unless it is the only validator."""
    found = subject.chain.peers()
    engine = subject.engine
    alone = engine.latest_height and engine.validator_power
    if not found and not (alone and len(subject.chain.validators()) == 1):
        named = subject.home.is_initialized and read_cometbft(subject.home, PEERS)
        raise Failure(
            CliCode.NO_PEERS,
            expected="at least one peer",
            found=f"none of {named}" if named else "none, and config.toml names none",
        )
    return f"{len(found)}"


def record(subject: Subject) -> str:
    """The node is registered, and for a while."""
    _check_has_keys(subject)
    found = subject.record
    if found is None:
        raise Failure(
            CliCode.NOT_REGISTERED,
            expected=f"a record of node {subject.enclave.node_id.hex()}",
            found="none on the chain",
        )
    left = found.expires_at.seconds - subject.engine.latest_time_ns // NANOSECONDS
    until = utc_seconds(found.expires_at.seconds)
    if found.status == types_pb2.NODE_STATUS_REVOKED:
        raise Failure(
            Code.NODE_REVOKED, expected="a record that stands", found="one that was revoked"
        )
    if found.status != types_pb2.NODE_STATUS_CONFIRMED or left < MIN_LIFE_SECS:
        raise Failure(
            CliCode.RECORD_ENDS,
            expected=f"status CONFIRMED for {MIN_LIFE_SECS // DAY_SECS} days more",
            found=f"{status_name(found)} until {until}",
        )
    return f"{status_name(found)} until {until}"


def _check_has_keys(subject: Subject) -> None:
    """That the enclave is not EMPTY where this home registered."""
    known = b"" if subject.enclave.node_id else Journal(subject.home.run).notes.node_id
    if known and subject.chain.node(known) is not None:
        raise Failure(
            SupervisorCode.ENCLAVE_STATE_LOST,
            expected=f"the enclave of node {known.hex()}, which has a record on the chain",
            found=f"an enclave that is {state_name(subject.enclave.state)}",
        )


def funds(subject: Subject) -> str:
    """The operator can pay for what its node has to send."""
    operator = subject.operator
    if operator is None:
        raise Skipped("node.toml names no operator's key: others renew this node")
    address = operator.raw_address
    price = Price(gas_price=subject.config.minimum_gas_price.amount)
    needed = RENEWALS * fee_of(int(subject.params.params.register_gas), price).amount
    balance = subject.chain.balance(address)
    if balance < needed:
        raise Failure(
            JoinCode.NO_FUNDS,
            expected=f"{needed}{DENOM} or more at {to_text(address)}, for {RENEWALS} registers",
            found=f"{balance}{DENOM}",
        )
    return f"{balance}{DENOM} at {to_text(address)}"


def _admits(listed: types_pb2.Measurement, own: types_pb2.Measurement) -> bool:
    """Gate 5's rule: the listed isv_svn is a lower bound, all else is equal."""
    if listed.WhichOneof("kind") != own.WhichOneof("kind") or not own.HasField("sgx"):
        return encode(listed) == encode(own)
    bound = types_pb2.Measurement()
    bound.CopyFrom(own)
    bound.sgx.isv_svn = listed.sgx.isv_svn
    return encode(bound) == encode(listed) and own.sgx.isv_svn >= listed.sgx.isv_svn
