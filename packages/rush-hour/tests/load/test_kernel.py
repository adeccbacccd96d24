import os
import resource
import subprocess
import sys

import pytest

from rush_hour.load import kernel


def test_a_process_is_read_and_one_that_is_gone_is_not() -> None:
    usage = kernel.read_process(os.getpid())

    assert usage is not None
    assert usage.minor_faults > 0
    assert usage.minor_faults <= resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    assert usage.cpu_s > 0
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert kernel.read_process(process.pid) is None


def test_the_machine_says_what_its_host_took() -> None:
    ticks = kernel.read_machine()

    assert ticks is not None
    assert 0 <= ticks.steal < ticks.total


def test_peak_memory_is_this_processs_own() -> None:
    most_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # with that of what it was before exec

    assert 1 << 20 < kernel.peak_rss_bytes() <= 1.02 * most_bytes  # the kernel adds its counters up not quite exactly


@pytest.mark.parametrize(("capable", "limit", "locks"), [(True, 4096, True), (False, 4096, False), (False, -1, True)])
def test_all_memory_is_locked_only_where_nothing_limits_that(
    monkeypatch: pytest.MonkeyPatch, *, capable: bool, limit: int, locks: bool
) -> None:
    calls: list[int] = []

    class Libc:
        def mlockall(self, flags: int) -> int:
            calls.append(flags)
            return 0

    monkeypatch.setattr(kernel, "_libc", Libc())
    monkeypatch.setattr(kernel, "_may_lock_any", lambda: capable)
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (0, limit))
    monkeypatch.setattr(resource, "setrlimit", lambda _which, _limits: None)

    assert kernel.lock_memory() is locks
    assert bool(calls) is locks


PAGES = """
import resource
from rush_hour.load.kernel import keep_memory
keep_memory()
held = [bytes(60_000) for _ in range(20)]
del held
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(200):
    held = [bytes(60_000) for _ in range(20)]
    del held
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_memory_that_comes_and_goes_is_kept() -> None:
    said = subprocess.run([sys.executable, "-c", PAGES], check=True, capture_output=True, text=True)

    assert int(said.stdout) < 20
