"""What `register` takes beside its flow, and what it says of its end."""

from __future__ import annotations

from collections.abc import Mapping

from enclave.attestation.collateral import Collateral
from enclave.errors import Refusal
from node.cli.exit_codes import ExitCode
from node.cli.failures import of_refusal
from node.cli.files import MAX_EVIDENCE_FILE_BYTES, read_file
from node.cli.help_text import command_line
from node.cli.output import Output, Row
from node.collateral import canonical
from node.config import Home
from node.join import Joined, Step


def read_named_collateral(path: str) -> bytes:
    """A collateral file in its one form. Raises Failure."""
    raw = read_file(path, what="collateral", limit=MAX_EVIDENCE_FILE_BYTES)
    try:
        return Collateral.parse(canonical(raw)).encode()
    except Refusal as refusal:
        raise of_refusal(refusal, exit_code=ExitCode.USAGE) from None


def unused_options(
    joined: Joined,
    *,
    had_config: bool,
    of_config: Mapping[str, bool],
    of_register: Mapping[str, bool],
) -> list[tuple[str, str]]:
    """Options that were given and changed nothing, each with the reason.

    They are no refusal: the same command, run again after a kill, has them too.

    Args:
        joined: how it ended.
        had_config: whether the home was configured before.
        of_config: options of a new config, and whether each was given.
        of_register: options of a register, and whether each was given.
    """
    unused: list[tuple[str, str]] = []
    if had_config:
        why = "the home has its config; edit it there"
        unused += [(name, why) for name, given in of_config.items() if given]
    if Step.REGISTER not in joined.timings_ms:
        why = "no register was made: this node is registered"
        unused += [(name, why) for name, given in of_register.items() if given]
    return unused


def show_joined(
    joined: Joined,
    output: Output,
    home: Home,
    *,
    named: bool,
    unused: list[tuple[str, str]],
    hint: str,
) -> None:
    """The answer of `register`."""
    total = joined.timings_ms["total"] / 1000
    rows: list[Row] = [("node_id", joined.node_id.hex())]
    if joined.restored:
        rows.append(("restored", f"from {home.enclave_backup}: the enclave's state was gone"))
    if joined.tx_hash:
        at = f"{joined.confirm_tx_hash}, number {joined.confirm_index}"
        confirm = at if joined.confirm_tx_hash else "in a block that the peer does not have"
        rows += [("register", joined.tx_hash), ("confirm", confirm), ("block", str(joined.height))]
    again = " again" if joined.restored else ""
    if named:
        rows.append(("collateral", f"kept for renewals at {home.collateral}"))
    rows += [("not used", f"{name}: {why}") for name, why in unused]
    output.answer(
        {
            "node_id": joined.node_id.hex(),
            "state": "HOLDER",
            "tx_hash": joined.tx_hash or None,
            "height": joined.height or None,
            "confirm_tx_hash": joined.confirm_tx_hash or None,
            "confirm_index": joined.confirm_index if joined.confirm_tx_hash else None,
            "paid": joined.paid,
            "restored": joined.restored,
            "collateral": str(home.collateral) if named else None,
            "not_used": [name for name, _ in unused],
            "timings_ms": dict(joined.timings_ms),
        },
        headline=f"this node holds the network's seed{again} ({total:.1f} s)",
        rows=rows,
        hints=[command_line(hint, "--home", str(home.path))] if hint else [],
        changes=True,
    )
