"""Pages of a list of entries, as the Cosmos SDK cuts them (types/query/pagination.go).

The key of a page is what follows the list's prefix. One answer has at most MAX_PAGE entries; no
offset and no total goes beyond MAX_OFFSET: a query must not walk a large store for long.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from cosmpy.protos.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest, PageResponse

from chain_module.errors import SdkReason, TxRefusal
from chain_module.store.types import Entry, KvReader, prefix_end

DEFAULT_PAGE: Final = 100
"""Where the request has no limit; then the total is counted, too."""
MAX_PAGE: Final = 1000
MAX_OFFSET: Final = 100_000


def page_of(
    store: KvReader, prefix: bytes, request: PageRequest
) -> tuple[tuple[Entry, ...], PageResponse]:
    """The entries of one page, keys without `prefix`, and where the next one starts.

    Raises:
        TxRefusal: INVALID_REQUEST for a key and an offset together, or an offset too far.
    """
    if request.offset and request.key:
        raise _refusal("a key or an offset", "both")
    if request.offset > MAX_OFFSET:
        raise _refusal(f"an offset of at most {MAX_OFFSET}", str(request.offset))
    limit = min(request.limit or DEFAULT_PAGE, MAX_PAGE)
    found = _from(store, prefix, request.key, reverse=request.reverse)
    entries = tuple(islice(found, request.offset, request.offset + limit + 1))
    following = entries[limit:]
    response = PageResponse(next_key=following[0][0][len(prefix) :] if following else b"")
    if not request.key and (request.count_total or not request.limit):
        every = _from(store, prefix, b"", reverse=False)
        response.total = sum(1 for _ in islice(every, MAX_OFFSET))
    return tuple((key[len(prefix) :], value) for key, value in entries[:limit]), response


def _from(store: KvReader, prefix: bytes, key: bytes, *, reverse: bool) -> Iterator[Entry]:
    end = prefix_end(prefix)
    if not reverse or not key:
        return store.iterate(prefix + key, end, reverse=reverse)
    return store.iterate(prefix, prefix + key + b"\0", reverse=True)


def _refusal(expected: str, found: str) -> TxRefusal:
    return TxRefusal(SdkReason.INVALID_REQUEST, expected=expected, found=found)
