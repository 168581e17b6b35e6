"""Makes state_tree.json: `python -m tests.vectors.make_state_tree` from the root; wants Go.

Roots that github.com/cosmos/iavl v1.3.5 gives for histories of tests/chain_module/store, and app
hashes that the multistore of cosmossdk.io/store v1.1.1 gives, through the programs beside
tests/differential/go_oracle.py. No value comes from the product. With the file, the tree is
compared with Go's where there is no Go, and by each mutant.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from tests.chain_module.store.operations import history, interleaved, lines_of
from tests.differential import go_oracle

OUTPUT: Final = Path(__file__).with_name("state_tree.json")
FORMAT: Final = 1
VERSIONS: Final = 30
TREES: Final = tuple((seed, (1, 1, 70, 1_000_000)[seed % 4]) for seed in range(16))
"""Seeds and versions of the first save."""
MULTISTORES: Final = tuple(
    (seed, tuple(f"store{index}" for index in range(count)))
    for seed, count in enumerate((1, 2, 3, 5, 8), start=100)
)
"""Seeds, and the names of the stores."""


def document() -> str:
    """The whole file."""
    parts = {
        "format": FORMAT,
        "trees": [_tree(seed, initial) for seed, initial in TREES],
        "multistores": [_multistore(seed, stores) for seed, stores in MULTISTORES],
    }
    return json.dumps(parts, indent=1) + "\n"


def _tree(seed: int, initial: int) -> dict[str, object]:
    lines = lines_of(list(history(seed, versions=VERSIONS)))
    saved = go_oracle.saved_versions([lines], initial=initial)
    return {"seed": seed, "initial_version": initial, "roots": [each.root.hex() for each in saved]}


def _multistore(seed: int, stores: tuple[str, ...]) -> dict[str, object]:
    lines = list(interleaved(seed, stores, versions=VERSIONS))
    hashes = go_oracle.app_hashes([lines], stores=stores)
    return {
        "seed": seed,
        "stores": list(stores),
        "app_hashes": [app_hash.hex() for _, _, app_hash in hashes],
    }


if __name__ == "__main__":
    OUTPUT.write_text(document())
