"""The descriptors that a process starts with."""

from __future__ import annotations

import os


def occupy_standard_streams() -> None:
    """Opens what is closed among the descriptors 0, 1 and 2, before anything else gets the number.

    Else a sealed file could get that of stderr, to which libraries write. What is opened here
    refuses as a closed one does: it is not for reading, or not for writing.
    """
    for number, flags in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_RDONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, flags), True)  # noqa: FBT003 (its only form)
