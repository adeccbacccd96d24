"""The limit on open files: each connection is one."""

import resource

from rush_hour.errors import UsageError

OPEN_FILES_BESIDE_CONNECTIONS = 64


def raise_open_file_limit(connections: int) -> None:
    """Raise this process's limit to the hard limit.

    Args:
        connections: how many this process is going to hold.

    Raises:
        UsageError: even the hard limit is too low.
    """
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))
    needed = connections + OPEN_FILES_BESIDE_CONNECTIONS
    if hard_limit not in (resource.RLIM_INFINITY, -1) and needed > hard_limit:
        raise UsageError(
            f"--connections: {connections} connections in one process need {needed} open files, but the hard limit "
            f"is {hard_limit}. Use fewer, more processes (-t), or raise it (ulimit -Hn)."
        )
