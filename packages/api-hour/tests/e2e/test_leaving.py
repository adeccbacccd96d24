"""The end of a worker's process: what the interpreter does at its end is done, but for taking itself apart."""

from pathlib import Path

from daemon_process import daemon

APP = """
import asyncio
import atexit
import logging
import multiprocessing.util
import sys
import tempfile
import threading
import time
import weakref
from pathlib import Path

import api_hour

OUT = Path("out")
OUT.mkdir()


def note(name):
    (OUT / name).touch()


class Kept:
    def __del__(self):
        note("del")


class Closing(logging.Handler):
    def emit(self, record):
        pass

    def close(self):
        note("logging")
        super().close()


def thread():
    threading.main_thread().join()
    time.sleep(0.05)
    note("thread")


KEPT = Kept()
HANDLER = Closing()
DIRECTORY = tempfile.TemporaryDirectory(dir=OUT)
FILE = open(OUT / "file", "w")
atexit.register(note, "atexit")
atexit.register(note, "before an error")
atexit.register(lambda: 1 / 0)
weakref.finalize(KEPT, note, "weakref")
multiprocessing.util.Finalize(None, note, ("multiprocessing",), exitpriority=1)
threading.Thread(target=thread).start()


class Container(api_hour.Container):
    def make_servers(self):
        return [asyncio.Protocol]

    async def cleanup(self):
        await super().cleanup()
        FILE.write("never closed")
        sys.stdout.write("never flushed")
"""


def test_threads_callbacks_finalizers_and_files_are_seen_to_and_objects_are_not_freed(tmp_path: Path) -> None:
    with daemon(tmp_path, "-b", "127.0.0.1:0", "-w1", app=APP, environment={"PYTHONUNBUFFERED": ""}) as running:
        running.wait_ready(1)
        [directory] = [path for path in (tmp_path / "out").iterdir() if path.is_dir()]

        assert running.supervisor.stop() == 0

        assert "never flushed" in running.supervisor.log
        assert "ZeroDivisionError" in running.supervisor.log
        assert running.supervisor.log.count("ended with exit code 0") == 1
    assert not directory.exists()
    assert (tmp_path / "out" / "file").read_text() == "never closed"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "atexit", "before an error", "file", "logging", "multiprocessing", "thread", "weakref",
    ]  # fmt: skip


STUCK = """
import asyncio
import atexit
import threading
import time
from pathlib import Path

import api_hour

atexit.register(Path("atexit").touch)


class Container(api_hour.Container):
    async def start(self):
        asyncio.get_running_loop().run_in_executor(None, time.sleep, 1000)

    def make_servers(self):
        return [asyncio.Protocol]
"""


def test_callbacks_run_also_when_a_job_of_the_executor_cannot_be_ended(tmp_path: Path) -> None:
    with daemon(tmp_path, "-b", "127.0.0.1:0", "-w1", "--graceful-timeout", "0.1", app=STUCK) as running:
        running.wait_ready(1)

        assert running.supervisor.stop() == 0
        assert "jobs of the default executor did not end in time" in running.supervisor.log
        assert "ended with exit code 0" in running.supervisor.log
    assert (tmp_path / "atexit").exists()
