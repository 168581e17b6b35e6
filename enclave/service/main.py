"""The process: arguments, start, SIGTERM. `python -P -m enclave --help` says how to use it."""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from enclave.attestation.attestor import Attestor
from enclave.attestation.gramine_attestor import GramineAttestor
from enclave.attestation.types import SgxMeasurement
from enclave.crypto.endpoint import ANY_PORT, Endpoint
from enclave.crypto.labels import Mode
from enclave.errors import Refusal
from enclave.framework.enclave import Enclave
from enclave.service.descriptors import occupy_standard_streams
from enclave.service.durable_file import OsDisk
from enclave.service.hardening import disable_core_dumps
from enclave.service.home import Home
from enclave.service.log import log
from enclave.service.measure_package import measure_package
from enclave.service.server import STOP_GRACE_SECS, make_server
from enclave.service.signals import heard
from enclave.version import VERSION

DEFAULT_LISTEN: Final = "127.0.0.1:26670"
LOOPBACK: Final = ("127.", "localhost:", "[::1]:")
REFUSED: Final = 1
STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
MR_BYTES: Final = 32
MAX_PORT: Final = 0xFFFF


def main(arguments: Sequence[str]) -> int:
    """Serves until SIGTERM or SIGINT. 0: stopped cleanly; 1: refused; 2: wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        return _serve(options)
    except Refusal as refusal:
        log(
            "error",
            "cannot_start",
            code=refusal.code,
            expected=refusal.expected,
            found=refusal.found,
        )
        return REFUSED


def _serve(options: argparse.Namespace) -> int:
    # Blocked here and in every thread to come, and taken by `sigwait`: the kernel may give a signal
    # to any of gRPC's threads, and a Python handler then waits for a main thread that sleeps.
    # One that came ignored would be kept for `sigwait` once it is blocked.
    stops = heard(STOP_SIGNALS)
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    occupy_standard_streams()
    if not disable_core_dumps():
        log("warning", "dumpable", message="the kernel refused RLIMIT_CORE 0 or PR_SET_DUMPABLE 0")
    home = Home(Path(options.home), disk=OsDisk(), entropy=os.urandom)
    home.open()
    token = home.endpoint_token()
    for path in home.mended:
        log(
            "warning", "home_mended", path=path, message="others could read it, and cannot any more"
        )
    enclave = _open_enclave(home, options)
    server, port = make_server(enclave, listen=options.listen)
    enclave.endpoint = endpoint_of(token, listen=options.listen, port=port)
    _warn(options)
    _warn_of_backup(enclave)
    server.start()
    host = options.listen.rpartition(":")[0]
    log("info", "serving", address=f"{host}:{port}", state=enclave.state.name, version=VERSION)
    signal.sigwait(stops)
    server.stop(STOP_GRACE_SECS).wait()
    # The lock goes with the process: a request past its grace may still be writing.
    log("info", "stopped")
    return 0


def endpoint_of(token: bytes, *, listen: str, port: int) -> Endpoint:
    """Where callers find this enclave: forwards to the loopback keep the port, others may not."""
    return Endpoint(token, port if listen.startswith(LOOPBACK) else ANY_PORT)


def _open_enclave(home: Home, options: argparse.Namespace) -> Enclave:
    attestor: Attestor
    if options.mode == Mode.HARDWARE.value:
        gramine = GramineAttestor()
        attestor, seal_key = gramine, gramine.seal_key()
    else:
        attestor, seal_key = _software_attestor(home, options), home.software_seal_key()
    return Enclave(attestor=attestor, storage=home, seal_key=seal_key, entropy=os.urandom)


def _software_attestor(home: Home, options: argparse.Namespace) -> Attestor:
    # Not above: hardware mode does not measure it, so it cannot import it.
    from enclave.software.attestor import SoftwareAttestor
    from enclave.software.blueprint import QuoteKind

    mr_enclave = options.measurement or measure_package()
    return SoftwareAttestor(
        measurement=SgxMeasurement(mr_enclave, bytes(MR_BYTES), 0, 0),
        ppid=home.software_ppid(),
        kind=QuoteKind.SGX_V3,
    )


def _warn(options: argparse.Namespace) -> None:
    if options.mode == Mode.SOFTWARE.value:
        log(
            "warning",
            "software_mode",
            message="software mode protects nothing: keys lie in a file and in plain memory",
        )
    if not options.listen.startswith(LOOPBACK):
        log(
            "warning",
            "not_loopback",
            message="listening beyond this machine: the service has no access control",
        )


def _warn_of_backup(enclave: Enclave) -> None:
    newer = enclave.backup_newer
    if newer is not None:
        log(
            "warning",
            "backup_newer",
            code=newer.code,
            expected=newer.expected,
            found=newer.found,
            message="backup.sealed is kept; move state.sealed aside and restore it, or move the "
            "backup aside to go on without it",
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -P -m enclave",
        description="Serves the enclave of one node to its host, by gRPC.",
        epilog="Exit codes: 0 stopped cleanly, 1 refused (the last line on stderr says why), "
        "2 wrong usage.",
    )
    parser.add_argument(
        "--home",
        required=True,
        type=_folder,
        metavar="HOME",
        help="directory of the sealed state, made if needed",
    )
    parser.add_argument(
        "--mode",
        choices=[mode.value for mode in Mode],
        required=True,
        help="hardware: SGX under Gramine; software: development, protects nothing",
    )
    parser.add_argument(
        "--listen",
        type=_address,
        default=DEFAULT_LISTEN,
        metavar="HOST:PORT",
        help=f"address to serve on, port 0 for any free one (default {DEFAULT_LISTEN})",
    )
    parser.add_argument(
        "--measurement",
        type=_measurement,
        metavar="HEX",
        help="software mode: this mr_enclave (32 bytes) in place of the code's own hash",
    )
    parser.add_argument("--version", action="version", version=VERSION)
    return parser


def _address(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > MAX_PORT:
        raise argparse.ArgumentTypeError(f"expected HOST:PORT, found {text!r}")
    return text


def _folder(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("expected a directory, found an empty text")
    return text


def _measurement(text: str) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = b""
    if len(data) != MR_BYTES:
        raise argparse.ArgumentTypeError(f"expected {MR_BYTES} bytes in hex, found {text!r}")
    return data
