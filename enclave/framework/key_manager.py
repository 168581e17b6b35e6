"""`KeyManager`: every secret of one enclave, over its store (protocol.md sections 3 and 10).

It makes, keeps and derives; it decides nothing about the chain and gives no private key away:
callers get public halves, envelopes and opened seeds by name. The state of the enclave is read off
what is kept, so that no flag can disagree with it. All writes belong to the running transaction.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypeVar

from enclave.crypto.key_schedule import SEED_BYTES, IoKeys, derive_io_keys
from enclave.crypto.labels import Mode
from enclave.crypto.primitives import (
    KEY_BYTES,
    ExchangeKey,
    check_kem_key,
    ed25519_public,
    kem_encapsulate,
)
from enclave.crypto.seed_envelope import node_id
from enclave.errors import Code, Refusal
from enclave.framework import sealed_values as sealed
from enclave.framework.sealed_state import Entropy
from enclave.framework.sealed_values import KemSecret, QuoteEntry, Trust
from enclave.framework.states import State
from enclave.framework.store import KvStore, TypedStore, TypedValue
from enclave.light_client.fork import Fork
from enclave.light_client.types import Header
from enclave.registration.network import NetworkInputs, check_inputs, network_id

T = TypeVar("T")

MAX_QUOTES: Final = 16
"""Quotes that wait for a record (section 10, docs/adr/0026)."""

_SINGLE: Final = (b"network", b"node_key", b"tls_key", sealed.TRUST_KEY, b"fork")
_KINDS: Final = (b"kem/", sealed.QUOTE_KEYS, sealed.SEED_KEYS)
"""Keys of what is sealed, of which there is one, and prefixes of those of which there are many."""


class KeyManager:
    """The secrets of one enclave."""

    def __init__(self, store: KvStore, *, mode: Mode, entropy: Entropy) -> None:
        self.mode = mode
        self._entropy = entropy
        self._store = store
        self._network = TypedValue(store, key=b"network", value=sealed.NETWORK)
        self._node_key = TypedValue(store, key=b"node_key", value=sealed.KEY)
        self._tls_seed = TypedValue(store, key=b"tls_key", value=sealed.KEY)
        self._trust = TypedValue(store, key=sealed.TRUST_KEY, value=sealed.TRUST)
        self._fork = TypedValue(store, key=b"fork", value=sealed.FORK)
        self._kem = TypedStore(store, prefix=b"kem/", key=sealed.INTEGER, value=sealed.KEM)
        self._quotes = TypedStore(
            store, prefix=sealed.QUOTE_KEYS, key=sealed.INTEGER, value=sealed.QUOTE
        )
        self._seeds = TypedStore(
            store, prefix=sealed.SEED_KEYS, key=sealed.INTEGER, value=sealed.SEED
        )
        self._derived: dict[int, tuple[bytes, bytes, IoKeys]] = {}

    # What is held.

    @property
    def state(self) -> State:
        """Read off what is kept; nothing else says it."""
        if self._node_key.get() is None:
            return State.EMPTY
        if self._seeds.items():
            return State.HOLDER
        return State.PENDING if self._quotes.items() else State.KEYED

    @property
    def network(self) -> NetworkInputs:
        """The sealed inputs of network_id. Raises Refusal: ILLEGAL_STATE in EMPTY."""
        return _held(self._network.get(), "a network")

    @property
    def network_id(self) -> bytes:
        """32 bytes. Raises Refusal: ILLEGAL_STATE in EMPTY."""
        return network_id(self.network)

    @property
    def node_key(self) -> ExchangeKey:
        """This node's X25519 key. Raises Refusal: ILLEGAL_STATE in EMPTY."""
        return ExchangeKey(_held(self._node_key.get(), "a node_key"))

    @property
    def node_id(self) -> bytes:
        """32 bytes. Raises Refusal: ILLEGAL_STATE in EMPTY."""
        return node_id(self.mode, self.node_key.public)

    @property
    def trust(self) -> Trust | None:
        """The root of trust in the chain; None before HOLDER."""
        return self._trust.get()

    @property
    def holder_trust(self) -> Trust:
        """The same. Raises Refusal: ILLEGAL_STATE before HOLDER."""
        return _held(self.trust, "a root of trust")

    @property
    def fork(self) -> Fork | None:
        """The fork of the chain that was proven; None is what there should be for ever."""
        return self._fork.get()

    @property
    def newest_header(self) -> Header | None:
        """The newest that was verified: a HOLDER's own, else the farthest of its quotes'."""
        if self.trust is not None:
            return self.trust.header
        reached = [entry.header for entry in self.quotes() if entry.header is not None]
        return max(reached, key=lambda header: header.height, default=None)

    @property
    def tls_key(self) -> bytes:
        """32 bytes, public; of the newest quote before HOLDER; b"" if there is none."""
        quotes = self.quotes()
        seed = self._tls_seed.get() or (quotes[-1].tls_seed if quotes else None)
        return ed25519_public(seed) if seed else b""

    def quotes(self) -> list[QuoteEntry]:
        """Quotes that wait for a record, oldest first."""
        return [entry for _, entry in self._quotes.items()]

    def epochs(self) -> list[int]:
        """Epochs whose seed is held, ascending."""
        return [epoch for epoch, _ in self._seeds.items()]

    def seed(self, epoch: int) -> bytes:
        """The consensus seed. Raises Refusal: EPOCH_UNKNOWN."""
        seed = self._seeds.get(epoch)
        if seed is None:
            raise Refusal(
                Code.EPOCH_UNKNOWN, expected=f"one of epochs {self.epochs()}", found=f"{epoch}"
            )
        return seed

    def io_keys(self, epoch: int) -> IoKeys:
        """The network's keys of an epoch. Raises Refusal: EPOCH_UNKNOWN."""
        seed, network = self.seed(epoch), self.network_id
        kept = self._derived.get(epoch)
        if kept is None or kept[:2] != (seed, network):
            keys = derive_io_keys(seed, mode=self.mode, network_id=network, epoch=epoch)
            # One an epoch: a refused bootstrap leaves keys behind, and may be tried for ever.
            self._derived[epoch] = (seed, network, keys)
            return keys
        return kept[2]

    # What is made.

    def create_node(self, network: NetworkInputs) -> None:
        """A new node_key for `network`; whatever was kept before is thrown away.

        Raises:
            Refusal: as `check_inputs`.
        """
        check_inputs(network, mode=self.mode)
        for key, _ in list(self._store.scan(b"")):
            self._store.delete(key)
        self._network.put(network)
        self._node_key.put(self._entropy(KEY_BYTES))

    def create_first_seed(self) -> None:
        """Epoch 0 of a new network, with this node's tls_key and the genesis as root of trust."""
        first = self.network.initial_height
        self._trust.put(Trust(root_height=first, root_hash=b"", header=None))
        self._tls_seed.put(self._entropy(KEY_BYTES))
        self._seeds.put(0, self._entropy(SEED_BYTES))

    def kem_secret(self, epoch: int) -> KemSecret:
        """The encapsulation for `epoch`. Raises Refusal: KEM_SECRET_MISSING."""
        kem = self._kem.get(epoch)
        if kem is None:
            raise Refusal(
                Code.KEM_SECRET_MISSING,
                expected=f"the network's kem_io of epoch {epoch}, to encapsulate to",
                found="none yet",
            )
        return kem

    def ensure_kem_secret(self, epoch: int, kem_io: bytes) -> KemSecret:
        """The encapsulation for `epoch`, made once: to `kem_io` (b"": the one that is kept).

        Raises:
            Refusal: KEM_SECRET_MISSING, KEM_SECRET_EXISTS (for another kem_io) or BAD_KEM_KEY.
        """
        kept = self._kem.get(epoch)
        if kept is None and kem_io:
            check_kem_key(kem_io)
            secret, ciphertext = kem_encapsulate(kem_io)
            self._kem.put(epoch, KemSecret(kem_io, ciphertext, secret))
        elif kept is not None and kem_io not in (b"", kept.kem_io):
            raise Refusal(
                Code.KEM_SECRET_EXISTS,
                expected=f"the kem_io that epoch {epoch}'s secret was made for, or new keys "
                "(create_node_key with discard)",
                found="another kem_io",
            )
        return self.kem_secret(epoch)

    def new_tls_seed(self) -> bytes:
        """A holder's own tls_key for ever; before, a new one for each quote (section 10)."""
        return self._tls_seed.get() or self._entropy(KEY_BYTES)

    def add_quote(self, entry: QuoteEntry) -> None:
        """Keeps what a quote bound, at most `MAX_QUOTES`.

        A HOLDER's oldest goes: no import reads it. Before, any of them may be paid and recorded.

        Raises:
            Refusal: TOO_MANY_QUOTES before HOLDER.
        """
        kept = self._quotes.items()
        if len(kept) >= MAX_QUOTES and self.state is not State.HOLDER:
            raise Refusal(
                Code.TOO_MANY_QUOTES,
                expected=f"fewer than {MAX_QUOTES} quotes that wait for a record",
                found=f"{len(kept)}: import the seed with the one that is recorded; if none is, "
                "discard the keys",
            )
        self._quotes.put(kept[-1][0] + 1 if kept else 0, entry)
        if len(kept) == MAX_QUOTES:
            self._quotes.delete(kept[0][0])

    def trust_header(self, header: Header) -> None:
        """A HOLDER's newest trusted header; `proven.headers` lets none fall.

        Raises:
            Refusal: ILLEGAL_STATE before HOLDER.
        """
        trust = self.holder_trust
        if header != trust.header:
            self._trust.put(replace(trust, header=header))

    def trust_quote_header(self, entry: QuoteEntry, header: Header) -> None:
        """How far the anchor of `entry` led, for every quote that bound the same."""
        for number, kept in self._quotes.items():
            if (kept.anchor_height, kept.anchor_hash) == (entry.anchor_height, entry.anchor_hash):
                self._quotes.put(number, replace(kept, header=header))

    def seal_fork(self, fork: Fork) -> None:
        """From now on no confirm, import or quote; of many forks the first is kept."""
        if self.fork is None:
            self._fork.put(fork)

    def hold(self, seeds: dict[int, bytes], *, entry: QuoteEntry, header: Header) -> None:
        """Becomes HOLDER by the record of `entry`: its anchor is the root, its tls_key stays.

        Of the KEM secrets only the newest seed's stays: older ones have served (section 3), and
        later ones were made for keys that nobody proved.
        """
        for epoch, seed in seeds.items():
            self._seeds.put(epoch, seed)
        newest = max(seeds)
        kem = self.kem_secret(newest)
        self._kem.clear()
        self._kem.put(newest, kem)
        self._tls_seed.put(entry.tls_seed)
        self._trust.put(
            Trust(root_height=entry.anchor_height, root_hash=entry.anchor_hash, header=header)
        )
        self._quotes.clear()

    def check(self) -> None:
        """Everything that is kept decodes, belongs together and fits this mode.

        Raises:
            Refusal: SEALED_MALFORMED, or as `check_inputs`.
        """
        keys = [key for key, _ in self._store.scan(b"")]
        unknown = [key for key in keys if key not in _SINGLE and not key.startswith(_KINDS)]
        half = bool(keys) and not {b"network", b"node_key"} <= set(keys)
        holder = bool(self._seeds.items())
        if (
            unknown
            or half
            or holder != (self.trust is not None and self._tls_seed.get() is not None)
        ):
            raise Refusal(
                Code.SEALED_MALFORMED,
                expected="the entries of one state of this version",
                found=f"{len(keys)} entries, {len(unknown)} unknown",
            )
        self._kem.items()
        self.quotes()
        self._fork.get()
        if keys:
            check_inputs(self.network, mode=self.mode)


def _held(value: T | None, name: str) -> T:
    if value is None:
        raise Refusal(Code.ILLEGAL_STATE, expected=f"a state that has {name}", found="EMPTY")
    return value
