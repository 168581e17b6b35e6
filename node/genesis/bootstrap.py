"""Asks the first enclave for the network's seed, and writes what it published into the genesis.

An enclave bootstraps once for ever, and seals the network_id of that moment. So everything that can
be wrong is found before it is asked; and where it did bootstrap and the genesis was not written, it
is asked for its quote once more (protocol.md section 9).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from chain_module.registration.bootstrap import bootstrapped
from chain_module.registration.genesis import GenesisNetwork
from chain_module.registration.identity import NetworkGenesis
from enclave.attestation.policy import MeasurementIn
from enclave.crypto.labels import Mode
from enclave.crypto.seed_envelope import node_id
from enclave.errors import Code, Refusal
from enclave.registration.measurement_codec import measurement_from_proto
from enclave.registration.network import MODE_NUMBER
from enclave.registration.network_codec import network_to_proto
from enclave.registration.records import NetworkKeys, verdict_of
from enclave.time import NANOSECONDS
from node.enclave_client import EnclaveClient
from node.genesis.checks import check_can_pay, read_network, verify_founder
from node.genesis.document import GenesisFile
from node.genesis.failures import GenesisCode, GenesisFailure
from node.genesis.times import format_time
from seedpact.enclave.v1 import service_pb2 as pb


@dataclass(frozen=True, slots=True)
class Bootstrapped:
    """What was done."""

    network_id: bytes
    node_id: bytes
    pk_io: bytes
    kem_io: bytes
    again: bool
    """The enclave had done it before: it was only asked for its quote."""


def bootstrap(genesis: GenesisFile, client: EnclaveClient, *, operator: bytes) -> Bootstrapped:
    """Makes the network's seed and completes the genesis, in memory; the caller saves it.

    Args:
        genesis: changed, unless it has what this same enclave made.
        client: of the enclave that will be the first node's.
        operator: 20 bytes, the account that pays for that node.

    Raises:
        GenesisFailure: GENESIS_BOOTSTRAPPED by another enclave, GENESIS_NOT_READY,
            GENESIS_TIME_TOO_EARLY, or what is wrong with the genesis; then the enclave was not
            asked for a seed.
        Refusal: the enclave is not one that this genesis admits, or its evidence does not hold.
        EnclaveFailure: it did not do it.
    """
    network = read_network(genesis)
    info = client.get_info()
    again = info.state == pb.ENCLAVE_STATE_HOLDER
    present = network.registration.network
    if present is not None:
        if info.exchange_key != present.exchange_key:
            genesis.require_open()  # says whose keys it has
        return _answer(network, present, again=True)
    _check_enclave(network, info)
    check_can_pay(network, operator)
    if again:
        made = _asked_again(client, network, info)
    else:
        check_start(network, now_ns=int(time.time()) * NANOSECONDS)
        made = _made(client, network)
    report = verify_founder(network, made)
    verdict = verdict_of(report)
    genesis.set_registration(bootstrapped(network, made, operator=operator, verdict=verdict))
    return _answer(network, made, again=again)


def _answer(network: NetworkGenesis, made: GenesisNetwork, *, again: bool) -> Bootstrapped:
    return Bootstrapped(
        network_id=network.network_id,
        node_id=node_id(network.registration.floor.mode, made.exchange_key),
        pk_io=made.keys.pk_io,
        kem_io=made.keys.kem_io,
        again=again,
    )


def _made(client: EnclaveClient, network: NetworkGenesis) -> GenesisNetwork:
    answer = client.bootstrap(pb.BootstrapRequest(network=network_to_proto(network.inputs)))
    return GenesisNetwork(
        keys=_keys(network, answer.pk_io, answer.kem_io),
        exchange_key=answer.exchange_key,
        tls_key=answer.tls_key,
        quote=answer.evidence.quote,
        collateral=answer.evidence.collateral,
    )


def _asked_again(
    client: EnclaveClient, network: NetworkGenesis, info: pb.GetInfoResponse
) -> GenesisNetwork:
    if info.network_id != network.network_id:
        raise Refusal(
            Code.WRONG_NETWORK,
            expected=f"an enclave without a seed, or of network {network.network_id.hex()}",
            found=f"a holder of network {info.network_id.hex()}, chain id {info.chain_id!r}",
        )
    answer = client.make_quote(pb.MakeQuoteRequest(bootstrap=pb.BootstrapPurpose()))
    keys = client.get_network_keys().keys[0]
    return GenesisNetwork(
        keys=_keys(network, keys.pk_io, keys.kem_io),
        exchange_key=answer.exchange_key,
        tls_key=answer.tls_key,
        quote=answer.evidence.quote,
        collateral=answer.evidence.collateral,
    )


def _keys(network: NetworkGenesis, pk_io: bytes, kem_io: bytes) -> NetworkKeys:
    start = network.inputs.initial_height
    return NetworkKeys(epoch=0, pk_io=pk_io, kem_io=kem_io, from_height=start, prev_seed=b"")


def _check_enclave(network: NetworkGenesis, info: pb.GetInfoResponse) -> None:
    """That the chain would admit this enclave, before it makes a seed for ever."""
    mode = network.registration.floor.mode
    if info.mode != MODE_NUMBER[mode]:
        raise Refusal(
            Code.WRONG_MODE,
            expected=f"an enclave in {mode.value} mode, as the floor says",
            found="one of the other mode",
        )
    allowed = MeasurementIn(network.registration.policy.measurements)
    allowed.check_measurement(measurement_from_proto(info.measurement))


def check_start(network: NetworkGenesis, *, now_ns: int) -> None:
    """Collateral of today is not valid at a genesis time of yesterday; asked before the bootstrap.

    Software collateral is made for the genesis time, whatever the clock says.

    Raises:
        GenesisFailure: GENESIS_TIME_TOO_EARLY.
    """
    start = network.inputs.genesis_time_unix_nanos
    if network.registration.floor.mode is Mode.HARDWARE and start < now_ns:
        raise GenesisFailure(
            GenesisCode.GENESIS_TIME_TOO_EARLY,
            expected=f"a genesis time from {format_time(now_ns)} on: after the collateral's issue",
            found=format_time(start),
        )
