"""Events as the Cosmos SDK has them: text, all of it indexed, so that clients can search for it."""

from __future__ import annotations

from chain_module.abci.common import Event, EventAttribute


def event(kind: str, *attributes: tuple[str, str]) -> Event:
    """An event of these attributes, in this order."""
    return Event(kind, tuple([EventAttribute(key, value) for key, value in attributes]))
