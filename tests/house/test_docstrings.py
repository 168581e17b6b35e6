"""What a docstring of the product names in back-ticks exists."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).parents[2]
PRODUCT: Final = ("enclave", "chain_module", "node")
NAMING: Final = ("proto/**/*.proto", "gramine/*", "pyproject.toml")
"""Other files whose words a docstring may mean."""
NAME: Final = re.compile(r"[A-Za-z_][\w.]*(?:\(\))?")

FOREIGN: Final = {
    "Apply": "ICS-23's Go library",
    "CheckAgainstSpec": "ICS-23's Go library",
    "ConsensusParams.ValidateBasic": "CometBFT",
    "DefaultNodeInfo.Validate": "CometBFT",
    "IavlSpec": "ICS-23's Go library",
    "MaxDataBytes": "CometBFT",
    "NewNetAddressString": "CometBFT",
    "NewValidatorSet": "CometBFT",
    "Node.writeHashBytes": "IAVL's Go library",
    "TendermintSpec": "ICS-23's Go library",
    "_sgx_mrsigner": "gramine-ratls",
    "child_order": "ICS-23",
    "epid": "Gramine's manifest",
    "nohup": "a command of POSIX",
    "proof_ics23.go": "IAVL's Go library",
    "recursiveRemove": "IAVL's Go library",
    "recursiveSet": "IAVL's Go library",
    "sgx_report_body_t": "Intel's SGX SDK",
    "validateIavlOps": "ICS-23's Go library",
}
"""Names of other projects, and whose they are."""


def test_every_name_in_back_ticks_exists() -> None:
    known, unknown = words(), {}
    for place, docstring in docstrings():
        for name in re.findall(r"`([^`]+)`", docstring):
            parts = re.findall(r"\w+", name)
            if NAME.fullmatch(name) and name not in FOREIGN and not known.issuperset(parts):
                unknown[name] = place
    assert unknown == {}


def test_no_foreign_name_is_listed_that_none_uses() -> None:
    used = {name for _, text in docstrings() for name in re.findall(r"`([^`]+)`", text)}
    assert FOREIGN.keys() - used == set()


def sources() -> Iterator[Path]:
    for top in PRODUCT:
        yield from sorted((REPOSITORY / top).rglob("*.py"))


def docstrings() -> Iterator[tuple[str, str]]:
    """Where each stands, and its text; of attributes too."""
    for path in sources():
        for node in strings(path.read_text()):
            yield f"{path.relative_to(REPOSITORY)}:{node.lineno}", str(node.value)


def strings(source: str) -> list[ast.Constant]:
    """Those that stand alone as a statement."""
    return [
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]


def words() -> set[str]:
    """Of the code without its comments and docstrings, of file names, protobuf and manifests."""
    found = set()
    for path in sources():
        source = path.read_text()
        prose = {(one.lineno, one.col_offset) for one in strings(source)}
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type != tokenize.COMMENT and token.start not in prose:
                found.update(re.findall(r"\w+", token.string))
        found.update(path.relative_to(REPOSITORY).with_suffix("").parts)
    for pattern in NAMING:
        for path in filter(Path.is_file, REPOSITORY.glob(pattern)):
            found.update(re.findall(r"\w+", path.read_text()))
    return found
