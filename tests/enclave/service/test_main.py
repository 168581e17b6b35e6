"""The words of the enclave's command line."""

from __future__ import annotations

import pytest

from enclave.service.main import main

NO_HOME = ("--mode", "software", "--home", "")


@pytest.mark.parametrize("text", ["", ":1", "1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536"])
def test_another_address_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--listen", text, *NO_HOME])
    assert f"--listen: expected HOST:PORT, found {text!r}" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["127.0.0.1:0", "127.0.0.1:65535", "[::1]:1"])
def test_another_argument_is_at_fault(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--listen", text, *NO_HOME])
    assert "--home: expected a directory" in capsys.readouterr().err
