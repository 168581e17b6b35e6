"""A localnet on the next version of the engine: the same wire, other code."""
