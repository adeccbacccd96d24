"""Memory and state of a process, from /proc; None for one that is gone."""

import os
from pathlib import Path

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def read_rss_bytes(pid: int) -> int | None:
    """Return how much memory a process has in use (proc_pid_statm(5), second field)."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * PAGE_BYTES
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return None


def read_state(pid: int) -> str | None:
    """Return the letter of a process's state: R, S, D, T for stopped, Z (proc_pid_stat(5), third field)."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0].decode()
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return None
