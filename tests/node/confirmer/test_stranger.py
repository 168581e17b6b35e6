"""Who answers at the enclave's port and is not the enclave: never asked, said once, and left."""

from __future__ import annotations

from pathlib import Path

import pytest

from enclave.crypto.endpoint import ENDPOINT_FILE
from node.confirmer import Away, Confirmer
from node.enclave_client import EnclaveClient
from node.metrics import Metrics
from seedpact.enclave.v1 import chain_pb2
from tests.support.abci_client import LogLines
from tests.support.cometbft import wait_for
from tests.support.process import enclave_process
from tests.support.registrations import REGISTRATION
from tests.support.squatter import knows, plausible, squatter

SOON = 0.01
NEVER = 1e6
DEADLINE = 20.0


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / ENDPOINT_FILE
    path.write_bytes(bytes(32))
    return path


def said(log: LogLines) -> list[object]:
    return [line["event"] for line in log.lines]


def asked(confirmer: Confirmer) -> object:
    return confirmer.confirm(chain_pb2.ChainProof(), [REGISTRATION], height=9, deadline=DEADLINE)


def test_it_stays_away_from_a_stranger_and_says_so_once(token: Path) -> None:
    log = LogLines()
    with squatter(plausible) as there:
        client = EnclaveClient(there.address, token=token)
        with Confirmer(client, log=log, metrics=Metrics(), ping_every=SOON) as confirmer:
            wait_for(lambda: len(there.asked) >= 3, "pings")
            assert confirmer.away is not None
            assert "enclave_not_ours" in confirmer.away
            assert confirmer.node_id is None
            assert isinstance(asked(confirmer), Away)
    assert set(there.asked) == {"GetInfo"}
    (line,) = [line for line in log.lines if line["event"] == "enclave_not_ours"]
    assert line["level"] == "error"
    assert str(token.parent) in str(line["expected"])
    assert there.address in str(line["found"])


def test_one_who_takes_the_port_later_gets_no_question(token: Path) -> None:
    """Also before the next ping: a new connection is proven before its first question."""
    log = LogLines()
    with squatter(knows(bytes(32))) as ours:
        client = EnclaveClient(ours.address, token=token)
        confirmer = Confirmer(client, log=log, metrics=Metrics(), ping_every=NEVER)
        wait_for(lambda: confirmer.away is None, "the enclave to be here")
    client.close()
    with confirmer, squatter(plausible, ours.address) as there:
        answer = asked(confirmer)
        assert isinstance(answer, Away)
        assert "enclave_not_ours" in str(answer)
        assert "enclave_not_ours" in said(log)
        assert set(there.asked) == {"GetInfo"}
        assert confirmer.counters.quarantined == 0
        assert confirmer.counters.failed == 0


def test_it_comes_back_with_the_enclave_and_would_say_it_again(tmp_path: Path) -> None:
    log, home = LogLines(), tmp_path / "home"
    with enclave_process(home) as process:
        address = process.address
    with squatter(plausible, address):
        client = EnclaveClient(address, token=home / ENDPOINT_FILE)
        confirmer = Confirmer(client, log=log, metrics=Metrics(), ping_every=SOON)
        wait_for(lambda: "enclave_not_ours" in said(log), "the stranger")
    with confirmer:
        with enclave_process(home, "--listen", address):
            wait_for(lambda: confirmer.away is None, "the enclave")
        with squatter(plausible, address):
            wait_for(lambda: said(log).count("enclave_not_ours") == 2, "the stranger again")


def test_a_token_that_cannot_be_read_is_said_once(token: Path) -> None:
    token.write_bytes(b"")
    log = LogLines()
    with squatter(plausible) as there:
        client = EnclaveClient(there.address, token=token)
        with Confirmer(client, log=log, metrics=Metrics(), ping_every=SOON) as confirmer:
            wait_for(lambda: "enclave_token_unusable" in said(log), "the line")
            assert isinstance(asked(confirmer), Away)
    assert there.asked == []
    assert said(log).count("enclave_token_unusable") == 1
