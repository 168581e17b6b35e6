"""`python -m enclave`: the enclave's process."""

from __future__ import annotations

import sys

from enclave.service.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
