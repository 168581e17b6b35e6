"""What to do where the chain is away, refuses a transaction, or a newcomer cannot join."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from node.cli.failures import CliCode
from node.cli.remedy import Remedy

_WAY: Final = {
    CliCode.CHAIN_UNREACHABLE: Remedy(
        "Nobody answered at the node's gRPC or RPC address in time. A transaction may or may not "
        "have reached it: its hash says so, with `seedpactd query tx HASH`.",
        "start the node, or name one that runs with --node and --grpc; behind TLS both begin with "
        "https://",
    ),
    CliCode.CHAIN_UNTRUSTED: Remedy(
        "The node answers by TLS, and nobody whom this machine trusts vouches for its certificate.",
        "name its authority's certificate with --ca-file FILE (PEM), or ask another node",
    ),
    CliCode.ENDPOINT_BUSY: Remedy(
        "The endpoint takes no more requests of this machine for a while.",
        "wait a minute and ask again, or ask a node of your own",
    ),
    CliCode.ENDPOINT_DOWN: Remedy(
        "A proxy answers at that address, and the node behind it does not.",
        "start the node, or wait for its operator; else ask another with --node and --grpc",
    ),
    CliCode.ENDPOINT_DENIED: Remedy(
        "The endpoint wants an access that this command cannot give.",
        "have its operator let this machine in, or ask another node with --node and --grpc",
    ),
    CliCode.CHAIN_FAILED: Remedy(
        "Something answered, but not as a node of this version does.",
        "check --node and --grpc, and compare versions with `seedpactd status`",
    ),
    CliCode.ANOTHER_CHAIN: Remedy(
        "The node serves another chain than the one that was meant: a signature for one chain is "
        "worth nothing on another.",
        "correct --chain-id, or name a node of the chain that you mean",
    ),
    CliCode.ACCOUNT_UNKNOWN: Remedy(
        "An account exists from the first coins that were sent to it.",
        "check the address, or send it coins: `seedpactd tx bank send`",
    ),
    CliCode.NO_SUCH_STATE: Remedy(
        "The chain has no block yet, or the node no longer keeps the height that was asked for.",
        "wait for the first block (it needs more than 2/3 of the votes), or ask for a newer height",
    ),
    CliCode.NOT_PROVABLE: Remedy(
        "The node proves nothing of the block that was asked for: it keeps too few versions, or "
        "what it proves is of another block. An enclave would refuse it.",
        "run the command again, it asks anew; else ask a node that keeps more "
        "(`application.keep_versions`)",
    ),
    CliCode.BAD_PATH: Remedy(
        "The headers that the engine serves do not follow from one that the enclave trusts: by its "
        "rules somebody did not sign, or they are of another chain.",
        "ask another peer; if your own node serves them, compare it with others' nodes",
    ),
    CliCode.OLDER_BLOCKS_MISSING: Remedy(
        "The enclave goes on from the newest header that it trusts, and this node began with a "
        "snapshot above it. Until another node shows it the headers between, it confirms nobody. "
        "Whose blocks they are does not matter: they prove themselves.",
        "name a node that has these blocks as light_client.witnesses in node.toml, and restart the "
        "node",
    ),
    CliCode.TX_REFUSED: Remedy(
        "The chain refused the transaction for a reason that this version has no name for.",
        "read the reason; compare versions with `seedpactd status`",
    ),
    CliCode.TX_NOT_COMMITTED: Remedy(
        "No block took the transaction in time: blocks are full, the chain stands still, or the "
        "mempool forgot it. It may still be taken.",
        "look again with `seedpactd query tx HASH` before sending it anew",
    ),
    CliCode.NOT_ON_CHAIN: Remedy(
        "The node knows no such thing: it is of another chain, not there yet, or pruned.",
        "check what you typed, and that the node is in sync: `seedpactd status`",
    ),
    CliCode.ENGINE_UNREACHABLE: Remedy(
        "CometBFT's RPC did not answer in time.",
        "start the node with `seedpactd start`, or name another --node",
    ),
    CliCode.ENGINE_UNTRUSTED: Remedy(
        "An RPC answers by TLS, and nobody whom this machine trusts vouches for its certificate.",
        "name its authority's certificate with --ca-file FILE (PEM), or ask another node",
    ),
    CliCode.ENGINE_REFUSED: Remedy(
        "CometBFT answered with an error of its own; what was found is its line.",
        "read that line; the height may be pruned or still to come",
    ),
    CliCode.ENGINE_FAILED: Remedy(
        "Something answered at the RPC address, but not as CometBFT 0.38 does.",
        "check --node: it names CometBFT's RPC, port 26657 by default",
    ),
}

_JOIN: Final = {
    CliCode.NETWORK_NOT_CONFIRMED: Remedy(
        "Anyone can serve a genesis. The network's id is the one fact that has to come from "
        "somebody you trust, not from that peer.",
        "get the id elsewhere and repeat with --network-id",
    ),
    CliCode.GENESIS_UNUSABLE: Remedy(
        "The genesis is not one that this version can compute a network id from.",
        "check the address of the peer, and its version",
    ),
    CliCode.OTHER_GENESIS: Remedy(
        "The home has the genesis of another network, and it is never overwritten.",
        "name another --home, or move config/genesis.json away if that network is over for you",
    ),
    CliCode.JOURNAL_UNUSABLE: Remedy(
        "run/register.json could not be read or written. It remembers a register that was signed, "
        "so that none is paid twice.",
        "check permissions and space; remove it only if no register of yours is on its way",
    ),
    CliCode.REGISTER_RUNNING: Remedy(
        "Another `register` works on this home; two would pay twice.",
        "wait for it, or stop it: it goes on where it was",
    ),
    CliCode.ENCLAVE_NOT_STARTED: Remedy(
        "The enclave's process ended before it served.",
        "start it by hand to see why: `seedpactd enclave run`",
    ),
    CliCode.NO_FUNDS: Remedy(
        "The operator's account pays for the registration, and has too little or does not exist.",
        "send coins to that address, then run the command again: it goes on here",
    ),
    CliCode.FEE_TOO_HIGH: Remedy(
        "The peer says that a register costs far more than the genesis does; nothing was signed.",
        "ask another peer, or name the fee yourself with --fees",
    ),
    CliCode.CHAIN_STALLED: Remedy(
        "The chain made no new block in time, or the peer does not follow it.",
        "look at `seedpactd status --node PEER`, or ask another peer",
    ),
    CliCode.NETWORK_UNPROVEN: Remedy(
        "The peer did not prove the network's keys by headers that lead from the genesis. Nothing "
        "was paid.",
        "register through another node, one that has every block from the first on",
    ),
    CliCode.NO_PEER_REACHED: Remedy(
        "The node would reach no peer, and never get a block. Nothing was paid.",
        "name a peer whose P2P port this machine reaches: `--p2p-peer NODE_ID@HOST:PORT`",
    ),
    CliCode.ATTEMPTS_EXHAUSTED: Remedy(
        "Each register was refused or unconfirmed; what was found is the last reason.",
        "look that code up with `seedpactd explain`, and run the command again",
    ),
    CliCode.KEYS_UNUSABLE: Remedy(
        "The enclave's keys cannot become a holder's: they were made for a network key that the "
        "chain does not have (a peer told a false one), or the node was revoked.",
        "make new keys, and pay a new registration: `seedpactd register --discard`",
    ),
    CliCode.HAS_BLOCKS: Remedy(
        "State sync takes the place of all blocks: it is for a node that has none yet.",
        "leave --state-sync out: the node goes on from its blocks; or begin with another --home",
    ),
    CliCode.UNTRUSTED_HEADER: Remedy(
        "The header that state sync would begin from is not the one that was named, is too old, or "
        "the servers do not show one and the same.",
        "check --trust-height and --trust-hash, and ask other servers with --node and --rpc-server",
    ),
    CliCode.HEADER_NOT_CONFIRMED: Remedy(
        "State sync believes one header, and whatever follows from it. That it follows from the "
        "genesis was checked, but old validators' keys could forge that.",
        "get a recent header elsewhere and repeat with --trust-height and --trust-hash",
    ),
}

CHAIN_REMEDIES: Final[Mapping[CliCode, Remedy]] = {**_WAY, **_JOIN}
