"""`seedpactd attest collateral`: the answers of Intel's v4 API as one collateral file."""

from __future__ import annotations

from typing import Final

import click

from enclave.attestation.collateral import Collateral
from enclave.errors import Refusal
from node.cli.attest.inputs import INTEL, read_trust_anchor
from node.cli.failures import of_refusal
from node.cli.files import MAX_EVIDENCE_FILE_BYTES, check_writable, read_file, write_file
from node.cli.help_text import command_line, examples, paragraphs, verbatim
from node.cli.options import force_option, output_option
from node.cli.output import Output
from node.cli.times import utc_seconds
from node.collateral import Answers, from_answers
from node.json_form import Json

_EPILOG: Final = paragraphs(
    examples(
        "API=https://api.trustedservices.intel.com/sgx/certification/v4",
        'curl -i -o tcb.txt "$API/tcb?fmspc=00A067110000"',
        'curl -i -o qe.txt "$API/qe/identity"',
        'curl -i -o pck.txt "$API/pckcrl?ca=platform&encoding=der"',
        "curl -o root.crl https://certificates.trustedservices.intel.com/IntelSGXRootCA.der",
        "seedpactd attest collateral --tcb-info tcb.txt --qe-identity qe.txt --pck-crl pck.txt \\",
        "  --root-ca-crl root.crl --out collateral.json",
    ),
    verbatim(
        "For TDX ask tdx/certification/v4 for tcb and qe/identity; ca is platform or processor.",
        "A PCCS gives the same answers under its own address.",
    ),
)


def _answer(name: str, what: str) -> str:
    return f"{what}, saved as it came ({name}); with its headers (`curl -i`) it needs no chain."


def _chain(header: str) -> str:
    return f"The header {header}: its value, or a dump of headers (`curl -D`)."


@click.command(short_help="Make a collateral file of Intel's answers.", epilog=_EPILOG)
@click.option(
    "--tcb-info", required=True, metavar="FILE", help=_answer("/tcb", "TCB info of the FMSPC")
)
@click.option("--tcb-info-chain", metavar="FILE", help=_chain("TCB-Info-Issuer-Chain"))
@click.option(
    "--qe-identity", required=True, metavar="FILE", help=_answer("/qe/identity", "QE identity")
)
@click.option(
    "--qe-identity-chain", metavar="FILE", help=_chain("SGX-Enclave-Identity-Issuer-Chain")
)
@click.option(
    "--pck-crl", required=True, metavar="FILE", help=_answer("/pckcrl", "The PCK CRL, DER or PEM")
)
@click.option("--pck-crl-chain", metavar="FILE", help=_chain("SGX-PCK-CRL-Issuer-Chain"))
@click.option("--root-ca-crl", required=True, metavar="FILE", help="The root CA's CRL, DER or PEM.")
@click.option(
    "--trust-anchor",
    default=INTEL,
    show_default=True,
    metavar="intel|FILE",
    help="The root that every chain must end in: Intel's, or a certificate in DER or PEM.",
)
@click.option("--out", "path", default="collateral.json", show_default=True, metavar="FILE")
@force_option
@output_option
def collateral(
    *,
    tcb_info: str,
    tcb_info_chain: str | None,
    qe_identity: str,
    qe_identity_chain: str | None,
    pck_crl: str,
    pck_crl_chain: str | None,
    root_ca_crl: str,
    trust_anchor: str,
    path: str,
    force: bool,
    output: Output,
) -> None:
    """Make the file that `register --collateral` and `attest verify` take.

    Fetch four answers with any tool and save them as they come: a browser or jq that writes JSON
    anew breaks Intel's signature. Chains, CRLs and signatures are checked here; windows are judged
    where the file is used.
    """
    root = read_trust_anchor(trust_anchor)
    check_writable(path, force=force)
    answers = Answers(
        tcb_info=_read(tcb_info, "TCB info"),
        tcb_info_chain=_read(tcb_info_chain, "a chain"),
        qe_identity=_read(qe_identity, "QE identity"),
        qe_identity_chain=_read(qe_identity_chain, "a chain"),
        pck_crl=_read(pck_crl, "a PCK CRL"),
        pck_crl_chain=_read(pck_crl_chain, "a chain"),
        root_ca_crl=_read(root_ca_crl, "the root CA's CRL"),
    )
    try:
        made = from_answers(answers)
        parsed = Collateral.parse(made)
        parsed.check_root(root)
    except Refusal as refusal:
        raise of_refusal(refusal) from None
    write_file(path, made, force=force)
    issued = {
        "tcb_info": parsed.tcb_info.issued_at,
        "qe_identity": parsed.qe_identity.issued_at,
        "pck_crl": parsed.revocation.pck_crl.issued_at,
        "root_ca_crl": parsed.revocation.root_ca_crl.issued_at,
    }
    data: dict[str, Json] = {
        "collateral": path,
        "tee": parsed.tee.name.lower(),
        "fmspc": parsed.fmspc.hex().upper(),
        "evaluation_number": parsed.evaluation_number,
        "issued": {name: utc_seconds(time) for name, time in issued.items()},
    }
    output.answer(
        data,
        headline=f"made {path}",
        rows=[
            ("tee", parsed.tee.name),
            ("fmspc", parsed.fmspc.hex().upper()),
            ("evaluation", str(parsed.evaluation_number)),
            *[(name, f"issued {utc_seconds(time)}") for name, time in issued.items()],
        ],
        hints=[command_line("attest", "verify", "QUOTE", "--collateral", path, "--time", "UNIX")],
    )


def _read(path: str | None, what: str) -> bytes:
    return b"" if path is None else read_file(path, what=what, limit=MAX_EVIDENCE_FILE_BYTES)
