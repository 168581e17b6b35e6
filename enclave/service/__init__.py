"""The shell of the enclave: files, sockets, entropy, signals and logs. No decision is made here.

The only package of the enclave that opens files and sockets, but for
`enclave.attestation.gramine_attestor`, which reads /dev/attestation.
"""
