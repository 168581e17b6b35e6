"""Remedies for codes about one enclave: network, state, import, sealing, process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from enclave.errors import Code
from node.cli.remedy import Remedy

_NETWORK: Final = {
    Code.BAD_FLOOR: Remedy(
        "The floor contradicts itself: keys out of order, a threshold nobody can reach, Revoked.",
        "correct the floor in the genesis: `seedpactd genesis set-floor`",
    ),
    Code.WRONG_MODE: Remedy(
        "A network is of one mode for ever: hardware or software.",
        "start the enclave with the network's --mode",
    ),
    Code.WRONG_ROOT: Remedy(
        "A hardware network trusts Intel's root alone, a software network the development root "
        "of its own name alone.",
        "leave chain id and root as `seedpactd init` wrote them, or take the genesis from a peer",
    ),
    Code.WRONG_NETWORK: Remedy(
        "The network is another one than was named, or than the enclave was made for.",
        "check the id with whom you trust; a peer that serves another network is the wrong --node, "
        "an enclave of another one (`seedpactd enclave info`) needs another --home",
    ),
    Code.UNPROVEN_CONTEXT: Remedy(
        "An enclave believes of the chain only what signed headers and proofs show.",
        "let the node bring them, as `seedpactd start` and `register` do",
    ),
    Code.ROLLED_BACK: Remedy(
        "The enclave trusts a newer header than those that it was shown; it never goes back.",
        "let the node catch up with the chain; a node restored from an old copy has to sync first",
    ),
    Code.NOT_FRESH: Remedy(
        "The chain has not proven the nonce of this enclave's start, or not for 1,000 headers.",
        "publish it with the operator's key, which `seedpactd start` does where the key is "
        "unlocked and can pay",
    ),
    Code.FORKED: Remedy(
        "Two signed headers of one height were proven to this enclave: validators signed twice.",
        "find out with the other operators which chain goes on; a holder serves none any more, a "
        "newcomer begins anew with `register --discard`",
    ),
    Code.NODE_REVOKED: Remedy(
        "The network revoked this node; a revoked node never returns.",
        "register a new node with a new --home",
    ),
    Code.NETWORK_KEYS_MISMATCH: Remedy(
        "The seed's keys are not the network's: another network's context, or a wiped bootstrap.",
        "check that the context is of the network that this enclave joined",
    ),
}

_STATES: Final = {
    Code.ILLEGAL_STATE: Remedy(
        "The request does not belong to the enclave's present state "
        "(EMPTY, KEYED, PENDING, HOLDER).",
        "see `seedpactd enclave info`; `seedpactd register` takes an enclave from EMPTY to HOLDER",
    ),
    Code.ALREADY_BOOTSTRAPPED: Remedy(
        "This enclave has keys: a second bootstrap would make a different seed.",
        "see `seedpactd enclave info`; for another network use another --home",
    ),
    Code.NOT_BOOTSTRAPPED: Remedy(
        "Only the enclave that made epoch 0 has a bootstrap quote.",
        "ask the bootstrap node, or quote for registration instead",
    ),
    Code.KEYS_EXIST: Remedy(
        "This enclave has keys. They are never overwritten by accident, and a HOLDER's never.",
        "use them (`seedpactd register`), or make a newcomer's anew (`seedpactd register "
        "--discard`); a backup beside a lost state: restore it, or move it away",
    ),
    Code.KEM_SECRET_EXISTS: Remedy(
        "This epoch's secret was made for another kem_io, once for ever for these keys.",
        "make new keys, for the kem_io that the chain proves: `seedpactd register --discard`",
    ),
    Code.TOO_MANY_QUOTES: Remedy(
        "16 quotes wait for a record, and each may be one that was paid: none is thrown away.",
        "if one of them is recorded, `seedpactd register` imports the seed with it; if none is, "
        "`seedpactd register --discard` makes new keys",
    ),
    Code.KEM_SECRET_MISSING: Remedy(
        "This enclave has not yet encapsulated to the network's key of that epoch.",
        "give the epoch's kem_io, as `seedpactd register` does",
    ),
    Code.UNVERIFIED_ANCHOR: Remedy(
        "A holder binds only a header that its own view of the chain has.",
        "choose an anchor of the context",
    ),
    Code.EPOCH_UNKNOWN: Remedy(
        "This enclave does not hold the seed of that epoch.",
        "see the epochs in `seedpactd enclave info`",
    ),
}

_IMPORT: Final = {
    Code.RECORD_MISMATCH: Remedy(
        "The record is not this node's, or there is none.",
        "check that the context has the record of this enclave's node_id",
    ),
    Code.RECORD_NOT_CONFIRMED: Remedy(
        "The record's status is not CONFIRMED.", "renew an expired node; a revoked one is lost"
    ),
    Code.RECORD_EXPIRED: Remedy(
        "The record had ended before this header.", "quote and register again"
    ),
    Code.RECORD_TOO_NEW: Remedy(
        "A header proves the state of the blocks before it, and the record is of a later one.",
        "show a header above the record's height: the import is asked again one block later",
    ),
    Code.UNKNOWN_QUOTE: Remedy(
        "The record was made for a quote that this enclave does not remember (it keeps 16).",
        "quote and register again",
    ),
    Code.KEM_KEY_MISMATCH: Remedy(
        "A peer told a kem_io that is not the network's.",
        "make new keys, for the kem_io that the chain proves: `seedpactd register --discard`",
    ),
    Code.ENVELOPE_OPEN_FAILED: Remedy(
        "The envelope was not made for these keys, this quote and this network.",
        "quote and register again; if it fails again, the confirming nodes disagree",
    ),
    Code.PREVIOUS_SEED_OPEN_FAILED: Remedy(
        "An older epoch's seed does not open under the newer one's: the records do not fit.",
        "check that the context has the network keys of every epoch",
    ),
}

_SEALING: Final = {
    Code.SEALED_MALFORMED: Remedy(
        "The sealed file is not one: cut, mixed with another, or written by another program.",
        "restore a backup of this machine: `seedpactd enclave restore`",
    ),
    Code.SEALED_VERSION_UNKNOWN: Remedy(
        "The state was sealed by a version that this one does not know.",
        "run the version that sealed it",
    ),
    Code.SEALED_WRONG_MODE: Remedy(
        "State of one mode never opens in the other.", "start with the --mode that sealed it"
    ),
    Code.SEALED_WRONG_ROLE: Remedy(
        "A state was given as a backup, or the other way round.",
        "give a file that `seedpactd enclave backup` wrote",
    ),
    Code.SEALED_WRONG_NETWORK: Remedy(
        "The backup is of another network than you named.",
        "check --network-id, and that it is the right backup",
    ),
    Code.SEALED_OPEN_FAILED: Remedy(
        "Only the machine and the code that sealed a blob open it; or the blob was changed.",
        "use the machine and version that sealed it; a lost machine registers anew",
    ),
    Code.BACKUP_NEWER: Remedy(
        "The backup beside the sealed state holds keys or a seed that the state does not: an older "
        "state was put back, or none is there. The backup is kept, and nothing new is sealed that "
        "would overwrite it.",
        "stop the enclave, move state.sealed aside, start it and `seedpactd enclave restore "
        "backup.sealed --network-id ..`; to go on without the backup, move that aside instead",
    ),
    Code.HOME_EXPOSED: Remedy(
        "Another user of this machine can write to the enclave's directory or its sealed files, "
        "and may have put older ones there.",
        "see that the files are yours, then do the chmod that the message names",
    ),
    Code.SEAL_KEY_UNUSABLE: Remedy(
        "The key that seals this machine's state is missing, or others can read it.",
        "put the key file back with mode 0600, or start with a new --home",
    ),
}

_PROCESS: Final = {
    Code.ATTESTATION_UNAVAILABLE: Remedy(
        "The platform makes no quotes here: not under Gramine, or without DCAP.",
        "start it under Gramine on SGX; for development use --mode software",
    ),
    Code.STORAGE_FAILED: Remedy(
        "The disk refused, and nothing was changed.",
        "check space and permissions of the enclave's --home, then restart it",
    ),
    Code.ALREADY_RUNNING: Remedy(
        "Another process holds this directory: two would overwrite each other.",
        "use the one that runs (`seedpactd enclave info`), or stop it first",
    ),
    Code.PORT_TAKEN: Remedy(
        "Another program listens at that address.",
        "stop that program, or change the address in config/config.toml or config/node.toml, or "
        "with --listen; of a new localnet with --port-offset",
    ),
    Code.PORT_NOT_ALLOWED: Remedy(
        "Ports below 1024 are for root, or for programs with CAP_NET_BIND_SERVICE.",
        "choose a port above 1023; where peers need the lower one, let the system forward it",
    ),
    Code.ADDRESS_NOT_HERE: Remedy(
        "A program can only listen at an address of its own machine (`ip address` lists them). "
        "The public address of a machine behind a router or in a cloud is often the router's.",
        "listen at 0.0.0.0 or at an own address; the public one goes into --external-address",
    ),
    Code.ADDRESS_UNKNOWN: Remedy(
        "The host of the address is a name that does not resolve on this machine now.",
        "`getent hosts NAME` shows what it resolves to: correct the name, or write the number",
    ),
    Code.CANNOT_LISTEN: Remedy(
        "The system refused the address for another reason; what was found are its own words.",
        "choose another address; 127.0.0.1 and a port above 1023 always do",
    ),
}

ENCLAVE_REMEDIES: Final[Mapping[Code, Remedy]] = {
    **_NETWORK,
    **_STATES,
    **_IMPORT,
    **_SEALING,
    **_PROCESS,
}
