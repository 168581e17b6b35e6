"""Checks of the machine and the home: files, permissions, ports, engine, disk, devices."""

from __future__ import annotations

import os
import resource
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chain_module.app.check import RECHECK_BYTES, RECHECKS
from enclave.crypto.labels import Mode
from enclave.errors import words_of
from node.cli.doctor.subject import Skipped, Subject
from node.cli.failures import CliCode, Failure
from node.config import ClientConfig
from node.config.cometbft import check_cometbft, engine_addresses, read_cometbft
from node.config.engine_files import check_address_book
from node.config.engine_keys import read_engine_keys
from node.config.failures import ConfigCode
from node.config.files import not_permitted
from node.config.parts import Part, pid_file
from node.engine import pinned, require_engine
from node.libraries import CERTIFICATES, library_versions, openssl_version
from node.supervisor.preflight import check_ports, state_lost
from node.supervisor.process_id import running

GIB: Final = 1024**3
MIN_FREE_BYTES: Final = 2 * GIB
"""Blocks grow by some 2 GB a month on an idle chain with an index."""
OTHERS: Final = 0o077
OTHERS_WRITE: Final = 0o022
SGX_DEVICES: Final = (Path("/dev/sgx_enclave"), Path("/dev/sgx_provision"))


def home(subject: Subject) -> str:
    """The home is complete."""
    found = subject.home.require()
    if not found.genesis.is_file():
        raise Failure(
            ConfigCode.NO_HOME, expected=f"a genesis at {found.genesis}", found="no such file"
        )
    return str(found.path)


def permissions(subject: Subject) -> str:
    """This user may open everything in the home, and write where processes write."""
    place = subject.home
    written = (place.data, place.run, place.logs, place.enclave)

    def refused(error: OSError) -> None:
        raise error

    for folder, _, names in os.walk(place.require().path, onerror=refused):
        inside = Path(folder)
        writes = any(inside.is_relative_to(part) for part in written)
        paths = [inside, *(inside / name for name in names)]
        for path in paths:
            if not _may_open(path, writes=writes):
                raise not_permitted(path)
    return f"all is open to user {os.geteuid()}"


def _may_open(path: Path, *, writes: bool) -> bool:
    """Whether this user can use a folder or file; what is gone by now, or a socket, is no fault."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return True
    if stat.S_ISDIR(found.st_mode):
        return os.access(path, os.R_OK | os.X_OK | (os.W_OK if writes else 0))
    if not stat.S_ISREG(found.st_mode):
        return True
    mine = found.st_uid == os.geteuid()  # and can be replaced
    return os.access(path, os.R_OK | (os.W_OK if writes and not mine else 0))


def config(subject: Subject) -> str:
    """Every configuration file parses, and says what its reader takes."""
    loaded = subject.config
    ClientConfig.load(subject.home)
    check_cometbft(subject.home)
    check_address_book(subject.home)
    engine_addresses(subject.home)
    return f"{loaded.enclave_mode.value} mode, minimum price of gas {loaded.minimum_gas_price.text}"


def mempool(subject: Subject) -> str:
    """No more may wait than is judged again after a block: homes of before have no such bound."""
    for key, most in (("mempool.size", RECHECKS), ("mempool.max_txs_bytes", RECHECK_BYTES)):
        found = read_cometbft(subject.home, key)
        if not isinstance(found, int) or found > most:
            raise Failure(
                CliCode.MEMPOOL_UNBOUNDED,
                expected=f"{key} of at most {most} in {subject.home.cometbft_config}",
                found="none" if found is None else str(found),
            )
    return f"at most {RECHECKS} transactions, {RECHECK_BYTES} bytes"


def keys(subject: Subject) -> str:
    """The keys are there, with what they signed last, and nobody else reads them."""
    found = read_engine_keys(subject.home.require())
    for folder in _folders(subject):
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & OTHERS_WRITE:
            raise Failure(
                CliCode.FOLDER_WRITABLE,
                expected=f"{folder} to which its owner alone writes (chmod 700 {folder})",
                found=f"mode {mode:04o}",
            )
    for path in _secrets(subject):
        mode = _mode_of(path)
        if mode & OTHERS:
            raise Failure(
                CliCode.KEYS_READABLE,
                expected=f"{path} with mode 0600",
                found=f"mode {mode:04o}",
            )
    return f"peer id {found.node_id}, consensus key {found.validator_address}"


def sealed_state(subject: Subject) -> str:
    """The enclave's state is there, or was never made."""
    place = subject.home.require()
    lost = state_lost(place)
    if lost is not None:
        raise lost
    return str(place.enclave_state) if place.enclave_state.exists() else "none yet"


