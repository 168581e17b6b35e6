"""The modules of this chain: their stores and their messages, put together once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chain_module.bank.messages import MESSAGES as BANK_MESSAGES
from chain_module.message import MessageKind
from chain_module.registration.messages import MESSAGES as REGISTRATION_MESSAGES

STORES: Final = ("auth", "bank", "consensus", "registration")
"""Sorted; each keeps a key from genesis on."""

KINDS: Final[Mapping[str, MessageKind]] = MappingProxyType(
    {kind.type_url: kind for kind in (*BANK_MESSAGES, *REGISTRATION_MESSAGES)}
)
"""Every message that a user may send, by type URL."""
