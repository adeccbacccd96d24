"""Which functions of a configuration file are hooks, and how they are called."""

import sys
from pathlib import Path

import pytest

from api_hour.config.files import read_config_file, read_hooks
from api_hour.config.gunicorn_settings import HOOKS
from api_hour.config.hooks import IN_WORKERS, Hooks
from api_hour.errors import ConfigError

KEYS = ("workers",)


@pytest.fixture(autouse=True)
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def hooks_of(code: str) -> Hooks:
    Path("conf.py").write_text(code)
    return Hooks(read_config_file(Path("conf.py"), KEYS).hooks)


def test_gunicorn_has_every_hook_and_calls_it_with_as_many_arguments() -> None:
    gunicorn_config = pytest.importorskip("gunicorn.config")
    known = {setting.name: setting for setting in gunicorn_config.KNOWN_SETTINGS}
    arities = {
        name: known[name].default.__func__.__code__.co_argcount
        if hasattr(known[name].default, "__func__")
        else known[name].default.__code__.co_argcount
        for name in HOOKS
    }

    assert arities == {name: len(arguments) for name, arguments in HOOKS.items()}


def test_the_functions_that_have_a_hooks_name_are_hooks() -> None:
    hooks = hooks_of("SEEN = []\ndef on_exit(server): SEEN.append(server)\ndef helper(a): ...\npost_fork = None\n")

    assert "on_exit" in hooks
    assert "helper" not in hooks
    assert "post_fork" not in hooks


def test_a_hook_is_called_with_what_it_is_given_and_one_that_is_not_there_is_passed_over() -> None:
    seen: list[object] = []
    hooks = Hooks({"on_exit": seen.append})

    hooks.run("on_exit", 1)
    hooks.call("on_exit", 2)
    hooks.call("on_reload", 3)

    assert seen == [1, 2]


def test_what_a_hook_raises_is_logged_or_raised(caplog: pytest.LogCaptureFixture) -> None:
    hooks = Hooks({"on_exit": lambda _server: 1 / 0})

    hooks.call("on_exit", None)
    with pytest.raises(ZeroDivisionError):
        hooks.run("on_exit", None)

    assert [record.getMessage() for record in caplog.records] == ["the hook on_exit raised"]


@pytest.mark.parametrize("arguments", ["worker, req", "worker, req, environ", "worker, req, environ, resp", "*all"])
def test_what_comes_after_a_request_may_be_called_with_less_as_in_earlier_versions(arguments: str) -> None:
    names = arguments.replace("*", "")
    hooks = hooks_of(f"SEEN = []\ndef post_request({arguments}): SEEN.append(({names},))\n")

    hooks.run("post_request", "worker", "req", {}, "resp")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "on_exit = 'app.on_exit'\n",
            "--config: conf.py: on_exit: expected a function of (server); got 'app.on_exit'.",
        ),
        (
            "def post_fork(server): ...\n",
            "--config: conf.py: post_fork: expected a function of (server, worker); got one of (server).",
        ),
        (
            "def post_request(worker): ...\n",
            (
                "--config: conf.py: post_request: expected a function of (worker, req, environ, resp); "
                "got one of (worker)."
            ),
        ),
    ],
)
def test_what_cannot_be_called_so_is_refused(code: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        hooks_of(code)

    assert str(refused.value) == message


def test_a_worker_reads_its_own_hooks_only() -> None:
    Path("conf.py").write_text("def on_exit(server): ...\ndef post_fork(server, worker): ...\n")

    hooks = read_hooks(Path("conf.py"), IN_WORKERS)

    assert "post_fork" in hooks
    assert "on_exit" not in hooks
    assert HOOKS.keys() > IN_WORKERS


@pytest.mark.skipif(sys.version_info < (3, 14), reason="annotations are evaluated when the file is read")
def test_a_hook_may_be_annotated_with_names_for_type_checkers() -> None:
    hooks = hooks_of("SEEN = []\ndef when_ready(server: Arbiter) -> None: SEEN.append(server)\n")

    hooks.run("when_ready", None)
