"""`seedpactd doctor`: what is wrong with this node, before it hurts, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import click

from enclave.errors import Refusal
from node.chain_client.failures import LATER, ChainCode
from node.cli.chain_options import Target, chain_options
from node.cli.doctor import on_chain, on_enclave, on_machine
from node.cli.doctor.subject import TIMEOUT_SECS, Skipped, Subject
from node.cli.failures import CliCode, Failure, of_part, of_refusal, of_system
from node.cli.help_text import examples
from node.cli.output import Output, Row
from node.cli.remedies import remedy_for
from node.config.failures import ConfigCode
from node.enclave_client.failures import EnclaveCode
from node.failure import NodeFailure
from node.json_form import Json

Check = Callable[[Subject], str]
"""Says what it found; raises what is wrong, or Skipped."""

CHECKS: Final[Mapping[str, Check]] = {
    "home": on_machine.home,
    "permissions": on_machine.permissions,
    "config": on_machine.config,
    "mempool": on_machine.mempool,
    "keys": on_machine.keys,
    "sealed state": on_machine.sealed_state,
    "ports": on_machine.ports,
    "engine": on_machine.engine,
    "libraries": on_machine.libraries,
    "disk": on_machine.disk,
    "open files": on_machine.open_files,
    "core dumps": on_machine.core_dumps,
    "devices": on_machine.devices,
    "enclave": on_chain.enclave,
    "endpoint": on_enclave.endpoint,
    "chain": on_chain.chain,
    "network": on_chain.network,
    "measurement": on_chain.measurement,
    "clock": on_chain.clock,
    "peers": on_chain.peers,
    "record": on_chain.record,
    "funds": on_chain.funds,
    "headers": on_enclave.headers,
    "freshness": on_enclave.freshness,
    "backup": on_enclave.backup,
}

_SILENCE: Final = frozenset(
    {
        *LATER,
        ChainCode.CHAIN_UNTRUSTED,
        EnclaveCode.UNREACHABLE,
        EnclaveCode.NOT_OURS,
        EnclaveCode.FILE_UNUSABLE,
        ConfigCode.NO_HOME,
    }
)
_NO_CHAIN: Final = frozenset({ChainCode.CHAIN_UNREACHABLE, ChainCode.NO_SUCH_STATE})
"""What a node says that waits for its genesis time; then it is no fault."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one check."""

    name: str
    text: str
    failure: Failure | None = None
    skipped: bool = False

    @property
    def word(self) -> str:
        """ok, failed or skipped."""
        return "failed" if self.failure else "skipped" if self.skipped else "ok"


@click.command(
    short_help="What is wrong with this node, and what to do.",
    epilog=examples("seedpactd doctor", "seedpactd doctor --home node1 --output json"),
)
@chain_options
def doctor(*, target: Target, output: Output) -> None:
    """Check the home, the machine, the enclave and the chain, and say what to do about each fault.

    Changes nothing. Fails with 1 where a check fails; one that cannot be made is skipped.
    """
    with target.client_within(TIMEOUT_SECS) as chain:
        subject = Subject(home=target.home, chain=chain, chain_id=target.chain_id, node=target.node)
        findings = _once([_look(name, check, subject) for name, check in CHECKS.items()])
    data: dict[str, Json] = {"checks": [_as_json(finding) for finding in findings]}
    rows = [row for finding in findings for row in _as_rows(finding)]
    failed = [finding.name for finding in findings if finding.failure]
    if failed:
        output.facts(rows)
        raise Failure(
            CliCode.CHECKS_FAILED,
            expected=f"{len(findings)} checks without a fault",
            found=f"{len(failed)} failed: {', '.join(failed)}",
            details=data,
        )
    output.answer(data, headline="nothing is wrong", rows=rows)


def _once(findings: list[Finding]) -> list[Finding]:
    """Who is away is said once: checks that only met the same silence are skipped."""
    first: dict[str, str] = {}
    said: list[Finding] = []
    for finding in findings:
        code = finding.failure.code if finding.failure else ""
        if code in _SILENCE and first.setdefault(code, finding.name) != finding.name:
            said.append(Finding(finding.name, f"as {first[code]}", skipped=True))
        else:
            said.append(finding)
    return said


def _look(name: str, check: Check, subject: Subject) -> Finding:
    try:
        return Finding(name, check(subject))
    except Skipped as skipped:
        return Finding(name, str(skipped), skipped=True)
    except Exception as error:
        code = getattr(error, "code", None)
        if code in _NO_CHAIN and subject.waits is not None:
            return Finding(name, subject.waits.words, skipped=CHECKS[name] is not on_chain.chain)
        failure = _failure(error)
        if failure is None:
            raise
        return Finding(name, str(failure), failure)


def _failure(error: Exception) -> Failure | None:
    """The failure that a check found; None for a bug."""
    match error:
        case Failure():
            return error
        case Refusal():
            return of_refusal(error)
        case OSError():
            return of_system(error)
        case NodeFailure():
            return of_part(error)
        case _:
            return None


def _as_json(finding: Finding) -> dict[str, Json]:
    failure = finding.failure
    if failure is None:
        return {"check": finding.name, "result": finding.word, "found": finding.text}
    return {
        "check": finding.name,
        "result": finding.word,
        "code": failure.code,
        "expected": failure.expected,
        "found": failure.found,
        "remedy": remedy_for(failure.code).step,
    }


def _as_rows(finding: Finding) -> list[Row]:
    mark = f"{finding.word}: " if finding.word != "ok" else "ok, "
    rows = [(finding.name, mark + finding.text)]
    if finding.failure is not None:
        rows.append(("", f"next: {remedy_for(finding.failure.code).step}"))
    return rows
