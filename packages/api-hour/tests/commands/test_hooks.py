"""The hooks that run in the supervisor, and the objects that they are called with."""

import logging
import os
from collections.abc import Callable
from typing import Any

import pytest

from api_hour.commands.hooks import GunicornHooks
from api_hour.config.gunicorn_settings import HOOKS
from api_hour.config.hooks import IN_WORKERS, Hooks
from api_hour.config.worker_options import WorkerOptions
from api_hour.control.gunicorn_server import GunicornServer
from api_hour.control.spec import WorkerSpec
from api_hour.errors import StartError

SPEC = WorkerSpec(
    target="app:C",
    name="demo",
    chdir="/",
    main_yaml=None,
    worker=WorkerOptions(workers=2),
    gunicorn={"bind": ["127.0.0.1:80"], "proc_name": "demo", "timeout": 30},
)


class Called:
    """Functions for every hook of the supervisor, and what they were called with."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, tuple[Any, ...]]] = []
        functions = {name: self._noting(name) for name in HOOKS if name not in IN_WORKERS}
        self.hooks = GunicornHooks(Hooks(functions), SPEC)

    def _noting(self, name: str) -> Callable[..., None]:
        return lambda *arguments: self.entries.append((name, arguments))

    def names(self) -> list[str]:
        return [name for name, _ in self.entries]


def test_the_server_has_what_gunicorns_has() -> None:
    called = Called()

    called.hooks.workers_wanted(2, None)
    called.hooks.starting()
    called.hooks.opened()

    server = called.entries[1][1][0]
    assert called.names() == ["nworkers_changed", "on_starting", "when_ready"]
    assert called.entries[0][1] == (server, 2, None)
    assert isinstance(server, GunicornServer)
    assert (server.pid, server.num_workers, server.proc_name, server.timeout) == (os.getpid(), 2, "demo", 30.0)
    assert server.address == [("127.0.0.1", 80)]
    assert server.WORKERS == {}
    assert server.log.error_log is logging.getLogger("gunicorn.error")


def test_a_worker_is_the_same_from_before_its_start_until_after_its_end() -> None:
    called = Called()

    called.hooks.worker_starting(7)
    [(_, (server, worker))] = called.entries
    assert (worker.age, str(worker), worker.ppid, worker.cfg.proc_name) == (7, "<Worker [booting]>", server.pid, "demo")
    worker.mark = server.mark = 1
    called.hooks.worker_started(7, 1234)
    assert {1234: worker} == server.WORKERS
    called.hooks.worker_exited(7)

    assert called.entries[1] == ("child_exit", (server, worker))
    assert (worker.pid, worker.alive, server.WORKERS) == (1234, False, {})
    assert (called.entries[1][1][0].mark, called.entries[1][1][1].mark) == (1, 1)


def test_one_that_could_not_be_started_ends_too() -> None:
    called = Called()

    called.hooks.worker_starting(7)
    called.hooks.worker_exited(7)

    assert called.names() == ["pre_fork", "child_exit"]


def test_a_reload_and_the_end_are_told() -> None:
    called = Called()

    called.hooks.reloading()
    called.hooks.ended()

    assert called.names() == ["nworkers_changed", "on_reload", "on_exit"]
    assert called.entries[0][1][1:] == (2, 2)


@pytest.mark.parametrize("error", [ValueError("no licence"), SystemExit("no licence")])
def test_only_who_does_not_want_the_start_can_prevent_something(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_arguments: object) -> None:
        raise error

    hooks = GunicornHooks(Hooks({"on_starting": refuse}), SPEC)

    with pytest.raises(StartError, match=rf"^the hook on_starting raised {type(error).__name__}: no licence$"):
        hooks.starting()
    assert caplog.messages == ["the hook on_starting raised"]
