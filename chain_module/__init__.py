"""The deterministic state machine: values in, values out.

What belongs here: rules that every validator must evaluate alike. What must not: I/O, clocks,
randomness, and calls to the enclave (docs/adr/0001; import-linter holds it).
"""
