"""Values of config.toml against CometBFT's own checks: what the engine refuses is never written.

An engine that refuses one ends before its first block, and by then a newcomer has paid. Ours may be
stricter; a name that the engine looks up and does not find is not a fault of its form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

import pytest

from node.config.engine_values import moniker, peers, told_address
from node.config.toml_reader import WrongValue
from tests.differential.test_genesis import engines

ID: Final = "ab" * 20
HOSTS: Final = (
    "0.0.0.0",  # noqa: S104 (a value, where nothing listens)
    *("127.0.0.1", "[::1]", "[::]", "localhost", "::1", "[127.0.0.1]", "[localhost]"),
    *("", " ", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.0.0.1", "[::::]", "[fe80::1%lo]", "[::1"),
    *("a b", "a/b", "a,b", "-", "..", "a..b", ".a", "x" * 64, "x." * 140 + "x", "\u00e4", "tcp:"),
)
PORTS: Final = (
    *("1", "65535", "65536", "0", "-1", "+1", " 1", "", "a", "99999", "1.0", "0x1"),
    "1" * 40,
)
ADDRESSES: Final = (
    *(f"{host}:1" for host in HOSTS),
    *(f"127.0.0.1:{port}" for port in PORTS),
    *("tcp://127.0.0.1:1", "127.0.0.1", ":1", "127.0.0.1:1:2", "udp://127.0.0.1:1"),
)
MONIKERS: Final = (
    *("berlin", "a b", "Z\u00fcrich", "   ", "", " a", "a\nb", "a\tb", "\x00", "\x7f", "~"),
    *("\u00a0", "\u3000", "x" * 70, "'", '"', "\\", "#", "\u202e", "a\r", "\x1b[0m"),
)
IDS: Final = (ID, "", ID[1:], ID + "a", "zz" * 20, f"{ID}@{ID}", f" {ID}", ID.upper())
VALUES: Final[dict[str, tuple[Callable[[object], object], tuple[str, ...]]]] = {
    "moniker": (moniker, MONIKERS),
    "listen": (told_address, ADDRESSES),
    "peers": (
        peers,
        (
            *(f"{node_id}@127.0.0.1:1" for node_id in IDS),
            *(f"{ID}@{address}" for address in ADDRESSES),
            *("", " , ", f"{ID}@127.0.0.1:1, {ID}@[::1]:2,", f"{ID}@127.0.0.1:1;{ID}@[::1]:2"),
        ),
    ),
}


def refused(form: Callable[[object], object], value: str) -> bool:
    try:
        form(value)
    except WrongValue:
        return True
    return False


@pytest.mark.parametrize("what", VALUES)
def test_no_value_that_the_engine_refuses_is_taken(what: str) -> None:
    form, values = VALUES[what]
    met = Counter[str]()
    for value, said in zip(values, engines([v.encode() for v in values], what), strict=True):
        ours = refused(form, value)
        assert ours or not said.startswith("form: "), (value, said)
        met["both take" if not ours else "both refuse" if said else "ours alone"] += 1
    assert met["both take"] > 1, met
    assert met["both refuse"] > met["ours alone"], met