def ports(subject: Subject) -> str:
    """Every port is free, or serves this node."""
    running_parts = {part for part in Part if running(pid_file(subject.home, part)) is not None}
    check_ports(subject.home, subject.config, [part for part in Part if part not in running_parts])
    ours = ", ".join(sorted(running_parts)) or "none of this node runs"
    return f"free, or ours ({ours})"


def engine(_subject: Subject) -> str:
    """CometBFT is built, in the version that is pinned."""
    return f"CometBFT {pinned().version} at {require_engine()}"


def libraries(_subject: Subject) -> str:
    """What judges certificates, quotes and signatures here: to be the same in a whole network."""
    found = dict(library_versions())
    certificates = f"{CERTIFICATES} {found.pop(CERTIFICATES)} ({openssl_version()})"
    others = ", ".join(f"{name} {version}" for name, version in found.items())
    return f"{certificates} judges certificates in each block; {others}"


def disk(subject: Subject) -> str:
    """There is room for blocks."""
    free = shutil.disk_usage(_existing(subject.home.path)).free
    if free < MIN_FREE_BYTES:
        raise Failure(
            CliCode.DISK_LOW,
            expected=f"{MIN_FREE_BYTES / GIB:.0f} GiB free at {subject.home.path}",
            found=f"{free / GIB:.2f} GiB",
        )
    return f"{free / GIB:.1f} GiB free"


def core_dumps(subject: Subject) -> str:
    """No core file of the enclave can be written: it would hold its secrets in clear."""
    found = running(pid_file(subject.home, Part.ENCLAVE))
    if found is None:
        raise Skipped("the enclave does not run; it turns them off by itself")
    limits = Path(f"/proc/{found.pid}/limits").read_text(encoding="ascii").splitlines()
    line = next((line for line in limits if line.startswith("Max core file size")), "")
    soft = line.removeprefix("Max core file size").split()[:1]
    if soft != ["0"]:
        raise Failure(
            CliCode.CORE_DUMPS_ON,
            expected=f"a limit of 0 bytes for core files of process {found.pid}",
            found=" ".join(soft) or "no limit",
        )
    return "off for the enclave"


def open_files(_subject: Subject) -> str:
    """CometBFT and the database may open enough files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < MIN_OPEN_FILES and hard < MIN_OPEN_FILES:
        raise Failure(
            CliCode.TOO_FEW_FILES, expected=f"at least {MIN_OPEN_FILES} open files", found=str(hard)
        )
    return f"{max(soft, hard)}"


MIN_OPEN_FILES: Final = 1024


def devices(subject: Subject) -> str:
    """In hardware mode: the kernel offers SGX."""
    if subject.config.enclave_mode is not Mode.HARDWARE:
        raise Skipped("software mode needs none, and protects nothing")
    for path in SGX_DEVICES:
        if not os.access(path, os.R_OK | os.W_OK):
            found = "no such device" if not path.exists() else "one that this user may not open"
            raise Failure(CliCode.NO_SGX_DEVICE, expected=f"{path}", found=found)
    return ", ".join(str(path) for path in SGX_DEVICES)


def _mode_of(path: Path) -> int:
    """The permissions of a key's file. Raises Failure: UNREADABLE_INPUT, for a link to nothing."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise Failure(
            ConfigCode.CONFIG_UNREADABLE, expected=f"a key at {path}", found=words_of(error)
        ) from None


def _folders(subject: Subject) -> Iterator[Path]:
    """Whoever writes to one of them can put other files in the place of the node's."""
    home = subject.home
    keyrings = (home.keyring(backend) for backend in ("file", "test"))
    for folder in (home.path, home.config, home.data, home.enclave, *keyrings):
        if folder.is_dir():
            yield folder


def _secrets(subject: Subject) -> Iterator[Path]:
    home = subject.home
    yield from (home.node_key, home.validator_key)
    sealed = (home.enclave / "software-seal.key", home.enclave_state, home.enclave_backup)
    for path in (*sealed, home.enclave_token):
        if path.exists():
            yield path
    for backend in ("file", "test"):
        folder = home.keyring(backend)
        yield from sorted(folder.glob("*.key"))


def _existing(path: Path) -> Path:
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
