"""What a client of a TLS port trusts: the authorities of this machine, or those of one file.

Both ways to a node, gRPC's and CometBFT's RPC, trust the same: whoever names a file names it once.
"""

from __future__ import annotations

import ssl
from pathlib import Path

import grpc

HTTPS = "https://"


def context_of(roots: bytes) -> ssl.SSLContext:
    """For HTTP. `roots`: certificates as PEM; empty: this machine's.

    Raises:
        ValueError: no certificates in PEM.
    """
    try:
        context = ssl.create_default_context(cadata=roots.decode("ascii") if roots else None)
    except ssl.SSLError:
        raise ValueError("certificates in PEM") from None
    if roots and not context.get_ca_certs():
        raise ValueError("certificates of authorities in PEM")
    return context


def is_roots(data: bytes) -> bool:
    """Whether a file holds certificates of authorities."""
    try:
        context_of(data)
    except ValueError:
        return False
    return bool(data)


def credentials_of(roots: bytes) -> grpc.ChannelCredentials:
    """For gRPC, which else trusts a list of its own."""
    return grpc.ssl_channel_credentials(roots or _of_this_machine())


def _of_this_machine() -> bytes | None:
    """The file that OpenSSL reads; SSL_CERT_FILE names another. None: gRPC's own list."""
    path = ssl.get_default_verify_paths().cafile
    try:
        return Path(path).read_bytes() if path else None
    except OSError:
        return None
