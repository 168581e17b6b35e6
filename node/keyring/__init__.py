"""Accounts' keys: secp256k1 from BIP-39 words, kept in clear (`test`) or encrypted (`file`).

What belongs here: making, keeping, signing, export and import. What must not: prompts, and what
transactions say.
"""

from node.keyring.failures import KeyringCode, KeyringFailure
from node.keyring.key import KeyInfo, SigningKey
from node.keyring.keyring import Backend, Keyring, PasswordFor
from node.keyring.mnemonic import new_mnemonic

__all__ = [
    "Backend",
    "KeyInfo",
    "Keyring",
    "KeyringCode",
    "KeyringFailure",
    "PasswordFor",
    "SigningKey",
    "new_mnemonic",
]
