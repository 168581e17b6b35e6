"""What counts as ready."""

from __future__ import annotations

from pathlib import Path

from enclave.crypto.endpoint import ENDPOINT_FILE
from node.supervisor.probes import enclave_answers
from tests.support.cli import served


def test_an_enclave_of_another_home_is_not_ours(tmp_path: Path) -> None:
    """Ours has not written its token yet: who answers at its port is another one."""
    with served(tmp_path / "another") as another:
        assert not enclave_answers(another.address, token=tmp_path / "ours" / ENDPOINT_FILE)()
        assert enclave_answers(another.address, token=another.home / ENDPOINT_FILE)()
        assert enclave_answers(another.address, token=None)()
