"""The consensus engine: CometBFT, built from the pinned module in this folder.

What belongs here: building it, finding it. What must not: running it, and its configuration.
"""

from node.engine.build import (
    Progress,
    build_engine,
    default_cache,
    find_engine,
    pinned,
    require_engine,
)
from node.engine.failures import EngineCode, EngineFailure

__all__ = [
    "EngineCode",
    "EngineFailure",
    "Progress",
    "build_engine",
    "default_cache",
    "find_engine",
    "pinned",
    "require_engine",
]
