"""The watch over source files."""

import logging
import selectors
import sys
import threading
import time
from pathlib import Path

import pytest
from event_loops import TIMEOUT_S
from started_process import POLL_S

from api_hour.config.reload_options import ReloadOptions
from api_hour.config.worker_options import WorkerOptions
from api_hour.control.spec import WorkerSpec
from api_hour.errors import ConfigError
from api_hour.supervisor.watch.sources import is_source, source_paths, watched_sources


def spec_of(directory: Path) -> WorkerSpec:
    return WorkerSpec(target="app:C", name="app", chdir=str(directory), main_yaml=None, worker=WorkerOptions())


OPTIONS = ReloadOptions()


def wait_until_watching() -> None:
    """Wait until the kernel watches (proc_pid_fdinfo(5)): a file's change is not seen before."""
    end_at_s = time.monotonic() + TIMEOUT_S
    while not any(map(is_inotify_watch, Path("/proc/self/fdinfo").iterdir())):
        assert time.monotonic() < end_at_s, "no watch in time"
        time.sleep(POLL_S)


def is_inotify_watch(info: Path) -> bool:
    try:
        return "inotify wd:" in info.read_text()
    except FileNotFoundError:
        return False  # closed meanwhile


def test_the_working_directory_and_the_configuration_are_watched(tmp_path: Path) -> None:
    for name in ("here", "etc/main"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "here" / "app.py").touch()

    paths = source_paths("app:C", [str(tmp_path / "here")], [str(tmp_path / "etc/main/main.yaml"), None])

    assert paths == [tmp_path / "here", tmp_path / "etc/main"]


def test_what_lies_below_another_place_is_watched_once(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").touch()

    assert source_paths("app.web:C", [str(tmp_path)], [str(tmp_path / "etc/main/main.yaml")]) == [tmp_path]


@pytest.mark.parametrize("is_package", [True, False])
def test_an_application_that_lies_elsewhere_is_watched_too(
    is_package: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("here", "elsewhere/elsewhere_app"):
        (tmp_path / name).mkdir(parents=True)
    package = tmp_path / "elsewhere" / "elsewhere_app"
    (package / "__init__.py" if is_package else tmp_path / "elsewhere" / "single_app.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "elsewhere")

    paths = source_paths("elsewhere_app:C" if is_package else "single_app:C", [str(tmp_path / "here")], [])

    assert paths == [tmp_path / "here", package if is_package else tmp_path / "elsewhere"]


def test_an_application_that_is_nowhere_leaves_the_working_directory(tmp_path: Path) -> None:
    assert source_paths("nowhere_to_be_found:C", [str(tmp_path)], []) == [tmp_path]
    assert source_paths("sys:C", [str(tmp_path)], []) == [tmp_path]  # built in


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("/a/app.py", True), ("/a/main.yaml", True), ("/a/c.toml", True), ("/a/output.log", False), ("/a/app.pyc", False)],
)
def test_python_yaml_and_toml_files_are_sources(name: str, is_one: bool) -> None:
    assert is_source(name) is is_one


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("/a/page.html", True),
        ("/a/templates/page.txt", True),
        ("/a/other/page.txt", False),
        ("/a/app.py", True),
        ("/a/test_app.py", False),
        ("/a/node_modules/b/c.py", False),
    ],
)
def test_patterns_add_sources_and_take_them_away(name: str, is_one: bool) -> None:
    included, excluded = ("*.html", "templates/*"), ("test_*.py", "node_modules")

    assert is_source(name, included=included, excluded=excluded) is is_one


def test_the_directories_that_are_named_are_watched_instead(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "templates").mkdir()
    changes: list[None] = []
    options = ReloadOptions(reload_dirs=(tmp_path / "templates",), reload_include=("*.html",))
    caplog.set_level(logging.INFO)
    with (
        selectors.DefaultSelector() as selector,
        watched_sources(spec_of(tmp_path), options, selector, lambda: changes.append(None)),
    ):
        wait_until_watching()
        (tmp_path / "app.py").write_text("not this")
        (tmp_path / "templates" / "page.html").write_text("this")
        for key, _ in selector.select(TIMEOUT_S):
            key.data()

    assert changes == [None]
    assert caplog.messages == [f"watching {tmp_path}/templates", f"{tmp_path}/templates/page.html has changed"]


def test_a_change_is_announced_to_the_selector_and_other_files_are_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    changes: list[int] = []
    with selectors.DefaultSelector() as selector, caplog.at_level(logging.INFO):
        with watched_sources(spec_of(tmp_path), OPTIONS, selector, lambda: changes.append(threading.get_ident())):
            wait_until_watching()
            (tmp_path / "output.log").write_text("not this")
            (tmp_path / "__pycache__").mkdir()
            (tmp_path / "__pycache__" / "app.py").write_text("nor this")
            (tmp_path / "app.py").write_text("this")
            ready = selector.select(TIMEOUT_S)
            for key, _ in ready:
                key.data()
        assert not selector.get_map()

    assert changes == [threading.get_ident()]
    assert caplog.messages == [f"watching {tmp_path}", f"{tmp_path}/app.py has changed"]
    assert "api_hour reload" not in {thread.name for thread in threading.enumerate()}


def test_a_place_that_cannot_be_watched_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    gone = tmp_path / "gone"
    with (
        selectors.DefaultSelector() as selector,
        watched_sources(spec_of(gone), OPTIONS, selector, lambda: None),
    ):
        end_at_s = time.monotonic() + TIMEOUT_S
        while not caplog.records:
            assert time.monotonic() < end_at_s
            time.sleep(POLL_S)

    assert caplog.messages == ["--reload: the sources are not watched any more: No path was found."]


def test_watchfiles_may_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with (
        selectors.DefaultSelector() as selector,
        pytest.raises(ConfigError) as caught,
        watched_sources(spec_of(tmp_path), OPTIONS, selector, lambda: None),
    ):
        pass

    assert str(caught.value) == ("--reload: expected watchfiles to be installed; it is not. Install api-hour[reload].")
