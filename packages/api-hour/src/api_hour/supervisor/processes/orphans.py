"""Children that nobody started here: as process 1 of a container, or as a child subreaper, the supervisor gets orphans.

Rule that must hold: how one of our own processes ended is left to who started it.
"""

import os
from collections.abc import Collection
from contextlib import suppress


def reap_orphans(ours: Collection[int | None]) -> None:
    """Take note of the end of every child that is not ours, so that none stays a zombie.

    One of ours that has ended, and is not waited for yet, may hide orphans: call it again afterwards.

    Args:
        ours: the process ids of our own children; None is none.
    """
    with suppress(ChildProcessError):  # there is no child at all
        while (ended := _look()) is not None and ended not in ours:
            os.waitpid(ended, 0)


def _look() -> int | None:
    """Return the process id of a child that has ended, which it stays."""
    found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    return None if found is None else found.si_pid
