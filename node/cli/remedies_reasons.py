"""What to do about the chain's own refusals, by their stable names (chain_module/*/errors).

Refusals that the enclave gives as well have their remedy beside its codes. A test checks that no
name is without one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from node.cli.remedy import Remedy

_CLIENT: Final = "build the transaction with `seedpactd tx`, or correct the client that made it"
_POLICY_FILE: Final = "start from `seedpactd query registration policy`, and raise serial by one"

_SDK: Final = {
    "tx_parse_error": Remedy(
        "The bytes are no transaction in the one encoding that counts.", _CLIENT
    ),
    "unauthorized": Remedy(
        "The signature does not fit: another key, chain id or account number signed it.",
        "check --from and --chain-id, and sign again",
    ),
    "insufficient_funds": Remedy(
        "The account has less than the amount and the fee together.",
        "look at `seedpactd query bank balances ADDRESS`; send less, or fund it",
    ),
    "unknown_request": Remedy(
        "The chain has no message or query of that type.",
        "compare versions with `seedpactd status`",
    ),
    "invalid_address": Remedy(
        "Addresses are bech32 with the prefix seed, in lower case.",
        "take it from `seedpactd keys show NAME`",
    ),
    "invalid_pubkey": Remedy(
        "The public key is no secp256k1 key, or not the account's.", "sign with the account's key"
    ),
    "unknown_address": Remedy(
        "The account does not exist: nobody sent it coins yet.",
        "check the address, or send it coins",
    ),
    "invalid_coins": Remedy(
        "An amount is zero, of an unknown denomination, twice there, or out of order.",
        "write it as 1000useed",
    ),
    "out_of_gas": Remedy(
        "The transaction's gas limit is below what it costs.",
        "leave --gas out: it is then simulated",
    ),
    "memo_too_large": Remedy("A memo has at most 256 characters.", "shorten --memo"),
    "insufficient_fee": Remedy(
        "The node asks for a higher price of gas than the transaction pays.",
        "pay what was expected, with --fees or --gas-prices",
    ),
    "too_many_signatures": Remedy("More signatures than signers are there.", _CLIENT),
    "no_signatures": Remedy("The transaction is not signed.", "sign it, with --from"),
    "invalid_request": Remedy("A message has a value that it cannot have.", _CLIENT),
    "tx_in_mempool_cache": Remedy(
        "The node has this very transaction already.", "look with `seedpactd query tx HASH`"
    ),
    "mempool_is_full": Remedy(
        "The node keeps no more waiting transactions.", "try again in a few blocks"
    ),
    "tx_too_large": Remedy("The transaction is larger than blocks take.", "send less in one"),
    "tx_timeout_height": Remedy(
        "The transaction's last height is over: it can be in no block any more.",
        "make and sign it anew",
    ),
    "unknown_extension_options": Remedy("The chain knows no extension options.", _CLIENT),
    "wrong_sequence": Remedy(
        "Another transaction of this account came first: its sequence is used.",
        "check `seedpactd query auth account ADDRESS`, and send it again",
    ),
    "not_supported": Remedy("The chain does not offer it.", "see `seedpactd tx --help`"),
    "not_found": Remedy("There is no such thing at that height.", "check what you asked for"),
    "invalid_gas_limit": Remedy("The gas limit cannot be used.", "leave --gas out"),
}

_BANK: Final = {
    "no_inputs": Remedy("A multi-send has exactly one sender.", _CLIENT),
    "no_outputs": Remedy("A multi-send has at least one receiver.", "name receivers"),
    "input_output_mismatch": Remedy("What is sent is not what is received.", _CLIENT),
    "multiple_senders": Remedy("A multi-send has exactly one sender.", "send one for each"),
    "too_many_outputs": Remedy(
        "A multi-send has only so many receivers: a block must have room for others.",
        "send several multi-sends",
    ),
    "supply_mismatch": Remedy(
        "The balances of a genesis do not sum to its supply.",
        "leave the supply empty, or correct it: `seedpactd genesis validate`",
    ),
}

_REGISTER: Final = {
    "enclave_refused": Remedy(
        "An enclave refused for a reason that no gate gives; what was expected names it.",
        "look that name up with `seedpactd explain`",
    ),
    "too_early": Remedy(
        "The first two blocks of a chain carry no register.", "wait for block 3 and run it again"
    ),
    "rate_limited": Remedy(
        "An operator may register only so often (registration params).",
        "wait for the block that was expected",
    ),
    "already_registered": Remedy(
        "This very quote was registered before: one quote, one node, one use.",
        "quote again: `seedpactd register` does",
    ),
    "machine_in_use": Remedy(
        "The policy takes one live node a machine, and this machine has one.",
        "revoke that node, or use another machine",
    ),
    "operator_mismatch": Remedy(
        "The node is registered by another operator.", "sign with the key of its first registration"
    ),
    "anchor_not_newer": Remedy(
        "A renewal has to bind a newer header than the record.", "quote again, a few blocks later"
    ),
    "collateral_missing": Remedy(
        "The register has no collateral, and the chain holds none for this machine.",
        "make it (`seedpactd attest collateral --help`) and give it with --collateral",
    ),
    "collateral_older": Remedy(
        "The chain has seen newer collateral: a part of this one is older, and could hide what was "
        "revoked since.",
        "leave --collateral out to use what the chain holds, or fetch it anew",
    ),
    "collateral_contradicts": Remedy(
        "Of the same second the chain holds another statement: one of the two is not for you.",
        "leave --collateral out to use what the chain holds, or fetch it anew",
    ),
    "verdict_mismatch": Remedy(
        "A confirm says something else than the quote shows: a faulty proposer.",
        "run `seedpactd register` again",
    ),
    "not_alone": Remedy("A register is the only message of its transaction.", _CLIENT),
    "confirm_from_outside": Remedy(
        "Confirms are written by proposers, never sent.", "use `seedpactd register`"
    ),
    "unconfirmed": Remedy(
        "The register was in a block without its confirm; its fee is paid.",
        "run `seedpactd register` again: it quotes anew",
    ),
    "no_register": Remedy("A confirm without its register in the same block.", _CLIENT),
    "confirm_mismatch": Remedy(
        "A confirm does not fit its register: a faulty proposer.", "run `seedpactd register` again"
    ),
    "malformed_confirm": Remedy("A confirm that no proposer of ours writes.", _CLIENT),
    "register_waiting": Remedy(
        "A register of this operator waits already: one at a time.",
        "wait for its block: `seedpactd register` does",
    ),
    "too_many_waiting": Remedy(
        "The node keeps no more waiting registers.", "try again in a few blocks"
    ),
    "too_many_refused": Remedy(
        "The node has just refused as many registers as it may look at between two blocks.",
        "send it again in the next block, or to another node: `seedpactd register` does",
    ),
    "register_refused_before": Remedy(
        "The node looked at several registers of this operator in a row that it refused or that "
        "never came into a block, and looks at the next one later each time.",
        "cure what refused them (the node's answers said what), then wait for the height named",
    ),
    "too_many_registers": Remedy(
        "A block has more registers than it may.", "try again in a few blocks"
    ),
}

_FRESHNESS: Final = {
    "freshness_limited": Remedy(
        "A node may publish so many nonces in so many blocks, and this one did.",
        "wait for the block that was expected; look in logs/ for why its enclave restarts",
    ),
}

_GOVERN: Final = {
    "not_authority": Remedy(
        "Only the authority in the registration params may do this.",
        "see `seedpactd query registration params`",
    ),
    "bad_policy_serial": Remedy("A policy's serial is the present one plus one.", _POLICY_FILE),
    "evaluation_minimum_falls": Remedy(
        "A policy's minimum evaluation number never falls: it would take back platforms that a "
        "TCB recovery put out.",
        "set minimum_evaluation_number to what was expected, or higher",
    ),
    "policy_change_mixed": Remedy(
        "The change narrows and widens at once, and the two take effect at different times.",
        "make two changes: first what narrows, then what widens",
    ),
    "policy_unchanged": Remedy("The policy is the one in force.", "change something, or nothing"),
    "no_such_node": Remedy(
        "No node has that id.", "list them with `seedpactd query registration nodes`"
    ),
    "no_such_epoch": Remedy(
        "The chain has no keys of that epoch.", "leave --epoch out for the current one"
    ),
}

REASON_REMEDIES: Final[Mapping[str, Remedy]] = {
    **_SDK,
    **_BANK,
    **_REGISTER,
    **_FRESHNESS,
    **_GOVERN,
}
