"""The fuzzing process: `python -m tests.fuzz.engine TARGET CORPUS [libFuzzer's arguments]`.

Only the modules of enclave and chain are instrumented: coverage of tests and libraries would lead
nowhere. The corpus starts with the target's seeds. Equal arguments and an equal corpus give equal
runs. Normally started by `tests.fuzz.run`.
"""

from __future__ import annotations

import hashlib
import random
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["enclave", "chain_module"]):
    from tests.fuzz.target import Mutation, Target
    from tests.fuzz.targets import TARGETS


def main(arguments: list[str]) -> None:
    """Fuzzes; libFuzzer ends the process."""
    name, corpus, *options = arguments
    target = TARGETS[name]()
    write_seeds(target, Path(corpus))

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        rng = random.Random(seed)  # noqa: S311 (repeatable on purpose)
        mutation = Mutation(rng, atheris.Mutate, max_size)
        return target.mutate(data, mutation)[:max_size]

    options += [f"-max_len={target.max_bytes}", "-len_control=0"]
    atheris.Setup([sys.argv[0], corpus, *options], target.check, custom_mutator=mutate)
    atheris.Fuzz()


def write_seeds(target: Target, corpus: Path) -> None:
    """One file a seed, unless the corpus grew from these seeds already.

    What other seeds grew into may be genuine where those are not: it makes place.
    """
    seeds = list(target.seeds())
    names = {f"seed-{hashlib.sha256(seed).hexdigest()[:16]}": seed for seed in seeds}
    kept = {path.name for path in corpus.iterdir() if path.name.startswith("seed-")}
    if kept == set(names):
        return
    for path in corpus.iterdir():
        path.unlink()
    for name, seed in names.items():
        (corpus / name).write_bytes(seed)


if __name__ == "__main__":
    main(sys.argv[1:])
