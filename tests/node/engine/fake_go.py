"""Programs that answer as `go` does, for what cannot be had from a real one at will."""

from __future__ import annotations

from pathlib import Path
from typing import Final

SPEAKS: Final = "go version go1.99.0 linux/amd64"

_SCRIPT: Final = """#!/bin/sh
case "$1" in
version) echo '{says}' ;;
list) echo 'go: downloading example.org/a v1.0.0'; echo example.org/a ;;
mod) echo 'all modules verified' ;;
build)
  echo x >> '{count}'
  {build}
  while [ "$1" != -o ]; do shift; done
  printf '#!/bin/sh\\necho {version}\\n' > "$2"; chmod +x "$2" ;;
esac
"""


def fake_go(
    folder: Path, *, says: str = SPEAKS, build: str = "", version: str = "0.38.26"
) -> dict[str, str]:
    """An environment whose only go is a script.

    Args:
        folder: for the script and `compiled`, which gets one line a build.
        says: what `go version` prints.
        build: shell, runs before `go build` writes its result.
        version: what the built program says.
    """
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "go"
    script.write_text(
        _SCRIPT.format(says=says, build=build, version=version, count=folder / "compiled")
    )
    script.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin", "HOME": str(folder)}


def builds(folder: Path) -> int:
    """How many times `go build` was run."""
    compiled = folder / "compiled"
    return len(compiled.read_text().splitlines()) if compiled.exists() else 0
