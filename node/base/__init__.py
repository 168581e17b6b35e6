"""What every room of the node may stand on: how a child is started, and who holds a file.

What belongs here: parts that know nothing of a chain, an enclave or a home. What must not: anything
that imports another room of node/.
"""
