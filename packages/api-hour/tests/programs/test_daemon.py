"""`api_hour.run` up to the point where the daemon would start, and after its end."""

import asyncio
import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
from recorded_daemon import clear_options

from api_hour.commands.launch import Launch
from api_hour.errors import ConfigError, StartError
from api_hour.log import configure_logging
from api_hour.programs import daemon
from api_hour.programs.daemon import run


@pytest.fixture(autouse=True)
def no_options_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clear_options(monkeypatch, tmp_path)


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[Launch]:
    """In the place of the daemon: what it would be started with."""
    launches: list[Launch] = []

    def take(launch: Launch) -> int:
        launches.append(launch)
        return 0

    monkeypatch.setattr(daemon, "serve", take)
    return launches


def refused(error: type[Exception], call: Callable[[], object]) -> str:
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


def test_a_daemon_is_started_with_what_is_given(launched: list[Launch], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_HOUR_BACKLOG", "5")

    assert run("app:app", bind="127.0.0.1:7", workers=3, heartbeat_timeout_s=2.5) == 0

    [launch] = launched
    settings = launch.settings
    assert (launch.target, settings.bind, settings.workers) == ("app:app", ("127.0.0.1:7",), 3)
    assert (settings.heartbeat_timeout_s, settings.backlog) == (2.5, 5)


def test_the_configuration_directory_and_its_file_are_found(launched: list[Launch], tmp_path: Path) -> None:
    conf = tmp_path / "etc" / "app" / "api_hour" / "gunicorn_conf.py"
    conf.parent.mkdir(parents=True)
    conf.write_text("workers = 8")

    assert run("app", auto_config=True) == 0

    [launch] = launched
    assert launch.settings.workers == 8
    assert launch.config_dir == tmp_path / "etc" / "app"
    assert launch.file is not None


def test_a_daemon_that_does_not_come_up_is_an_exit_code_and_a_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_launch: Launch) -> int:
        raise StartError("no worker came up.")

    monkeypatch.setattr(daemon, "serve", fail)

    assert run("app:app") == 3
    assert [record.getMessage() for record in caplog.records] == ["no worker came up."]


# What is refused.


def test_an_object_is_refused_with_what_to_write(launched: list[Launch]) -> None:
    assert refused(TypeError, lambda: run(print)) == (  # type: ignore[arg-type]
        "api_hour.run(): expected TARGET as a text, 'MODULE:NAME', for workers are interpreters of their own, which "
        "import it; got <built-in function print>. In this process, it is served by api_hour.serve()."
    )
    assert not launched


def test_an_option_that_there_is_not_is_refused() -> None:
    message = refused(TypeError, lambda: run("app:app", worker=2))

    assert message == "api_hour.run() has no option 'worker'. Did you mean 'workers'?"


def test_the_program_itself_is_refused_by_the_name_that_it_has_for_itself_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.modules["__main__"], "__file__", "/srv/hello.py", raising=False)
    message = refused(ConfigError, lambda: run("__main__:app"))

    assert message == "TARGET: '__main__:app': __main__ is another module in each process; name this one, hello:NAME."


def test_a_worker_that_imports_the_program_starts_no_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", ModuleSpec("api_hour.worker.process", None), raising=False)

    assert refused(RuntimeError, lambda: run("app:app")) == (
        "api_hour.run() was called while a worker imported its TARGET; "
        'call it under `if __name__ == "__main__":`, or in another module.'
    )


def test_it_is_for_the_main_thread() -> None:
    messages: list[str] = []
    thread = threading.Thread(target=lambda: messages.append(refused(RuntimeError, lambda: run("app:app"))))
    thread.start()
    thread.join()

    assert messages == ["api_hour.run() handles signals, and is for the main thread; here, use api_hour.serve()."]


def test_it_does_not_block_an_event_loop() -> None:
    async def call() -> str:
        return refused(RuntimeError, lambda: run("app:app"))

    assert asyncio.run(call()) == (
        "api_hour.run() returns when the daemon ends, and would block the event loop that runs; "
        "here, use `async with api_hour.serve(app):`."
    )


# Afterwards.


def test_the_process_is_given_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    own, other = logging.getLogger("api_hour"), logging.getLogger("py.warnings")

    def state() -> tuple[Any, ...]:
        umask = os.umask(0)
        os.umask(umask)
        loggers = (own.handlers[:], own.level, own.propagate, other.handlers[:], logging.lastResort)
        return (umask, Path.cwd(), *loggers, warnings.showwarning)

    def change(_launch: Launch) -> int:
        configure_logging(None, log_file=tmp_path / "log")
        os.umask(0o77)
        os.chdir("other")
        assert all(one != two for one, two in zip(state(), before, strict=True))
        return 0

    monkeypatch.setattr(daemon, "serve", change)
    before = state()

    assert run("app:app") == 0

    assert state() == before
