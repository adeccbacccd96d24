"""Where the values of options come from, which source wins, and how each is named."""

import os
import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
from cyclopts import CycloptsError
from recorded_daemon import clear_options, run_recorded

from api_hour import cli
from api_hour.commands import control
from api_hour.config import Location, Settings
from api_hour.config.complaints import explain
from api_hour.config.sources import option_flags, option_keys
from api_hour.errors import ConfigError


@pytest.fixture(autouse=True)
def no_options_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clear_options(monkeypatch, tmp_path)


def test_every_option_has_a_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, _ = run_recorded(monkeypatch, "app:Container")

    assert settings == replace(Settings(), chdir=tmp_path)
    assert settings.workers == os.cpu_count()


SOURCES = ("config file", "environment", "flag")


@pytest.mark.parametrize("last", SOURCES)
def test_a_later_source_of_an_option_wins(last: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used = SOURCES[: SOURCES.index(last) + 1]
    arguments = []
    if "config file" in used:
        (tmp_path / "conf.py").write_text(
            "workers = 21\nbacklog = 21\ngraceful_timeout = 21\nbind = ['127.0.0.1:21', ':21']\n"
        )
        arguments += ["-c", "conf.py"]
    if "environment" in used:
        monkeypatch.setenv("WEB_CONCURRENCY", "22")
        monkeypatch.setenv("API_HOUR_BACKLOG", "22")
        monkeypatch.setenv("API_HOUR_GRACEFUL_TIMEOUT", "22")
        monkeypatch.setenv("API_HOUR_BIND", "127.0.0.1:22 :22")
    if "flag" in used:
        arguments += ["-w23", "--backlog", "23", "--graceful-timeout=23", "-b", "127.0.0.1:23", "--bind", ":23"]

    settings, _ = run_recorded(monkeypatch, *arguments, "app:Container")

    number = 21 + SOURCES.index(last)
    assert settings.workers == number
    assert settings.backlog == number
    assert settings.graceful_timeout_s == number
    assert settings.bind == (f"127.0.0.1:{number}", f":{number}")
    assert settings.boot_timeout_s == Settings().boot_timeout_s


def test_the_number_of_workers_has_two_environment_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_HOUR_WORKERS", "3")
    assert run_recorded(monkeypatch, "app:Container")[0].workers == 3

    monkeypatch.setenv("WEB_CONCURRENCY", "5")
    assert run_recorded(monkeypatch, "app:Container")[0].workers == 5


def test_auto_config_reads_the_files_of_the_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "etc" / "app"
    for name in ("main/main.yaml", "api_hour/gunicorn_conf.py", "api_hour/logging.ini"):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).touch()
    (directory / "api_hour" / "gunicorn_conf.py").write_text("workers = 3\n")

    settings, spec = run_recorded(monkeypatch, "-ac", "app:Container")

    assert settings.workers == 3
    assert spec.main_yaml == str(directory / "main" / "main.yaml")
    assert spec.logconfig == str(directory / "api_hour" / "logging.ini")


def test_files_that_are_named_are_read_instead_of_those_of_the_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("main/main.yaml", "api_hour/gunicorn_conf.py", "api_hour/logging.ini"):
        (tmp_path / "etc" / "app" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "etc" / "app" / name).touch()
    (tmp_path / "conf.py").write_text("workers = 4\n")
    (tmp_path / "log.ini").touch()

    settings, spec = run_recorded(monkeypatch, "-ac", "-c", "conf.py", "--logconfig", "log.ini", "app:Container")

    assert settings.workers == 4
    assert spec.logconfig == str(tmp_path / "log.ini")


def test_only_the_main_file_of_the_directory_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf" / "main").mkdir(parents=True)
    (tmp_path / "conf" / "main" / "main.yaml").touch()

    for arguments in (["-ac", "--config_dir", "conf"], ["--config_dir=conf"]):
        settings, spec = run_recorded(monkeypatch, *arguments, "app:Container")

        assert settings.workers == Settings().workers
        assert spec.main_yaml == str(tmp_path / "conf" / "main" / "main.yaml")
        assert spec.logconfig is None


