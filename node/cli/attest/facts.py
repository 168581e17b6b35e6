"""What evidence says, as the JSON fields and the lines of `attest verify`.

A field is null until the step that establishes it has passed: parsing gives what the quote says,
verification the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

from enclave.attestation.quote import Quote
from enclave.attestation.types import Measurement, SgxMeasurement, VerifiedReport
from node.cli.output import Row
from node.json_form import Json


@dataclass(slots=True)
class Facts:
    """What is known so far."""

    quote: Quote | None = None
    report: VerifiedReport | None = None

    def as_json(self) -> dict[str, Json]:
        """Every field of the command's answer but the verdict."""
        quote, report = self.quote, self.report
        return {
            "tee": quote.tee.name.lower() if quote else None,
            "version": quote.version if quote else None,
            "measurement": measurement_json(quote.measurement) if quote else None,
            "report_data": quote.report_data.hex() if quote else None,
            "tcb_status": report.tcb_status.text if report else None,
            "advisories": list(report.advisories) if report else None,
            "fmspc": report.fmspc.hex().upper() if report else None,
            "platform_id": report.platform_id.hex() if report else None,
            "debug": quote.debug if quote else None,
            "evaluation_number": report.evaluation_number if report else None,
            "platform_flags": _flags(report) if report else None,
            "attestation_id": quote.attestation_id.hex() if quote else None,
        }

    def as_rows(self) -> list[Row]:
        """What is known, for people."""
        rows: list[Row] = []
        if self.quote:
            quote = self.quote
            rows += [("tee", f"{quote.tee.name}, quote version {quote.version}")]
            rows += measurement_rows(quote.measurement)
            rows += [("report_data", quote.report_data.hex())]
            rows += [("debug", "yes: its host can read it" if quote.debug else "no")]
        if self.report:
            report = self.report
            rows += [
                ("tcb_status", report.tcb_status.text),
                ("advisories", ", ".join(report.advisories) or "none"),
                ("evaluation", str(report.evaluation_number)),
                ("fmspc", report.fmspc.hex().upper()),
                ("platform_id", report.platform_id.hex()),
                ("platform", ", ".join(_set_flags(report)) or "no flags set"),
            ]
        return rows


def measurement_json(measurement: Measurement) -> dict[str, Json]:
    """A measurement, bytes in hex."""
    if isinstance(measurement, SgxMeasurement):
        return {
            "mr_enclave": measurement.mr_enclave.hex(),
            "mr_signer": measurement.mr_signer.hex(),
            "isv_prod_id": measurement.isv_prod_id,
            "isv_svn": measurement.isv_svn,
        }
    return {"mr_td": measurement.mr_td.hex(), "rtmrs": [rtmr.hex() for rtmr in measurement.rtmrs]}


def measurement_rows(measurement: Measurement) -> list[Row]:
    """A measurement, for people."""
    if isinstance(measurement, SgxMeasurement):
        return [
            ("mr_enclave", measurement.mr_enclave.hex()),
            ("mr_signer", measurement.mr_signer.hex()),
            ("isv", f"prod_id {measurement.isv_prod_id}, svn {measurement.isv_svn}"),
        ]
    rtmrs = [(f"rtmr{index}", rtmr.hex()) for index, rtmr in enumerate(measurement.rtmrs)]
    return [("mr_td", measurement.mr_td.hex()), *rtmrs]


def _flags(report: VerifiedReport) -> dict[str, Json]:
    flags = report.platform
    return {
        "dynamic_platform": flags.dynamic_platform,
        "cached_keys": flags.cached_keys,
        "smt_enabled": flags.smt_enabled,
    }


def _set_flags(report: VerifiedReport) -> list[str]:
    return [name for name, is_set in _flags(report).items() if is_set]
