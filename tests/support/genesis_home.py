"""`seedpactd genesis` on one home, for tests."""

from __future__ import annotations

from typing import Final

from node.cli.exit_codes import ExitCode
from node.cli.main import run
from node.config import Home
from node.genesis import GenesisFile
from tests.support.cli import Answer, Cli

CHAIN_ID: Final = "by-hand-1"
FUNDS: Final = "1000000000useed"


class Genesis:
    """`seedpactd genesis` on one home, with an account `op` in its keyring."""

    def __init__(self, cli: Cli, home: Home) -> None:
        self.cli = cli
        self.home = home

    def __call__(self, command: str, *arguments: str) -> Answer:
        return self.cli("genesis", command, "--home", str(self.home.path), *arguments)

    def file(self) -> GenesisFile:
        """The file as it stands."""
        return GenesisFile.load(self.home.genesis)

    def network_id(self) -> str:
        """As the command says it."""
        return str(self("network-id", "--output", "json").done().json["network_id"])

    def operator(self) -> str:
        """The address of `op`."""
        arguments = ["keys", "show", "op", "-a", "--home", str(self.home.path)]
        return str(self.cli(*arguments).done().stdout.strip())


def make_home(home: Home, *, complete: bool, mode: str = "software") -> None:
    """A home with the account `op`; its genesis without entries, or with all that it needs."""
    at = ["--home", str(home.path)]
    backend = ["--keyring-backend", "test"]
    commands = [
        ["init", "berlin", "--chain-id", CHAIN_ID, "--mode", mode, *backend],
        ["keys", "add", "op"],
    ]
    if complete:
        commands += [["genesis", "add-validator"], ["genesis", "add-account", "op", FUNDS]]
    for command in commands:
        assert run([*command, *at]) == ExitCode.DONE
