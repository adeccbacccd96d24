"""Where the values of options come from, which source wins, and how each is named."""

import os
from dataclasses import fields, replace
from pathlib import Path

import pytest
from recorded_daemon import clear_options, run_recorded

from api_hour import cli
from api_hour.commands import control
from api_hour.config import Location, Settings
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
    assert spec.log.logconfig == directory / "api_hour" / "logging.ini"


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
    assert spec.log.logconfig == tmp_path / "log.ini"


def test_only_the_main_file_of_the_directory_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf" / "main").mkdir(parents=True)
    (tmp_path / "conf" / "main" / "main.yaml").touch()

    for arguments in (["-ac", "--config_dir", "conf"], ["--config_dir=conf"]):
        settings, spec = run_recorded(monkeypatch, *arguments, "app:Container")

        assert settings.workers == Settings().workers
        assert spec.main_yaml == str(tmp_path / "conf" / "main" / "main.yaml")
        assert spec.log.logconfig is None


def test_what_the_directory_s_file_says_of_directories_does_not_move_the_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    etc = tmp_path / "etc" / "app"
    for name in ("main/main.yaml", "api_hour/gunicorn_conf.py"):
        (etc / name).parent.mkdir(parents=True, exist_ok=True)
        (etc / name).touch()
    (tmp_path / "below").mkdir()
    (etc / "api_hour" / "gunicorn_conf.py").write_text("chdir = 'below'\n")

    settings, spec = run_recorded(monkeypatch, "-ac", "app:Container")

    assert settings.chdir == tmp_path / "below"
    assert spec.main_yaml == str(etc / "main" / "main.yaml")


def test_a_file_may_name_the_directory_of_the_application_s_own_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine" / "main").mkdir(parents=True)
    (tmp_path / "mine" / "main" / "main.yaml").touch()
    (tmp_path / "conf.py").write_text("config_dir = 'mine'\n")

    _, spec = run_recorded(monkeypatch, "-c", "conf.py", "app:Container")

    assert spec.main_yaml == str(tmp_path / "mine" / "main" / "main.yaml")


def test_an_unknown_key_of_a_toml_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf.toml").write_text("workerz = 3\n")

    with pytest.raises(ConfigError) as caught:
        run_recorded(monkeypatch, "-c", "conf.toml", "app:Container")

    assert str(caught.value) == "--config: conf.toml: 'workerz' is no option. Did you mean 'workers'?"


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
