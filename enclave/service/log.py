"""Structured logs of the enclave: one JSON object a line on stderr, public values only."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time

from enclave.errors import one_line

_LOCK = threading.Lock()


def log(level: str, event: str, **fields: str | int) -> None:
    """Writes one line: time (RFC 3339, UTC), level, event, and the fields.

    Args:
        level: "info", "warning" or "error".
        event: a stable name, snake_case.
        fields: public values; text is cut to one line.
    """
    clean = {key: one_line(v) if isinstance(v, str) else v for key, v in fields.items()}
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    line = json.dumps({"time": now, "level": level, "event": event, **clean})
    # Whoever reads the log may have died: an answer must not be lost for want of a line about it.
    with _LOCK, contextlib.suppress(OSError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
