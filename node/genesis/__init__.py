"""A network's genesis file: made, changed, bootstrapped and judged before the chain starts.

What belongs here: CometBFT's document as JSON, and what a founder puts in. What must not: reading
what a genesis means, which is `chain_module`'s, and commands.
"""

from node.genesis.document import GenesisFile
from node.genesis.failures import GenesisCode, GenesisFailure

__all__ = ["GenesisCode", "GenesisFailure", "GenesisFile"]
