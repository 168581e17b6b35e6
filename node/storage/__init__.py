"""Where a node keeps its state: one synced write a block, snapshots beside it, restart from both.

What belongs here: plyvel, files, the thread that writes snapshots, and what to say of a disk that
is full, locked or damaged. What must not: what the bytes mean (`chain_module.store`), and when a
block is committed (the application).

    FOLDER/db/          LevelDB: log records, blocks, transactions and their results
    FOLDER/snapshots/   the newest snapshots of the state, for restarts and for peers

Nothing here is the only copy of anything: the engine keeps every block, and gives those that this
folder does not have. So damage at the end is dropped, and any other is cured by `reset_storage`.
"""

from node.storage.entries import BlockEntry, StoredBlock, StoredTx, TxEntry
from node.storage.faults import StorageCode, StorageFault
from node.storage.index import BlockReader
from node.storage.restoring import Restoring
from node.storage.storage import Storage, open_storage, reset_storage

__all__ = [
    "BlockEntry",
    "BlockReader",
    "Restoring",
    "Storage",
    "StorageCode",
    "StorageFault",
    "StoredBlock",
    "StoredTx",
    "TxEntry",
    "open_storage",
    "reset_storage",
]
