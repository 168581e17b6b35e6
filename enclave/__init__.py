"""The measured and trusted code of Seedpact, and nothing else.

What belongs here: the seed agreement, attestation, sealing, and the process that serves them.
What must not: the node, the chain module, anything that only makes a user's life easier.
`enclave.service` is the only package that opens files and sockets (and
`enclave.attestation.gramine_attestor`, which reads /dev/attestation); all else takes bytes,
time and entropy as arguments (docs/adr/0001; import-linter holds it).
"""
