"""Prepare and Process: the pure rules of `chain_module.app.proposals`, fed by disk and enclave."""

from __future__ import annotations

from typing import Final

PREPARE_DEADLINE_SECS: Final = 0.25
PROCESS_DEADLINE_SECS: Final = 0.5
"""The enclave's alone (protocol.md section 6)."""
