"""A folder of keys, one file each, mode 0600. Two backends: `test` in clear, `file` encrypted.

The `file` backend has one password for all of its keys: a new key must come with the password that
opens those that are there. Nothing is remembered: who needs a key asks for the password once and
keeps the `SigningKey`.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cosmpy.aerial.wallet import LocalWallet

from enclave.errors import words_of
from node.config.failures import ConfigCode, ConfigFailure
from node.config.files import PRIVATE, create_file, make_folder, read_bytes
from node.keyring.box import Box, Cost, WrongPassword, seal, unseal
from node.keyring.failures import KeyringCode, KeyringFailure
from node.keyring.key import KeyInfo, SigningKey
from node.keyring.key_file import MAX_FILE_BYTES, KeyFile, associated_data, dump, parse
from node.keyring.mnemonic import private_key_of

MIN_PASSWORD: Final = 8
"""Characters."""
SUFFIX: Final = ".key"

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


class Backend(enum.StrEnum):
    """How keys are kept."""

    TEST = "test"
    FILE = "file"


class PasswordFor(enum.Enum):
    """What a password is asked for."""

    OPEN = "the keyring's password"
    NEW = "a new password for the keyring"


PasswordSource = Callable[[PasswordFor], str]


class Keyring:
    """One keyring. Reads and writes its folder at each call."""

    def __init__(
        self,
        folder: Path,
        backend: Backend,
        *,
        password: PasswordSource,
        cost: Cost = Cost(),  # noqa: B008 (a frozen value)
    ) -> None:
        """Takes a keyring that may not exist yet.

        Args:
            folder: `Home.keyring(backend)`.
            backend: how keys are kept there.
            password: is asked when a key is made, opened or exported; `test` never asks.
            cost: of guessing a password, for new keys.
        """
        self.backend = backend
        self._folder = folder
        self._password = password
        self._cost = cost

    def add(self, name: str, private_key: bytes) -> KeyInfo:
        """Keeps a key.

        Args:
            name: a new name.
            private_key: 32 bytes.

        Raises:
            KeyringFailure: BAD_KEY_NAME, BAD_KEY, KEY_EXISTS, WRONG_PASSWORD, WEAK_PASSWORD or
                CANNOT_WRITE.
        """
        self.require_new(name)
        key = SigningKey(name, private_key)
        private: bytes | Box = private_key
        if self.backend is Backend.FILE:
            private = seal(
                private_key,
                password=self._checked_password(),
                associated=associated_data(key.info),
                cost=self._cost,
            )
        self._create(self._path(name), dump(KeyFile(key.info, private)))
        return key.info

    def recover(self, name: str, mnemonic: str) -> KeyInfo:
        """Keeps the key of some words. Raises KeyringFailure as `add`."""
        self.require_new(name)
        return self.add(name, private_key_of(mnemonic))

    def list_keys(self) -> list[KeyInfo]:
        """All keys by name. Raises KeyringFailure: KEY_DAMAGED or UNREADABLE."""
        return [self._read(name).info for name in self._names()]

    def get(self, name: str) -> KeyInfo:
        """One key's public side.

        Raises:
            KeyringFailure: BAD_KEY_NAME, KEY_NOT_FOUND, KEY_DAMAGED or UNREADABLE.
        """
        return self._read(name).info

    def key(self, name: str) -> SigningKey:
        """One key, opened.

        Raises:
            KeyringFailure: as `get`, or WRONG_PASSWORD.
        """
        file = self._read(name)
        if isinstance(file.private, Box):
            return self._open(file, file.private, self._password(PasswordFor.OPEN))
        return self._fitting(file.info, file.private)

    def sign(self, name: str, message: bytes) -> bytes:
        """`SigningKey.sign` of that key. Raises KeyringFailure as `key`."""
        return self.key(name).sign(message)

    def wallet(self, name: str) -> LocalWallet:
        """That key as cosmpy's client takes it. Raises KeyringFailure as `key`."""
        return self.key(name).wallet()

    def delete(self, name: str) -> KeyInfo:
        """Removes a key for good. Raises KeyringFailure as `get`, or CANNOT_WRITE."""
        info, path = self.get(name), self._path(name)
        try:
            path.unlink()
        except OSError as error:
            raise KeyringFailure(
                KeyringCode.CANNOT_WRITE, expected=f"to remove {path}", found=words_of(error)
            ) from None
        return info

    def require_new(self, name: str) -> None:
        """That `name` can be given. Raises KeyringFailure: BAD_KEY_NAME or KEY_EXISTS."""
        self._path(name)
        taken = {other.lower(): other for other in self._names()}
        if name.lower() in taken:
            raise KeyringFailure(
                KeyringCode.KEY_EXISTS,
                expected=f"a new name, other than {name!r} in upper or lower case",
                found=f"the key {taken[name.lower()]!r} in {self._folder}",
            )

    def _path(self, name: str) -> Path:
        if _NAME.fullmatch(name) is None:
            raise KeyringFailure(
                KeyringCode.BAD_KEY_NAME,
                expected="a name of 1 to 64 letters, digits, dots, dashes and underscores",
                found=repr(name),
            )
        return self._folder / f"{name}{SUFFIX}"

    def _names(self) -> list[str]:
        try:
            entries = [path.name for path in self._folder.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise KeyringFailure(
                KeyringCode.UNREADABLE,
                expected=f"a keyring at {self._folder}",
                found=words_of(error),
            ) from None
        names = (entry.removesuffix(SUFFIX) for entry in entries if entry.endswith(SUFFIX))
        return sorted(name for name in names if _NAME.fullmatch(name))

    def _read(self, name: str) -> KeyFile:
        path = self._path(name)
        try:
            data = read_bytes(path, limit=MAX_FILE_BYTES)
        except ConfigFailure as failure:
            raise KeyringFailure(
                KeyringCode.UNREADABLE, expected=failure.expected, found=failure.found
            ) from None
        if data is None and path.is_symlink():
            raise KeyringFailure(
                KeyringCode.KEY_DAMAGED,
                expected=f"{path} as the key {name!r} of this keyring",
                found=f"a link to nothing, {str(path.readlink())!r}",
            )
        if data is None:
            known = ", ".join(self._names()) or "none"
            raise KeyringFailure(
                KeyringCode.KEY_NOT_FOUND,
                expected=f"a key {name!r} in {self._folder}",
                found=f"these keys: {known}",
            )
        return parse(data, path=path, name=name, encrypted=self.backend is Backend.FILE)

    def _checked_password(self) -> str:
        """The keyring's password: a new one for an empty keyring, else the one that opens it."""
        for name in self._names():
            file = self._read(name)
            if isinstance(file.private, Box):
                password = self._password(PasswordFor.OPEN)
                self._open(file, file.private, password)
                return password
        password = self._password(PasswordFor.NEW)
        check_strength(password)
        return password

    def _open(self, file: KeyFile, box: Box, password: str) -> SigningKey:
        try:
            private = unseal(box, password=password, associated=associated_data(file.info))
        except WrongPassword:
            raise KeyringFailure(
                KeyringCode.WRONG_PASSWORD,
                expected=f"the password of the keyring {self._folder}",
                found=f"one that does not open {file.info.name!r}",
            ) from None
        return self._fitting(file.info, private)

    def _fitting(self, info: KeyInfo, private: bytes) -> SigningKey:
        key = SigningKey(info.name, private)
        if key.info != info:
            raise KeyringFailure(
                KeyringCode.KEY_DAMAGED,
                expected=f"{self._path(info.name)} with the public key of its private one",
                found="another public key",
            )
        return key

    def _create(self, path: Path, data: bytes) -> None:
        try:
            make_folder(self._folder)
            create_file(path, data, mode=PRIVATE)
        except ConfigFailure as failure:
            exists = failure.code is ConfigCode.HOME_EXISTS
            code = KeyringCode.KEY_EXISTS if exists else KeyringCode.CANNOT_WRITE
            raise KeyringFailure(code, expected=failure.expected, found=failure.found) from None


def check_strength(password: str) -> None:
    """That a new password may do. Raises KeyringFailure: WEAK_PASSWORD."""
    if len(password) < MIN_PASSWORD:
        raise KeyringFailure(
            KeyringCode.WEAK_PASSWORD,
            expected=f"a password of at least {MIN_PASSWORD} characters",
            found=f"{len(password)}",
        )
