"""What to do about each code. A test checks that no code is without a remedy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from enclave.errors import Code
from node.cli.failures import CliCode
from node.cli.remedies_chain import CHAIN_REMEDIES
from node.cli.remedies_doctor import DOCTOR_REMEDIES
from node.cli.remedies_enclave import ENCLAVE_REMEDIES
from node.cli.remedies_engine import ENGINE_REMEDIES
from node.cli.remedies_evidence import EVIDENCE_REMEDIES
from node.cli.remedies_home import HOME_REMEDIES
from node.cli.remedies_light import LIGHT_REMEDIES
from node.cli.remedies_reasons import REASON_REMEDIES
from node.cli.remedies_receipt import RECEIPT_REMEDIES
from node.cli.remedies_run import RUN_REMEDIES
from node.cli.remedies_storage import STORAGE_REMEDIES
from node.cli.remedy import Remedy

REMEDIES: Final[Mapping[Code, Remedy]] = {
    **EVIDENCE_REMEDIES,
    **ENCLAVE_REMEDIES,
    **LIGHT_REMEDIES,
}
"""For every code of the trusted core."""

CLI_REMEDIES: Final[Mapping[CliCode, Remedy]] = {
    CliCode.WRONG_USAGE: Remedy(
        "An option or argument is missing, unknown, or has a value that it cannot take.",
        "see the command's --help",
    ),
    CliCode.UNREADABLE_INPUT: Remedy(
        "A file that the command needs is missing, is a directory, or may not be read.",
        "check the path and its permissions",
    ),
    CliCode.BAD_CA_FILE: Remedy(
        "The file for https holds no certificate of an authority in PEM.",
        "give the authority's certificate, which begins with -----BEGIN CERTIFICATE-----",
    ),
    CliCode.MALFORMED_INPUT: Remedy(
        "A file was read, but is not in the form that the command's --help describes.",
        "make the file anew with the command that writes it, or correct it by its --help",
    ),
    CliCode.FILE_EXISTS: Remedy(
        "The command would replace a file, and it may be one that you still need.",
        "name another file, or repeat with --force to replace it",
    ),
    CliCode.CANNOT_WRITE: Remedy(
        "The file could not be written; nothing else was changed.",
        "check that the directory exists, is writable and has room",
    ),
    CliCode.ANSWER_NOT_WRITTEN: Remedy(
        "The command has ended, but stdout did not take its answer: it is closed, on a full disk, "
        "or not for writing. What was found says what was done.",
        "do not repeat what was done; make room, or name another place, and ask for it again",
    ),
    CliCode.ENCLAVE_UNREACHABLE: Remedy(
        "Nobody answered at the enclave's address in time. If the request could have changed "
        "something, `seedpactd enclave info` says what became of it.",
        "start it with `seedpactd enclave run`, or name its --address",
    ),
    CliCode.ENCLAVE_FAILED: Remedy(
        "Something answered, but not as an enclave of this version does: a bug in the enclave "
        "(its log says where), another version, or another program at that address.",
        "read the enclave's log, and compare versions with `seedpactd enclave info`",
    ),
    CliCode.ENCLAVE_NOT_OURS: Remedy(
        "Another process answers at the enclave's address: it took the port first, or it is an "
        "enclave of another home. Nothing was asked of it, and nothing that it said is believed.",
        "see with `ss -ltnp` who listens there, stop it and start this home's enclave; or name "
        "the right address and token, in node.toml under [enclave] or as options",
    ),
    CliCode.ENCLAVE_TOKEN_UNUSABLE: Remedy(
        "The enclave makes endpoint.token in its home at its start, for its own user alone; the "
        "node knows the enclave by it, and runs as that user or reads a copy.",
        "run both as one user; where the file is damaged, start the enclave again: it makes one",
    ),
    CliCode.ENCLAVE_STOPPED: Remedy(
        "The enclave's process ended by itself. Its sealed state is whole: it is only ever "
        "replaced in one step.",
        "read the lines above, and start it again",
    ),
    **ENGINE_REMEDIES,
    **CHAIN_REMEDIES,
    **RECEIPT_REMEDIES,
    **DOCTOR_REMEDIES,
    **RUN_REMEDIES,
    **STORAGE_REMEDIES,
    **HOME_REMEDIES,
    CliCode.INTERRUPTED: Remedy(
        "The command was stopped before it was done.",
        "run it again; `seedpactd enclave info` says what the enclave did",
    ),
    CliCode.INTERNAL_ERROR: Remedy(
        "A bug in seedpactd. The enclave is another process and is not affected.",
        "report it with the command line and the version",
    ),
}

_UNKNOWN: Final = Remedy(
    "This version of seedpactd does not know the code; the enclave may be of a newer one.",
    "compare the versions with `seedpactd enclave info`",
)


def remedy_for(code: str) -> Remedy:
    """The remedy of any code, also of one that this version does not know."""
    return find_remedy(code) or _UNKNOWN


def find_remedy(code: str) -> Remedy | None:
    """The remedy of a code, or None where there is no such code."""
    if code in frozenset(Code):
        return REMEDIES[Code(code)]
    if code in frozenset(CliCode):
        return CLI_REMEDIES[CliCode(code)]
    return REASON_REMEDIES.get(code)
