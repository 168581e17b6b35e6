"""The state: provable stores, branches over them, and the bytes in which they are kept.

What belongs here: the IAVL tree of each module's store and its roots, the app hash over them,
branches, and the encodings of log records and snapshots. What must not: files, plyvel and the
garbage collector's settings (node/storage, behind `CommitLog`), and what modules keep in a store.

The tree lives in memory and is never written node by node: a block costs one log record, synced.
Its ceiling: about 550 bytes of memory a key (28-byte keys, 64-byte values), so 5 million keys are
2.7 GB and a cold start of 25 seconds. Beyond that nodes would have to be loaded when asked for.
"""
