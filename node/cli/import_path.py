"""Where the command's modules come from: never the current folder, whatever PYTHONPATH says.

An empty entry of PYTHONPATH, as `PYTHONPATH=$PYTHONPATH:/lib` has where it was unset, and a
relative one name the current folder, or one below it: whatever lies there under a module's name
would run as the operator. Nothing is imported here that a start of Python has not imported, not
even `__future__`.
"""

import os
import sys


def leave_current_folder() -> None:
    """Takes such folders out of the path of this process. Once, before anything else is imported.

    What Python itself imports as it starts, and the packages `node` and `node.cli`, came before.
    """
    named = "" if sys.flags.ignore_environment else os.environ.get("PYTHONPATH", "")
    product = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sys.path[:] = trusted(sys.path, named=named, product=product)


def trusted(path: list[str], *, named: str, product: str) -> list[str]:
    """The folders that an absolute path names.

    Args:
        path: of the interpreter, which has made absolute what PYTHONPATH named.
        named: PYTHONPATH.
        product: where our own packages are. It stays: their code runs already, and an installation
            that can be edited may have named it too.
    """
    entries = named.split(os.pathsep) if named else []
    meant = {product, *(os.path.abspath(entry) for entry in entries if os.path.isabs(entry))}
    relative = {os.path.abspath(entry) for entry in entries if not os.path.isabs(entry)} - meant
    return [folder for folder in path if os.path.isabs(folder) and folder not in relative]
