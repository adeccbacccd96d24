"""A process that keeps one part of the rig: starts its command, and ends all of it when the rig is done or gone.

The keeper's standard input is a pipe from the rig. When that ends, because the rig closed it or was killed, the
command gets its stop signal and some seconds to obey; then whatever it has started, daemonised or not, is killed: the
keeper is the "child subreaper" (prctl(2)) of them all.

With `--remove DIRECTORY` in place of a command it waits for the end of its input, then for every process that holds a
lock on DIRECTORY's `lock` file, and removes the directory.

Run by its path, with nothing imported but the standard library: one keeper runs beside each part.
"""

import argparse
import ctypes
import fcntl
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

PR_SET_CHILD_SUBREAPER = 36
LOCK_NAME = "lock"
POLL_S = 0.02
REMOVE_WAIT_S = 60.0
KEEPER_IGNORES = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # only the end of the pipe stops a keeper


def keep(command: list[str], stop_signal: signal.Signals, grace_s: float, user: str | None) -> int:
    """Run a command until it ends or standard input does, and leave nothing of it behind.

    Args:
        command: program and arguments.
        stop_signal: what asks the command to end.
        grace_s: how long it may take, in seconds.
        user: whom to run it as, with that user's own group only; None for the keeper's user.

    Returns:
        The command's exit code; for a signal, 128 and its number, as shells do.
    """
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **_identity(user))
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        return 127
    _ignore_signals()  # only now: the command would inherit it
    pid_fd = os.pidfd_open(process.pid)
    ready, _, _ = select.select([sys.stdin.fileno(), pid_fd], [], [])
    if pid_fd not in ready:
        process.send_signal(stop_signal)
        select.select([pid_fd], [], [], grace_s)
    exit_code = process.poll()
    kill_descendants()
    if exit_code is None:
        exit_code = -signal.SIGKILL
    return exit_code if exit_code >= 0 else 128 - exit_code


def remove(directory: Path) -> int:
    """Wait for the end of standard input and for the lock, then remove the directory."""
    _ignore_signals()
    sys.stdin.buffer.read()
    give_up_at_s = time.monotonic() + REMOVE_WAIT_S
    with (directory / LOCK_NAME).open() as lock:
        while time.monotonic() < give_up_at_s:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(POLL_S)
    shutil.rmtree(directory)
    return 0


def kill_descendants() -> None:
    """Kill every descendant of this process and wait for all of them. Orphans among them have become its children."""
    while True:
        for pid in descendants(os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(POLL_S)


def descendants(pid: int) -> list[int]:
    """Return the process ids of all processes below one."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_bytes()  # has the process's name: any bytes
            except (FileNotFoundError, ProcessLookupError):
                continue
            parent = int(stat.rpartition(b")")[2].split()[1])
            children[parent].append(int(entry.name))
    found, unvisited = [], [pid]
    while unvisited:
        below = children[unvisited.pop()]
        found += below
        unvisited += below
    return found


def _identity(user: str | None) -> dict[str, Any]:
    return {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _ignore_signals() -> None:
    for number in KEEPER_IGNORES:
        signal.signal(number, signal.SIG_IGN)


def main() -> int:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(description="Keep one part of the rig.")
    parser.add_argument("--remove", type=Path)
    parser.add_argument("--stop-signal", default="SIGTERM")
    parser.add_argument("--grace", type=float, default=10.0)
    parser.add_argument("--user")
    parser.add_argument("command", nargs="*")
    arguments = parser.parse_args()
    if arguments.remove is not None:
        return remove(arguments.remove)
    return keep(arguments.command, signal.Signals[arguments.stop_signal], arguments.grace, arguments.user)


if __name__ == "__main__":
    sys.exit(main())
