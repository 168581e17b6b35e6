"""`seedpactd genesis set-policy`: which code may join, on which platforms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import click

from enclave.attestation.policy import Policy
from enclave.attestation.types import Measurement, SgxMeasurement, TcbStatus
from enclave.errors import Refusal
from enclave.registration.policy_codec import policy_from_proto, policy_to_proto
from node.cli.argument_types import OneOf
from node.cli.attest.facts import measurement_json
from node.cli.exit_codes import ExitCode
from node.cli.failures import of_refusal, usage
from node.cli.files import read_file
from node.cli.genesis.shared import load
from node.cli.help_text import examples
from node.cli.json_files import message_from_json, parse_object
from node.cli.numbers import MAX_UINT32, integer
from node.cli.options import home_option, output_option
from node.cli.output import Output
from node.config import Home
from node.json_form import message_to_json
from seedpact.registration.v1 import types_pb2

_WHAT: Final = "a policy file"
_STATUSES: Final = {s.text: s for s in TcbStatus if s is not TcbStatus.REVOKED}
_FLAGS: Final = {
    name.replace("_", "-"): name
    for name in (
        "frozen",
        "require_machine_list",
        "one_node_per_machine",
        "allow_dynamic_platform",
        "allow_cached_keys",
        "allow_smt",
    )
}
_FLAG_NAMES: Final = ", ".join(_FLAGS)
_MR_BYTES: Final = 32
_MAX_16: Final = 0xFFFF
_SHAPE: Final = "MR_ENCLAVE[:MR_SIGNER[:PROD_ID[:SVN]]]"


class SgxCode(click.ParamType[SgxMeasurement]):
    """MR_ENCLAVE[:MR_SIGNER[:PROD_ID[:SVN]]]: hex, hex, number, number."""

    name = _SHAPE

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> SgxMeasurement:
        """The measurement. Raises Failure: WRONG_USAGE."""
        del param, ctx
        if isinstance(value, SgxMeasurement):
            return value
        parts = str(value).split(":")
        try:
            enclave = bytes.fromhex(parts[0])
            signer = bytes.fromhex(parts[1]) if len(parts) > 1 else bytes(_MR_BYTES)
            product, version = (int(text) for text in (*parts[2:], "0", "0")[:2])
        except ValueError:
            raise usage(f"--measurement as {_SHAPE}", repr(str(value)[:200])) from None
        sizes = len(enclave) == len(signer) == _MR_BYTES and len(parts) <= len(_SHAPE.split(":"))
        if not sizes or not (0 <= product <= _MAX_16 and 0 <= version <= _MAX_16):
            raise usage(f"--measurement as {_SHAPE}, 32 bytes in hex each", repr(str(value)[:200]))
        return SgxMeasurement(enclave, signer, product, version)


@click.command(
    "set-policy",
    short_help="Which code may join, on which platforms.",
    epilog=examples(
        "seedpactd genesis set-policy --measurement 5a0c... --measurement 77b1...",
        "seedpactd genesis set-policy --max-quote-age-blocks 200 --enable one-node-per-machine",
        "seedpactd genesis set-policy policy.json",
    ),
)
@click.argument("file", metavar="[FILE]", required=False)
@click.option(
    "--measurement",
    "measurements",
    type=SgxCode(),
    multiple=True,
    help="SGX code that may join; repeatable; replaces the list.",
)
@click.option(
    "--tcb-status",
    "statuses",
    type=OneOf(list(_STATUSES)),
    multiple=True,
    metavar="STATUS",
    help="Accepted status of a platform; repeatable; replaces the list.",
)
@click.option(
    "--advisory",
    "advisories",
    multiple=True,
    metavar="ID",
    help="Accepted Intel advisory; repeatable; replaces the list.",
)
@click.option(
    "--minimum-evaluation-number", type=integer(0, MAX_UINT32), metavar="N", help="Of collateral."
)
@click.option("--max-quote-age-blocks", type=integer(3), metavar="N", help="Of a quote's header.")
@click.option(
    "--enable", type=OneOf(list(_FLAGS)), multiple=True, metavar="FLAG", help=f"{_FLAG_NAMES}."
)
@click.option("--disable", type=OneOf(list(_FLAGS)), multiple=True, metavar="FLAG")
@home_option
@output_option
def set_policy(
    *,
    file: str | None,
    measurements: tuple[SgxMeasurement, ...],
    statuses: tuple[str, ...],
    advisories: tuple[str, ...],
    minimum_evaluation_number: int | None,
    max_quote_age_blocks: int | None,
    enable: tuple[str, ...],
    disable: tuple[str, ...],
    home: Home,
    output: Output,
) -> None:
    """Change the genesis' policy: by options, or as FILE has it.

    What no option names stays. FILE is a seedpact.registration.v1.Policy as JSON, bytes in hex; TDX
    code, denied FMSPCs and upgrades need one. The policy only narrows the floor (set-floor).
    """
    if set(enable) & set(disable):
        raise usage("each flag once", ", ".join(sorted(set(enable) & set(disable))))
    genesis = load(home)
    genesis.require_open()
    registration = genesis.registration()
    policy = registration.policy if file is None else _read(file)
    asked = {
        "measurements": measurements,
        "tcb_statuses": tuple(sorted({_STATUSES[text] for text in statuses})),
        "advisories": tuple(sorted(set(advisories))),
        "minimum_evaluation_number": minimum_evaluation_number,
        "max_quote_age_blocks": max_quote_age_blocks,
    }
    changes: dict[str, Any] = {
        name: value for name, value in asked.items() if value not in (None, ())
    }
    changes |= {_FLAGS[name]: True for name in enable} | {_FLAGS[name]: False for name in disable}
    genesis.set_registration(replace(registration, policy=replace(policy, **changes)))
    policy = genesis.registration().policy  # read again: its form is checked
    genesis.save()
    output.answer(
        {"policy": message_to_json(policy_to_proto(policy)), "genesis": str(genesis.path)},
        headline="the policy is set",
        rows=[
            *(("may join", _code(one)) for one in policy.measurements),
            ("statuses", ", ".join(status.text for status in policy.tcb_statuses)),
            ("quotes", f"at most {policy.max_quote_age_blocks} blocks old"),
            ("enabled", ", ".join(n for n, f in _FLAGS.items() if getattr(policy, f)) or "none"),
        ],
    )


def _code(measurement: Measurement) -> str:
    found = measurement_json(measurement)
    return ", ".join(f"{key} {value}" for key, value in found.items())


def _read(path: str) -> Policy:
    value = parse_object(read_file(path, what=_WHAT), what=_WHAT)
    message = message_from_json(value, types_pb2.Policy, what=_WHAT)
    try:
        return policy_from_proto(message)
    except Refusal as refusal:
        raise of_refusal(refusal, exit_code=ExitCode.USAGE) from None
