"""Fuzzing with atheris: one file of `targets` an invariant, one program that drives them.

`python -m tests.fuzz.run TARGET --runs N` makes the start corpus, runs, and prints the counts.
"""
