"""Where the files of one node lie. Everything else asks here.

config/    config.toml and the keys (CometBFT's), node.toml and client.toml (ours), genesis.json
data/      CometBFT's; data/seedpact/ is the application's
enclave/   the enclave's own home
keyring-test/, keyring-file/, logs/, run/
receipt.json, of a localnet's node that registered
abci.sock  between CometBFT and the application
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from enclave.crypto.endpoint import ENDPOINT_FILE
from node.config.failures import ConfigCode, ConfigFailure
from node.config.files import expanded, make_folder

DEFAULT_HOME: Final = "~/.seedpact"
HOME_VARIABLE: Final = "SEEDPACT_HOME"
MAX_SOCKET_PATH: Final = 107
"""Bytes of a unix socket's path on Linux: sizeof(sun_path) less its final NUL."""

MAX_NAME_BYTES: Final = 255
MAX_PATH_BYTES: Final = 3_000
"""Linux has 4,096 for a whole path, and the home's own files are below it."""

_SOCKET_NAME: Final = "abci.sock"


def check_path(path: Path) -> None:
    """That files of ours can lie under this path, and configuration can name it.

    Raises:
        ConfigFailure: BAD_HOME_PATH.
    """
    if not _is_utf8(path):
        found = f"{str(path)!r}, with other bytes"
    elif any(len(os.fsencode(name)) > MAX_NAME_BYTES for name in path.parts):
        found = "a longer name"
    elif len(os.fsencode(path)) > MAX_PATH_BYTES:
        found = f"a path of {len(os.fsencode(path))} bytes"
    else:
        return
    raise ConfigFailure(
        ConfigCode.BAD_HOME_PATH,
        expected=f"a path in UTF-8 of at most {MAX_PATH_BYTES} bytes, {MAX_NAME_BYTES} a name",
        found=found,
    )


def _is_utf8(path: Path) -> bool:
    """Whether its bytes are its text in UTF-8, as TOML, and so the engine, will read it."""
    try:
        return os.fsencode(path).decode("utf-8") == str(path)
    except UnicodeError:
        return False


@dataclass(frozen=True, slots=True)
class Home:
    """One node's folder. Makes and reads nothing by itself."""

    path: Path
    """Absolute, or relative to the process's folder."""

    @staticmethod
    def of(text: str) -> Home:
        """The home that a person named; "~" is theirs. Made absolute, symbolic links kept.

        Raises:
            ConfigFailure: NO_HOME_FOLDER or BAD_HOME_PATH.
        """
        path = Path(os.path.abspath(expanded(text)))  # noqa: PTH100 (no resolving)
        check_path(path)
        return Home(path)

    @property
    def is_default(self) -> bool:
        """Whether it is the one of commands that name none."""
        try:
            return self == Home.of(DEFAULT_HOME)
        except ConfigFailure:
            return False

    @property
    def config(self) -> Path:
        """The folder of what an operator may edit, and of the keys."""
        return self.path / "config"

    @property
    def cometbft_config(self) -> Path:
        """CometBFT's config.toml."""
        return self.config / "config.toml"

    @property
    def node_config(self) -> Path:
        """Our node.toml."""
        return self.config / "node.toml"

    @property
    def client_config(self) -> Path:
        """Our client.toml."""
        return self.config / "client.toml"

    @property
    def genesis(self) -> Path:
        """The network's genesis.json, as CometBFT reads it."""
        return self.config / "genesis.json"

    @property
    def collateral(self) -> Path:
        """The collateral that the operator named last, for renewals; not every home has one."""
        return self.config / "collateral.json"

    @property
    def node_key(self) -> Path:
        """CometBFT's key among its peers."""
        return self.config / "node_key.json"

    @property
    def validator_key(self) -> Path:
        """CometBFT's consensus key. Two nodes with one such key get a validator slashed."""
        return self.config / "priv_validator_key.json"

    @property
    def address_book(self) -> Path:
        """The peers that CometBFT has met; its own, and made anew where it is missing."""
        return self.config / "addrbook.json"

    @property
    def data(self) -> Path:
        """CometBFT's databases."""
        return self.path / "data"

    @property
    def validator_state(self) -> Path:
        """What the consensus key signed last: keeps it from signing twice."""
        return self.data / "priv_validator_state.json"

    @property
    def application_data(self) -> Path:
        """The application's database and snapshots."""
        return self.data / "seedpact"

    @property
    def enclave(self) -> Path:
        """The enclave's home."""
        return self.path / "enclave"

    @property
    def enclave_state(self) -> Path:
        """The enclave's sealed state."""
        return self.enclave / "state.sealed"

    @property
    def enclave_backup(self) -> Path:
        """Its second copy, which `register` takes back."""
        return self.enclave / "backup.sealed"

    @property
    def enclave_token(self) -> Path:
        """The token by which this home's enclave is known at its port."""
        return self.enclave / ENDPOINT_FILE

    @property
    def logs(self) -> Path:
        """One file a process."""
        return self.path / "logs"

    @property
    def run(self) -> Path:
        """Pid files, and how far `register` came."""
        return self.path / "run"

    def keyring(self, backend: str) -> Path:
        """The folder of a keyring: keyring-test or keyring-file."""
        return self.path / f"keyring-{backend}"

    @property
    def default_socket(self) -> Path:
        """Where the application listens for CometBFT, unless node.toml says otherwise.

        A home whose path is too long for a unix socket gets a folder under the system's temporary
        one, named by the user and the home.
        """
        path = self.path / _SOCKET_NAME
        if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
            return path
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"seedpact-{os.getuid()}-{digest}" / _SOCKET_NAME

    @property
    def is_initialized(self) -> bool:
        """Whether `init` was here."""
        return self.node_config.is_file()

    def require(self) -> Home:
        """This home, where `init` was here.

        Raises:
            ConfigFailure: NO_HOME.
        """
        if not self.is_initialized:
            found = "a folder without it" if self.path.is_dir() else "no such folder"
            raise ConfigFailure(
                ConfigCode.NO_HOME, expected=f"a node's home with {self.node_config}", found=found
            )
        return self

    def make_folders(self) -> None:
        """Makes every folder that a node needs. Raises ConfigFailure: CANNOT_WRITE."""
        folders = (self.path, self.config, self.data, self.enclave, self.logs, self.run)
        for folder in folders:
            make_folder(folder)
