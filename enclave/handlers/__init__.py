"""One request handler a file: each RPC of the enclave's service is one of them."""
