"""What runs for hours: million-run fuzzing, 20,000 examples a law, kill -9 in a loop, a soak.

`python -m tests.long start NAME..` runs jobs in the background, `status` says how far they are.
A job resumes where it stopped; tests/LONG.md keeps the last result of each. The environment's
SEEDPACT_SOAK_MINUTES says how long a soak is; it is two hours otherwise.
"""
