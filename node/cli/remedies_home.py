"""What to do about a node's home: its folders, configuration, keyring and genesis file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from node.cli.failures import CliCode
from node.cli.remedy import Remedy

_FILES: Final = {
    CliCode.NO_HOME: Remedy(
        "The command needs the home of a node, and none was made at that path.",
        "make one with `seedpactd init` or `seedpactd register`, or name yours with --home",
    ),
    CliCode.NOT_PERMITTED: Remedy(
        "The system does not let this user open a file or folder: it belongs to another, often "
        "since one command was run with sudo, or its mode shuts everyone out.",
        "`sudo chown -R USER HOME` where it is another's, `chmod -R u+rwX HOME` where it is yours; "
        "then run seedpactd without sudo",
    ),
    CliCode.NO_HOME_FOLDER: Remedy(
        "Where nothing is named, files go below the folder of the user, and this user has none: no "
        "HOME, and no entry in the system's list of users.",
        "name the folder with the option or the variable, or set HOME",
    ),
    CliCode.HOME_EXISTS: Remedy(
        "A home or a key stands where the command would make one. Keys are never overwritten: a "
        "lost consensus key loses the validator, and a copied one signs twice.",
        "use the one that is there, or name another --home",
    ),
    CliCode.BAD_HOME_PATH: Remedy(
        "The path of the home stands in configuration files, which are UTF-8, and files lie below "
        "it.",
        "name a shorter --home in letters that UTF-8 has; rename the folder above it if need be",
    ),
    CliCode.CONFIG_INVALID: Remedy(
        "A file of the home has a key that is not known, or a value that it cannot have.",
        "correct that key in that file; the comment above it says what it takes",
    ),
    CliCode.SIGNED_UNKNOWN: Remedy(
        "The file that keeps the consensus key from signing twice is missing, empty or damaged. A "
        "new one of height 0, or an old copy, lets it vote again where it has voted: validators "
        "are punished for that. A height that the chain has not reached yet is safe: until then "
        "the key signs nothing.",
        "make sure that no other machine has this key, take the height of another node's "
        "`seedpactd status`, add 10, and write it as N into that file: "
        '{"height": "N", "round": 0, "step": 0}',
    ),
    CliCode.ADDRESS_BOOK_DAMAGED: Remedy(
        "CometBFT keeps the peers that it met in this file, and panics where it cannot read it.",
        "remove that file; the engine makes a new one from p2p.persistent_peers",
    ),
}

_KEYS: Final = {
    CliCode.KEY_NOT_FOUND: Remedy(
        "The keyring has no key of that name. Each --home, and each backend, has a keyring of its "
        "own.",
        "see `seedpactd keys list`; check --home and --keyring-backend",
    ),
    CliCode.KEY_EXISTS: Remedy(
        "A key is never replaced: the account behind it would be lost.",
        "choose another name, or `seedpactd keys delete` the old key first",
    ),
    CliCode.KEY_DAMAGED: Remedy(
        "The file of a key was changed, renamed, cut, or belongs to another backend.",
        "recover the key from its words: `seedpactd keys add NAME --recover`, after moving the "
        "damaged file away",
    ),
    CliCode.BAD_KEY_NAME: Remedy(
        "A key's name is also the name of its file.",
        "choose a name of letters, digits, dots, dashes and underscores",
    ),
    CliCode.BAD_KEY: Remedy(
        "The words or bytes are no private key. What was given is not shown, since most of it may "
        "be right.",
        "check spelling and order of the words, or export the key again",
    ),
    CliCode.WRONG_PASSWORD: Remedy(
        "The password does not open the key. There is no way around it.",
        "try again; where it is lost, recover the key from its words in a new --home",
    ),
    CliCode.WEAK_PASSWORD: Remedy(
        "The password is all that protects the file from whoever copies it.", "choose a longer one"
    ),
    CliCode.OPERATOR_KEY_LOCKED: Remedy(
        "The node signs renewals and nonces with the operator's key that node.toml names, and that "
        "key is encrypted. Without it the enclave confirms nobody.",
        "start on a terminal, or with --keyring-passphrase-file FILE; to run without, empty "
        "operator.key in config/node.toml",
    ),
}

_GENESIS: Final = {
    CliCode.NO_GENESIS: Remedy(
        "There is no genesis file at that path.",
        "make a draft with `seedpactd init`, or put the network's genesis.json there",
    ),
    CliCode.BAD_GENESIS: Remedy(
        "The genesis file has not the form that it should have, or contradicts itself. What is not "
        "known is refused: a misspelt field must not start another chain.",
        "correct the field that is named; `seedpactd genesis validate --draft` judges it again",
    ),
    CliCode.GENESIS_ENTRY_EXISTS: Remedy(
        "That account or validator is in the genesis already.",
        "nothing, if it is as it should be; else remove the entry from genesis.json first",
    ),
    CliCode.GENESIS_BOOTSTRAPPED: Remedy(
        "The genesis has its network's keys. Everything else in it is part of network_id, which "
        "the first enclave has sealed: a change would make another network without a seed.",
        "start again with a new --home, and a new enclave, if the genesis is wrong",
    ),
    CliCode.GENESIS_NOT_READY: Remedy(
        "Something is missing that could not be added after the bootstrap.",
        "add it with `seedpactd genesis`, then judge with `seedpactd genesis validate --draft`",
    ),
    CliCode.GENESIS_TIME_TOO_EARLY: Remedy(
        "The first node's evidence is judged at genesis time, and its collateral was issued later.",
        "`seedpactd genesis set-time --in 600`, and bootstrap within that time",
    ),
    CliCode.GENESIS_NOT_BOOTSTRAPPED: Remedy(
        "The genesis has no network keys yet: no enclave was asked for the seed.",
        "`seedpactd genesis bootstrap --operator NAME`, with the first node's enclave running",
    ),
    CliCode.GENESIS_RECORD_MISMATCH: Remedy(
        "The record of the first node is not the one that its keys and quote make: the genesis was "
        "edited after its bootstrap.",
        "take the file again from the founder",
    ),
    CliCode.GENESIS_WITHOUT_VALIDATORS: Remedy(
        "The genesis has no validators, so nobody could make its first block.",
        "`seedpactd genesis add-validator`, at least once",
    ),
    CliCode.GENESIS_VALIDATOR_KEY: Remedy(
        "A validator's key is not one of this chain: an Ed25519 key of 32 bytes in base64.",
        "remove the entry, and add it with `seedpactd genesis add-validator --pubkey KEY`",
    ),
    CliCode.GENESIS_VALIDATOR_POWER: Remedy(
        "A validator needs a power above 0, and the engine cannot count more votes than the named "
        "limit.",
        "correct the power that is named; only the shares count, so 1 and 10 do as well as 1e17",
    ),
    CliCode.GENESIS_VALIDATOR_TWICE: Remedy(
        "Two entries of the genesis have one key: that validator would vote twice.",
        "remove one of the two from validators; add another node's with its --validator-home",
    ),
    CliCode.GENESIS_CONSENSUS_PARAMS: Remedy(
        "A consensus parameter is one that the engine refuses, or that does not fit this chain: "
        "blocks need room for registers, keys are Ed25519, and there are no vote extensions.",
        "set the parameter that is named as `seedpactd init` writes it",
    ),
}

HOME_REMEDIES: Final[Mapping[CliCode, Remedy]] = {**_FILES, **_KEYS, **_GENESIS}
