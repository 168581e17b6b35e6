"""A transaction's bytes to a frozen value: TxRaw, TxBody and AuthInfo, each in its one encoding.

Decides the form (ADR-020, ADR-027; cosmos/tx/v1beta1/tx.proto) and nothing that needs the state,
which is `ante`'s part. Of its messages only outlines are made: nobody has signed them yet. What
this chain has no use for (tips, fee grants, multisig, unordered transactions) is refused, not
ignored: a field that signers rely on must do something.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import AuthInfo, TxBody, TxRaw
from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import SignerInfo as ProtoSignerInfo

from chain_module.address import from_text
from chain_module.auth.accounts import PUBLIC_KEY_BYTES
from chain_module.bank.coins import Coins, read_coins
from chain_module.errors import SdkReason, TxRefusal
from chain_module.limits import (
    MAX_AUTH_INFO_BYTES,
    MAX_BODY_FIELDS,
    MAX_GAS_LIMIT,
    MAX_MESSAGES,
    MAX_SIGNERS,
    MAX_TX_BYTES,
)
from chain_module.message import MessageKind, Outline
from chain_module.wire import check_fields, decode

PUBLIC_KEY_URL: Final = "/cosmos.crypto.secp256k1.PubKey"

_KEY_FIELD: Final = bytes((0x0A, PUBLIC_KEY_BYTES))
"""Field 1 of PubKey, with its length."""
_COMPRESSED: Final = (2, 3)
"""First bytes of a compressed point."""


@dataclass(frozen=True, slots=True)
class Fee:
    """What a transaction offers."""

    amount: Coins
    """May have amounts of 0, as wallets write them."""
    gas_limit: int
    payer: bytes | None
    """20 bytes; None for the first signer."""


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """How one signer signed."""

    public_key: bytes | None
    """33 bytes; None where the account has it."""
    sequence: int
    mode: int | None
    """SignMode by its number; None where nothing is said, as some wallets simulate."""


@dataclass(frozen=True, slots=True)
class Tx:
    """A decoded transaction of good form."""

    raw: bytes
    outlines: tuple[Outline, ...] = field(compare=False)
    """Of its messages; at least one. They follow from `body_bytes`."""
    type_urls: tuple[str, ...]
    """Of the messages."""
    required: tuple[str, ...]
    """Accounts that must sign, as the messages write them: of all, in order, each once."""
    memo: str
    timeout_height: int
    """0 for none."""
    fee: Fee
    signers: tuple[SignerInfo, ...]
    signatures: tuple[bytes, ...]
    body_bytes: bytes
    auth_info_bytes: bytes

    @property
    def hash(self) -> bytes:
        """SHA-256 of `raw`, 32 bytes. Computed here: most that is decoded is known by no name."""
        return hashlib.sha256(self.raw).digest()


def decode_tx(raw: bytes, kinds: Mapping[str, MessageKind]) -> Tx:
    """Decodes a transaction with messages of the given kinds, by type URL.

    Args:
        raw: of any size; what is too large is not looked at.
        kinds: by type URL.

    Raises:
        TxRefusal: TX_TOO_LARGE, TX_PARSE_ERROR, INVALID_REQUEST, NOT_SUPPORTED,
            UNKNOWN_EXTENSION_OPTIONS, INVALID_PUBKEY, INVALID_COINS, TOO_MANY_SIGNATURES,
            UNKNOWN_REQUEST for a message of another kind, or as that kind's `outline`.
    """
    _require_size(raw, MAX_TX_BYTES, "a transaction")
    envelope = decode(TxRaw, raw)
    _require_size(envelope.auth_info_bytes, MAX_AUTH_INFO_BYTES, "AuthInfo")
    check_fields(TxBody, envelope.body_bytes, limit=MAX_BODY_FIELDS)
    body = decode(TxBody, envelope.body_bytes)
    auth_info = decode(AuthInfo, envelope.auth_info_bytes)
    _require_plain(body, auth_info)
    outlines = tuple(_outline(part.type_url, part.value, kinds) for part in body.messages)
    return Tx(
        raw=raw,
        outlines=outlines,
        type_urls=tuple(part.type_url for part in body.messages),
        required=tuple(dict.fromkeys(outline.signer for outline in outlines)),
        memo=body.memo,
        timeout_height=body.timeout_height,
        fee=_fee(auth_info),
        signers=_signers(auth_info),
        signatures=tuple(envelope.signatures),
        body_bytes=envelope.body_bytes,
        auth_info_bytes=envelope.auth_info_bytes,
    )


def _require_size(data: bytes, most: int, what: str) -> None:
    if len(data) > most:
        raise TxRefusal(
            SdkReason.TX_TOO_LARGE,
            expected=f"{what} of at most {most} bytes",
            found=f"{len(data)} bytes",
        )


def _require_plain(body: TxBody, auth_info: AuthInfo) -> None:
    """Raises TxRefusal for what this chain does not have."""
    if body.extension_options:
        raise TxRefusal(
            SdkReason.UNKNOWN_EXTENSION_OPTIONS,
            expected="no critical extension option",
            found=repr(body.extension_options[0].type_url),
        )
    if body.unordered or body.HasField("timeout_timestamp"):
        raise _unsupported("a transaction ordered by its sequence", "unordered, or with a time")
    if auth_info.HasField("tip"):
        raise _unsupported("no tip", "one")
    if not 1 <= len(body.messages) <= MAX_MESSAGES:
        raise TxRefusal(
            SdkReason.INVALID_REQUEST,
            expected=f"1 to {MAX_MESSAGES} messages",
            found=str(len(body.messages)),
        )


def _outline(type_url: str, value: bytes, kinds: Mapping[str, MessageKind]) -> Outline:
    kind = kinds.get(type_url)
    if kind is None:
        raise TxRefusal(
            SdkReason.UNKNOWN_REQUEST,
            expected="a message that users of this chain may send",
            found=repr(type_url[:100]),
        )
    return kind.outline(value)


def _fee(auth_info: AuthInfo) -> Fee:
    if not auth_info.HasField("fee"):
        raise TxRefusal(SdkReason.INVALID_REQUEST, expected="a fee, be it empty", found="none")
    fee = auth_info.fee
    if fee.granter:
        raise _unsupported("a fee that a signer pays", f"the granter {fee.granter[:100]!r}")
    if fee.gas_limit > MAX_GAS_LIMIT:
        raise TxRefusal(
            SdkReason.INVALID_GAS_LIMIT,
            expected=f"a gas limit of at most {MAX_GAS_LIMIT}",
            found=str(fee.gas_limit),
        )
    payer = from_text(fee.payer) if fee.payer else None
    return Fee(read_coins(fee.amount, zeros=True), fee.gas_limit, payer)


def _signers(auth_info: AuthInfo) -> tuple[SignerInfo, ...]:
    infos = auth_info.signer_infos
    if len(infos) > MAX_SIGNERS:
        raise TxRefusal(
            SdkReason.TOO_MANY_SIGNATURES,
            expected=f"at most {MAX_SIGNERS} signers",
            found=str(len(infos)),
        )
    return tuple(SignerInfo(_public_key(info), info.sequence, _mode(info)) for info in infos)


def _public_key(info: ProtoSignerInfo) -> bytes | None:
    if not info.HasField("public_key"):
        return None
    value: bytes = info.public_key.value
    key = value.removeprefix(_KEY_FIELD)
    if (
        info.public_key.type_url != PUBLIC_KEY_URL
        or len(value) != len(_KEY_FIELD) + PUBLIC_KEY_BYTES
        or len(key) != PUBLIC_KEY_BYTES
        or key[0] not in _COMPRESSED
    ):
        raise TxRefusal(
            SdkReason.INVALID_PUBKEY,
            expected=f"a {PUBLIC_KEY_URL} of {PUBLIC_KEY_BYTES} bytes, compressed",
            found=f"{info.public_key.type_url[:100]!r}, {value[:64].hex()}",
        )
    return key


def _mode(info: ProtoSignerInfo) -> int | None:
    if info.mode_info.HasField("multi"):
        raise _unsupported("single signers", "a multisig")
    if not info.mode_info.HasField("single"):
        return None
    mode: int = info.mode_info.single.mode
    return mode


def _unsupported(expected: str, found: str) -> TxRefusal:
    return TxRefusal(SdkReason.NOT_SUPPORTED, expected=expected, found=found)
