"""Pages, as the Cosmos SDK turns them (types/query): by key, or by offset for people.

Laws: pages by key, put together, are the whole list whatever the limits; a page by offset is the
slice. A limit above ours is cut; the next key tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeAlias, TypeVar

from cosmpy.protos.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest, PageResponse

from node.services.failures import invalid
from node.services.limits import DEFAULT_PAGE, MAX_OFFSET, MAX_PAGE

Row = TypeVar("Row")
Rows: TypeAlias = Callable[[bytes], Iterator[tuple[bytes, Row]]]
"""Entries with key >= the given one, ascending; the empty key gives all."""


def turn(request: PageRequest, rows: Rows[Row]) -> tuple[list[Row], PageResponse]:
    """One page.

    Raises:
        QueryRefused: INVALID_ARGUMENT for a key beside an offset, an offset that is too far, or
            an order that is not ascending.
    """
    if request.key and request.offset:
        raise invalid("expected a page's key or its offset, found both")
    if request.offset > MAX_OFFSET:
        raise invalid(f"expected an offset of at most {MAX_OFFSET}, found {request.offset}")
    if request.reverse:
        raise invalid("expected ascending order, found reverse")
    limit = min(request.limit or DEFAULT_PAGE, MAX_PAGE)
    found = list(islice(rows(request.key), request.offset, request.offset + limit + 1))
    page = PageResponse(next_key=found[limit][0] if len(found) > limit else b"")
    if request.count_total and not request.key:
        page.total = sum(1 for _ in rows(b""))
    return [row for _, row in found[:limit]], page
