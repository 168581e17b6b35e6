"""The genesis's validators and consensus parameters, as the engine told them at InitChain.

What belongs here: their records and their hashes, as CometBFT computes them. What does not:
changing them; the validators of this chain are those of its genesis.
"""
