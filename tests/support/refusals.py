"""How tests say that something must be refused."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

import pytest

from chain_module.errors import Reasons, TxRefusal
from enclave.errors import Code, Refusal
from tests.support.enclaves import Node


@contextlib.contextmanager
def refused(code: Code) -> Iterator[None]:
    """The block raises a refusal of exactly this code, with both values said."""
    with pytest.raises(Refusal) as caught:
        yield
    assert caught.value.code is code, str(caught.value)
    assert caught.value.expected
    assert caught.value.found


@contextlib.contextmanager
def tx_refused(reason: Reasons) -> Iterator[None]:
    """The block raises a refusal of the state machine, of exactly this reason."""
    with pytest.raises(TxRefusal) as caught:
        yield
    assert caught.value.reason is reason.reason, str(caught.value)
    assert caught.value.expected
    assert caught.value.found


def entries(node: Node) -> Mapping[bytes, bytes]:
    """Everything that the running enclave keeps."""
    return dict(node.enclave._store.scan(b""))  # noqa: SLF001 (laws speak of the whole state)


def backed_up(node: Node) -> Mapping[bytes, bytes]:
    """What the stored backup opens to; nothing where it does not."""
    held = node.enclave._sealed.load_backup()  # noqa: SLF001 (what the backup file opens to)
    return {} if held is None else held.entries


@contextlib.contextmanager
def refused_unchanged(node: Node, code: Code) -> Iterator[None]:
    """Refused, and the enclave and its storage are as before."""
    before, state = entries(node), node.enclave.state
    stored = dict(getattr(node.storage, "blobs", {}))
    with refused(code):
        yield
    assert entries(node) == before
    assert node.enclave.state is state
    assert dict(getattr(node.storage, "blobs", {})) == stored
