"""What counts as ready."""

from __future__ import annotations

from pathlib import Path

from enclave.crypto.endpoint import ENDPOINT_FILE
from node.supervisor.probes import enclave_answers, in_time
from tests.support.cli import served


def test_an_enclave_of_another_home_is_not_ours(tmp_path: Path) -> None:
    """Ours has not written its token yet: who answers at its port is another one."""
    with served(tmp_path / "another") as another:
        assert not enclave_answers(another.address, token=tmp_path / "ours" / ENDPOINT_FILE)()
        assert enclave_answers(another.address, token=another.home / ENDPOINT_FILE)()
        assert enclave_answers(another.address, token=None)()


def test_patience_has_an_end() -> None:
    assert not in_time(lambda: False, secs=600)()
    assert in_time(lambda: True, secs=600)()
    assert in_time(lambda: False, secs=0)()
