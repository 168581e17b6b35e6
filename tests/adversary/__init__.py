"""A node that lies when it proposes: for tests, and to be run as a validator of a real network.

`python -m tests.adversary HOME LIE` is `seedpactd`'s node process with one lie of `lies`.
"""
