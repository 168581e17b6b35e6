"""What registration tells those who watch: text, ids in hex, all of it indexed (section 7)."""

from __future__ import annotations

from typing import Final

from chain_module import address
from chain_module.abci.common import Event
from chain_module.events import event

REGISTER_NODE: Final = "register_node"
CONFIRM_NODE: Final = "confirm_node"
EXPIRE_NODE: Final = "expire_node"
REVOKE_NODE: Final = "revoke_node"
UPDATE_POLICY: Final = "update_policy"
POLICY_IN_FORCE: Final = "policy_in_force"
FRESHNESS: Final = "freshness"


def registered(node_id: bytes, operator: bytes) -> Event:
    """Of the register's transaction."""
    return event(REGISTER_NODE, ("node_id", node_id.hex()), _operator(operator))


def confirmed(node_id: bytes, operator: bytes, *, height: int, action: str) -> tuple[Event, ...]:
    """Of the confirm's transaction. Nobody signed it, so its action is told here."""
    return (
        event("message", ("action", action), ("module", "registration")),
        event(
            CONFIRM_NODE,
            ("node_id", node_id.hex()),
            _operator(operator),
            ("height", str(height)),
        ),
    )


def expired(node_id: bytes) -> Event:
    """Of the block whose begin found the record due."""
    return event(EXPIRE_NODE, ("node_id", node_id.hex()))


def revoked(node_id: bytes) -> Event:
    """Of the transaction that revoked it."""
    return event(REVOKE_NODE, ("node_id", node_id.hex()))


def policy_updated(*, serial: int, change: str, effective_height: int) -> Event:
    """Of the transaction that decided it."""
    return event(
        UPDATE_POLICY,
        ("serial", str(serial)),
        ("change", change),
        ("effective_height", str(effective_height)),
    )


def policy_in_force(*, serial: int) -> Event:
    """Of the first block for which a wider policy is in force."""
    return event(POLICY_IN_FORCE, ("serial", str(serial)))


def freshness(node_id: bytes, operator: bytes, *, nonce: bytes) -> Event:
    """Of the transaction that published it."""
    return event(FRESHNESS, ("node_id", node_id.hex()), _operator(operator), ("nonce", nonce.hex()))


def _operator(raw: bytes) -> tuple[str, str]:
    return "operator", address.to_text(raw)
