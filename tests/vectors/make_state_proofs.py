"""Makes state_proofs.json: `python -m tests.vectors.make_state_proofs` from the root; wants Go.

The ProofOps that the multistore of cosmossdk.io/store v1.1.1 gives for keys of the histories of
tests/chain_module/store, present and absent, at many versions: of each the SHA-256, through the
program beside tests/differential/go_oracle.py. No proof comes from the product, only the list of
keys that a store has. With the file, proofs are compared with Go's where there is no Go, and by
each mutant.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Final

from tests.chain_module.store.questions import blocks_of, lines_of_blocks, questions, run
from tests.differential import go_oracle

OUTPUT: Final = Path(__file__).with_name("state_proofs.json")
FORMAT: Final = 1
VERSIONS: Final = 12
MULTISTORES: Final = tuple(
    (seed, tuple(f"store{index}" for index in range(count)), initial)
    for seed, (count, initial) in enumerate(((1, 1), (2, 1), (3, 70), (5, 1), (8, 1_000_000)))
)
"""Seeds, names of the stores, and versions of the first save."""


def document() -> str:
    """The whole file."""
    parts = {"format": FORMAT, "multistores": [_multistore(*each) for each in MULTISTORES]}
    return json.dumps(parts, indent=1) + "\n"


def _multistore(seed: int, stores: tuple[str, ...], initial: int) -> dict[str, object]:
    blocks = blocks_of(seed, stores, versions=VERSIONS)
    lines: list[go_oracle.Operation] = list(lines_of_blocks(blocks))
    asked = list(questions(seed, run(blocks, stores, initial=initial)))
    for version, store, key in asked:
        lines.append(go_oracle.prove_line(key, version=version.number, store=store))
    said = go_oracle.store_proofs([lines], stores=stores, initial=initial)
    return {
        "seed": seed,
        "stores": list(stores),
        "initial_version": initial,
        "proofs": [
            {
                "version": version.number,
                "store": store,
                "key": key.hex(),
                "sha256": sha256(proof.data).hexdigest(),
            }
            for (version, store, key), proof in zip(asked, said, strict=True)
        ],
    }


if __name__ == "__main__":
    OUTPUT.write_text(document())
