"""What the kernel says of a process."""

import mmap
import os
import signal
import subprocess
import sys

from api_hour.supervisor.processes.proc import read_rss_bytes, read_state


def test_the_memory_of_a_process_grows_with_what_it_uses() -> None:
    before = read_rss_bytes(os.getpid())
    with mmap.mmap(-1, 50_000_000) as used:  # memory of its own: what other tests have freed may be used again
        for page in range(0, len(used), mmap.PAGESIZE):
            used[page] = 1
        after = read_rss_bytes(os.getpid())

    assert before is not None
    assert after is not None
    assert 40_000_000 < after - before < 60_000_000


def test_the_state_of_a_process_is_its_letter() -> None:
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as process:
        try:
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
            assert read_state(process.pid) == "T"
        finally:
            process.kill()
    assert read_state(os.getpid()) == "R"


def test_of_a_process_that_is_gone_nothing_is_known() -> None:
    with subprocess.Popen([sys.executable, "-S", "-c", ""]) as process:
        process.wait()

    assert read_rss_bytes(process.pid) is None
    assert read_state(process.pid) is None
