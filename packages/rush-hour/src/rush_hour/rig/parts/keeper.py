"""A process that keeps one part of the rig: starts its command, and ends all of it when the rig is done or gone.

The keeper's standard input is a pipe from the rig. When that ends, because the rig closed it or was killed, the
command gets its stop signal and some seconds to obey; a number of seconds that comes over the pipe stops it too, and
shortens that time. Then whatever it has started, daemonised or not, is killed: the
keeper is the "child subreaper" (prctl(2)) of them all, and waits for those that nobody else waits for.

With `--group DIRECTORY` the command runs in a control group of its own, if one can be made there, and with
`--cpus 0,1` on those alone.

With `--remove DIRECTORY` in place of a command it waits for the end of its input, then for every process that holds a
lock on DIRECTORY's `lock` file, and removes the directory.

Run by its path, with nothing imported but the standard library: one keeper runs beside each part.
"""

import argparse
import ctypes
import fcntl
import math
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PR_SET_CHILD_SUBREAPER = 36
LOCK_NAME = "lock"
POLL_S = 0.02
PIPE_BYTES = 4096
REMOVE_WAIT_S = 60.0
REMOVE_GROUP_WAIT_S = 1.0
KEEPER_IGNORES = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # only the end of the pipe stops a keeper


def keep(
    command: list[str], stop_signal: signal.Signals, grace_s: float, user: str | None, group: Path | None = None
) -> int:
    """Run a command until it ends or standard input does, and leave nothing of it behind.

    Args:
        command: program and arguments.
        stop_signal: what asks the command to end.
        grace_s: how long it may take, in seconds.
        user: the user to run it as, with that user's own group only; None for the keeper's.
        group: directory of a control group to make for it; None for none.

    Returns:
        The command's exit code; for a signal, 128 and its number, as shells do.
    """
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        with _inside(group):
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **_identity(user))
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        _remove_group(group)
        return 127
    _ignore_signals()  # only now: the command would inherit it
    pid_fd = os.pidfd_open(process.pid)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: _reap_all_but(process.pid))
    _wait_for_the_end(process, pid_fd, stop_signal, grace_s)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    exit_code = process.poll()
    kill_descendants()
    _remove_group(group)
    if exit_code is None:
        exit_code = -signal.SIGKILL
    return exit_code if exit_code >= 0 else 128 - exit_code


def _wait_for_the_end(
    process: "subprocess.Popen[bytes]", pid_fd: int, stop_signal: signal.Signals, grace_s: float
) -> None:
    """Wait until the command has ended, or the time is up that it is given once the rig wants its end."""
    pipe = sys.stdin.fileno()
    watched = [pipe, pid_fd]
    kill_at_s: float | None = None
    while True:
        left_s = None if kill_at_s is None else max(0.0, kill_at_s - time.monotonic())
        ready, _, _ = select.select(watched, [], [], left_s)
        if pid_fd in ready or not ready:
            return
        said = os.read(pipe, PIPE_BYTES).split()
        if not said:
            watched.remove(pipe)
        if kill_at_s is None:
            process.send_signal(stop_signal)
        allowed_s = min(grace_s, float(said[-1])) if said else grace_s
        kill_at_s = min(time.monotonic() + allowed_s, math.inf if kill_at_s is None else kill_at_s)


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


@contextmanager
def _inside(group: Path | None) -> Iterator[None]:
    """Be in a control group for as long as the command is started: it stays there."""
    if group is None:
        yield
        return
    try:
        group.mkdir()
        (group / "cgroup.procs").write_text("0")
    except OSError:  # not delegated to this user, or no such thing: the rig finds no group, and counts in another way
        _remove_group(group)
        yield
        return
    try:
        yield
    finally:
        (group.parent / "cgroup.procs").write_text("0")


def _remove_group(group: Path | None) -> None:
    """Remove a control group once the last process in it is gone, which may be a moment after it was waited for."""
    give_up_at_s = time.monotonic() + REMOVE_GROUP_WAIT_S
    while group is not None and group.exists():
        try:
            group.rmdir()
        except OSError:
            if time.monotonic() >= give_up_at_s:
                return
            time.sleep(POLL_S)


def _reap_all_but(process_id: int) -> None:
    """Wait for the orphans that have ended, so that what they used is known; the command's own end is for `keep`."""
    ended = os.WEXITED | os.WNOHANG | os.WNOWAIT
    while (child := os.waitid(os.P_ALL, 0, ended)) is not None and child.si_pid != process_id:
        os.waitpid(child.si_pid, 0)


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
    parser.add_argument("--group", type=Path)
    parser.add_argument("--cpus")
    parser.add_argument("command", nargs="*")
    arguments = parser.parse_args()
    if arguments.remove is not None:
        return remove(arguments.remove)
    if arguments.cpus is not None:
        os.sched_setaffinity(0, map(int, arguments.cpus.split(",")))
    stop_signal = signal.Signals[arguments.stop_signal]
    return keep(arguments.command, stop_signal, arguments.grace, arguments.user, arguments.group)


if __name__ == "__main__":
    sys.exit(main())
