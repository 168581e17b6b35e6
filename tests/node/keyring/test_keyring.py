"""The keyring: what is kept comes back, to its owner alone, under its own name."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from coincurve import PublicKey
from cosmpy.crypto.keypairs import PublicKey as CosmpyPublicKey
from hypothesis import given
from hypothesis import strategies as st

from node.keyring import Backend, Keyring, KeyringCode, KeyringFailure, PasswordFor, SigningKey
from node.keyring.box import Box, Cost, WrongPassword, seal, unseal

CHEAP = Cost(log_n=14, parallel=1)
KEY = bytes(range(1, 33))
OTHER = bytes(range(2, 34))
GOOD = "correct horse"


def _keyring(folder: Path, backend: Backend, password: str = GOOD) -> Keyring:
    return Keyring(folder, backend, password=lambda _: password, cost=CHEAP)


@pytest.fixture(params=list(Backend))
def keyring(request: pytest.FixtureRequest, tmp_path: Path) -> Keyring:
    return _keyring(tmp_path / "ring", request.param)


def _refused(code: KeyringCode, call: Callable[[], object]) -> KeyringFailure:
    with pytest.raises(KeyringFailure) as caught:
        call()
    assert caught.value.code is code, caught.value
    assert KEY.hex() not in str(caught.value)
    return caught.value


def test_what_is_kept_comes_back(keyring: Keyring) -> None:
    assert keyring.list_keys() == []
    second = keyring.add("b.2", OTHER)
    first = keyring.add("a", KEY)
    assert keyring.list_keys() == [first, second]
    assert keyring.get("a") == first
    assert keyring.key("a").reveal() == KEY
    assert keyring.delete("a") == first
    assert keyring.list_keys() == [second]
    _refused(KeyringCode.KEY_NOT_FOUND, lambda: keyring.key("a"))


def test_signatures_are_those_that_others_verify(keyring: Keyring) -> None:
    info = keyring.add("a", KEY)
    signature = keyring.sign("a", b"message")
    assert keyring.sign("a", b"message") == signature  # RFC 6979
    assert CosmpyPublicKey(info.public_key).verify(b"message", signature)
    assert not CosmpyPublicKey(info.public_key).verify(b"massage", signature)
    wallet = keyring.wallet("a")
    assert str(wallet.address()) == info.address
    assert wallet.public_key().public_key_bytes == info.public_key
    assert PublicKey.from_secret(KEY).format() == info.public_key


def test_a_key_is_never_replaced(keyring: Keyring) -> None:
    keyring.add("Alice", KEY)
    for name in ("Alice", "alice"):  # one file where a disk ignores case
        _refused(KeyringCode.KEY_EXISTS, partial(keyring.add, name, OTHER))
    assert keyring.key("Alice").reveal() == KEY


@pytest.mark.parametrize("name", ["", ".", "../x", "a/b", "-a", "ä", "a b", "a\n", "x" * 65])
def test_a_name_is_a_file_name(keyring: Keyring, name: str, tmp_path: Path) -> None:
    _refused(KeyringCode.BAD_KEY_NAME, partial(keyring.add, name, KEY))
    for call in (keyring.get, keyring.key, keyring.delete):
        _refused(KeyringCode.BAD_KEY_NAME, partial(call, name))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("key", [b"", KEY[1:], KEY + b"\x00", bytes(32), b"\xff" * 32])
def test_bytes_that_are_no_key_are_refused(keyring: Keyring, key: bytes) -> None:
    _refused(KeyringCode.BAD_KEY, lambda: keyring.add("a", key))
    assert keyring.list_keys() == []


def test_files_are_private(keyring: Keyring, tmp_path: Path) -> None:
    keyring.add("a", KEY)
    folder = tmp_path / "ring"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in folder.iterdir()] == ["a.key"]
    assert (folder / "a.key").stat().st_mode & 0o777 == 0o600


def test_only_the_test_backend_keeps_keys_in_clear(tmp_path: Path) -> None:
    for backend in Backend:
        _keyring(tmp_path / backend, backend).add("a", KEY)
    kept = {backend: (tmp_path / backend / "a.key").read_text() for backend in Backend}
    assert KEY.hex() in kept[Backend.TEST]
    assert KEY.hex() not in kept[Backend.FILE]


def test_a_wrong_password_opens_nothing_and_adds_nothing(tmp_path: Path) -> None:
    _keyring(tmp_path, Backend.FILE).add("a", KEY)
    wrong = _keyring(tmp_path, Backend.FILE, "correct house")
    _refused(KeyringCode.WRONG_PASSWORD, lambda: wrong.key("a"))
    _refused(KeyringCode.WRONG_PASSWORD, lambda: wrong.add("b", OTHER))
    assert [info.name for info in wrong.list_keys()] == ["a"]  # public: needs none


def test_what_the_password_is_asked_for(tmp_path: Path) -> None:
    asked: list[PasswordFor] = []

    def source(purpose: PasswordFor) -> str:
        asked.append(purpose)
        return GOOD

    keyring = Keyring(tmp_path, Backend.FILE, password=source, cost=CHEAP)
    keyring.add("a", KEY)
    keyring.add("b", OTHER)
    keyring.key("b")
    keyring.list_keys()
    assert asked == [PasswordFor.NEW, PasswordFor.OPEN, PasswordFor.OPEN]
    Keyring(tmp_path / "t", Backend.TEST, password=source).add("a", KEY)
    assert len(asked) == 3


def test_a_short_password_is_refused(tmp_path: Path) -> None:
    short = _keyring(tmp_path / "ring", Backend.FILE, "1234567")
    _refused(KeyringCode.WEAK_PASSWORD, lambda: short.add("a", KEY))
    assert not (tmp_path / "ring").exists()


def _edited(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


OTHER_PUBLIC = SigningKey("x", OTHER).info.public_key.hex()

CHANGES: list[Callable[[dict[str, Any]], object]] = [
    lambda v: v.update(version=2),
    lambda v: v.update(name="b"),
    lambda v: v.update(surplus=1),
    lambda v: v.pop("public_key"),
    lambda v: v.update(public_key="00"),
    lambda v: v.update(public_key=1),
    lambda v: v.update(public_key=OTHER_PUBLIC),
]
CHANGES_OF_BOX: list[Callable[[dict[str, Any]], object]] = [
    lambda v: v["scrypt"].update(log_n=13),
    lambda v: v["scrypt"].update(log_n=19),
    lambda v: v["scrypt"].update(log_n=True),
    lambda v: v["scrypt"].update(p=0),
    lambda v: v["scrypt"].update(p=100),
    lambda v: v["scrypt"].update(salt="00"),
    lambda v: v["scrypt"].update(more=1),
    lambda v: v.update(scrypt=1),
    lambda v: v.update(nonce=v["nonce"][2:]),
    lambda v: v.update(ciphertext=v["ciphertext"] + "00"),
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("backend", list(Backend))
def test_a_changed_file_gives_no_key(
    tmp_path: Path, backend: Backend, change: Callable[[dict[str, Any]], object]
) -> None:
    keyring = _keyring(tmp_path, backend)
    keyring.add("a", KEY)
    _edited(tmp_path / "a.key", change)
    with pytest.raises(KeyringFailure) as caught:
        keyring.key("a")
    # A changed public key is authenticated by the box, so the password seems wrong.
    assert caught.value.code in (KeyringCode.KEY_DAMAGED, KeyringCode.WRONG_PASSWORD)
    assert KEY.hex() not in str(caught.value)


@pytest.mark.parametrize("change", CHANGES_OF_BOX)
def test_a_changed_box_is_damaged(
    tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    keyring = _keyring(tmp_path, Backend.FILE)
    keyring.add("a", KEY)
    _edited(tmp_path / "a.key", change)
    _refused(KeyringCode.KEY_DAMAGED, lambda: keyring.key("a"))


def test_a_renamed_file_gives_no_key(keyring: Keyring, tmp_path: Path) -> None:
    keyring.add("a", KEY)
    (tmp_path / "ring" / "a.key").rename(tmp_path / "ring" / "b.key")
    _refused(KeyringCode.KEY_DAMAGED, lambda: keyring.key("b"))


def test_a_file_of_another_backend_gives_no_key(tmp_path: Path) -> None:
    for mine, theirs in ((Backend.TEST, Backend.FILE), (Backend.FILE, Backend.TEST)):
        _keyring(tmp_path / mine, mine).add("a", KEY)
        _refused(KeyringCode.KEY_DAMAGED, partial(_keyring(tmp_path / mine, theirs).get, "a"))


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 4000, b"1" * 5000])
def test_junk_gives_no_key(keyring: Keyring, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ring").mkdir()
    (tmp_path / "ring" / "a.key").write_bytes(content)
    code = KeyringCode.UNREADABLE if len(content) > 4096 else KeyringCode.KEY_DAMAGED
    _refused(code, lambda: keyring.get("a"))
    _refused(code, keyring.list_keys)


def test_other_files_in_the_folder_are_left_alone(keyring: Keyring, tmp_path: Path) -> None:
    keyring.add("a", KEY)
    (tmp_path / "ring" / "notes.txt").write_text("x")
    (tmp_path / "ring" / ".a.key.1.new").write_text("x")  # of a process that was killed
    assert [info.name for info in keyring.list_keys()] == ["a"]


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "ring").write_text("a file")
    keyring = _keyring(tmp_path / "ring", Backend.TEST)
    _refused(KeyringCode.UNREADABLE, keyring.list_keys)
    _refused(KeyringCode.UNREADABLE, lambda: keyring.add("a", KEY))


def test_a_key_in_memory_shows_nothing() -> None:
    key = SigningKey("a", KEY)
    assert KEY.hex() not in repr(key) + str(key) + repr(key.info)


@given(secret=st.binary(max_size=64), data=st.binary(max_size=64), flip=st.integers(0, 10_000))
def test_a_box_opens_with_exactly_what_sealed_it(secret: bytes, data: bytes, flip: int) -> None:
    """Sealing and opening are inverse; one flipped bit, or other associated data, opens nothing."""
    box = seal(secret, password=GOOD, associated=data, cost=Cost(log_n=4, parallel=1))
    assert unseal(box, password=GOOD, associated=data) == secret
    changed = bytearray(box.ciphertext)
    changed[flip // 8 % len(changed)] ^= 1 << flip % 8
    bad = Box(box.cost, box.salt, box.nonce, bytes(changed))
    for wrong, associated in ((bad, data), (box, data + b"x")):
        with pytest.raises(WrongPassword):
            unseal(wrong, password=GOOD, associated=associated)
