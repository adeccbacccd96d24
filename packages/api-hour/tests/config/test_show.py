"""`--show-config`: every option, its value and where it is from."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from recorded_daemon import clear_options

from api_hour import cli
from api_hour.config import Settings


@pytest.fixture(autouse=True)
def no_options_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clear_options(monkeypatch, tmp_path)


def test_every_option_is_shown_with_its_value_and_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "conf.toml").write_text('bind = ["127.0.0.1:1", "unix:a"]\numask = 0o27\nbacklog = 9\n')
    monkeypatch.setenv("WEB_CONCURRENCY", "3")
    monkeypatch.setenv("API_HOUR_BACKLOG", "8")

    assert cli.run(["-c", "conf.toml", "-D", "--timeout", "2.5", "--show-config", "app:Container"]) == 0

    lines = capsys.readouterr().out.splitlines()
    shown = {line.split()[0]: re.split(" {2,}", line)[1:] for line in lines}
    assert shown["option"] == ["value", "from"]
    assert shown["bind"] == ["127.0.0.1:1 unix:a", "file:conf.toml"]
    assert shown["umask"] == ["0027", "file:conf.toml"]
    assert shown["backlog"] == ["8", "environment API_HOUR_BACKLOG"]
    assert shown["workers"] == ["3", "environment WEB_CONCURRENCY"]
    assert shown["daemon"] == ["on", "command line"]
    assert shown["timeout"] == ["2.5", "command line"]
    assert shown["config"] == ["conf.toml", "command line"]
    assert shown["user"] == ["none", "default"]
    assert shown["unix-mode"] == ["0666", "default"]
    assert len(lines) == 1 + len(fields(Settings))
    beginnings = {found.end() for line in lines if (found := re.search(" {2,}", line))}
    assert len(beginnings) == 1, "the values are in one column"


def test_the_default_address_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--show-config", "app:Container"]) == 0

    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("bind ")]
    assert line.split() == ["bind", "127.0.0.1:8000", "default"]
