"""The host of an enclave: it watches the chain and turns what happens there into requests.

What belongs here: the loop, and event handlers. Handlers know no transport: they get a `Host`, with
a `ChainClient` and an `EnclaveClient`. What must not: the block path (node/application), which asks
the enclave by itself.
"""

from node.host.following import Following
from node.host.freshness import Freshness
from node.host.host import NEW_BLOCK, EventHandler, Host
from node.host.hosting import hosting
from node.host.import_seed import ImportSeed
from node.host.renewal import Renewal

__all__ = [
    "NEW_BLOCK",
    "EventHandler",
    "Following",
    "Freshness",
    "Host",
    "ImportSeed",
    "Renewal",
    "hosting",
]