# What is shown.


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


# Declared once.


def test_every_option_but_those_that_name_a_file_has_a_key() -> None:
    flags, keys = option_flags(), option_keys()

    assert set(flags) == {field.name for field in fields(Settings)}
    assert set(flags) - set(keys) == {"config", "auto_config"}
    assert keys["heartbeat_timeout_s"] == "timeout"
    assert keys["pid_file"] == "pid"
    assert len(set(keys.values())) == len(keys)


def test_a_command_of_its_own_options_is_not_set_by_those_of_the_daemon(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stopped: list[tuple[Path | None, float]] = []

    def record(location: Location, *, timeout_s: float) -> int:
        stopped.append((location.pid_file, timeout_s))
        return 0

    monkeypatch.setattr(control, "stop", record)
    (tmp_path / "conf.toml").write_text('pid = "a.pid"\ntimeout = 7\nworkers = 3\n')
    monkeypatch.setenv("API_HOUR_TIMEOUT", "5")

    assert cli.run(["stop", "-c", "conf.toml", "--timeout", "9"]) == 0
    assert cli.run(["stop", "-c", "conf.toml"]) == 0

    assert stopped == [(Path("a.pid"), 9.0), (Path("a.pid"), 60.0)]


# What is wrong.


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("workers = 'many'", "workers in conf.py: expected a whole number; got 'many'."),
        ("workers = True", "workers in conf.py: expected a whole number; got 'true'."),
        ("workers = 0", "workers in conf.py: expected 1 or more, got 0."),
        ("graceful_timeout = -1", "graceful_timeout in conf.py: expected 0 or more, got -1.0."),
        ("timeout = 'x'", "timeout in conf.py: expected a number; got 'x'."),
        ("daemon = 'perhaps'", "daemon in conf.py: expected true or false; got 'perhaps'."),
        ("chdir = 'x'", "chdir in conf.py: expected a directory, got 'x'."),
        ("logconfig = 'x'", "logconfig in conf.py: expected a file, got 'x'."),
        ("pidfile = 'x/a.pid'", "pidfile in conf.py: expected a file in a directory that exists, got 'x/a.pid'."),
        ("proc_name = ''", "proc_name in conf.py: expected a name of printable characters, got ''."),
        ("umask = '9'", "umask in conf.py: expected up to three octal digits, such as 0660; got '9'."),
        ("umask = 0o1777", "umask in conf.py: expected up to three octal digits, such as 0660; got '0o1777'."),
        ("max_rss = '1T'", "max_rss in conf.py: expected bytes, such as 512M or 2G; got '1T'."),
        (
            "loglevel = 'loud'",
            "loglevel in conf.py: expected one of debug, info, warning, error, critical; got 'loud'.",
        ),
        (
            "bind = ['127.0.0.1:1', 'nowhere']",
            (
                "bind in conf.py: expected HOST:PORT, [IPV6]:PORT, unix:PATH, unix:@NAME, udp:HOST:PORT, "
                "udp:[IPV6]:PORT or fd://N, such as 127.0.0.1:8000; got 'nowhere'."
            ),
        ),
    ],
)
def test_a_wrong_value_in_a_configuration_file_is_refused_by_the_name_it_has_there(
    code: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf.py").write_text(code)

    with pytest.raises(CycloptsError) as caught:
        run_recorded(monkeypatch, "-c", "conf.py", "app:Container")

    assert explain(caught.value) == message


def test_a_file_that_does_not_exist_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_HOUR_CONFIG", "no.toml")

    with pytest.raises(CycloptsError) as caught:
        run_recorded(monkeypatch, "app:Container")

    assert explain(caught.value) == "API_HOUR_CONFIG in the environment: expected a file, got 'no.toml'."


def test_an_unknown_key_of_a_toml_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf.toml").write_text("workerz = 3\n")

    with pytest.raises(ConfigError) as caught:
        run_recorded(monkeypatch, "-c", "conf.toml", "app:Container")

    assert str(caught.value) == "--config: conf.toml: 'workerz' is no option. Did you mean 'workers'?"
