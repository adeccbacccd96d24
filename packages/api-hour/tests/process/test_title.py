"""What the process list shows, looked up in a process of its own."""

import subprocess
import sys

PROGRAM = """
from pathlib import Path
from api_hour.process.title import name_supervisor, name_worker
for name in (lambda: name_supervisor("demo"), lambda: name_worker(3, "demo")):
    name()
    print(Path("/proc/self/cmdline").read_bytes().rstrip(b"\\0").decode())
"""


def test_the_processes_are_named_after_their_role_and_their_daemon() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True, timeout=60)

    assert ended.stdout.splitlines() == ["api_hour: supervisor demo", "api_hour: worker 3 demo"]


KEEPING = """
from pathlib import Path
from api_hour.process.title import name_supervisor, title_kept
read = lambda: Path("/proc/self/cmdline").read_bytes().rstrip(b"\\0").replace(b"\\0", b" ")
before = read()
with title_kept():
    name_supervisor("demo")
    assert read() == b"api_hour: supervisor demo"
assert read() == before, read()
"""


def test_a_title_is_given_back() -> None:
    subprocess.run([sys.executable, "-c", KEEPING, "argument"], check=True, timeout=60)
