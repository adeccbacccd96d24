"""What a reload makes of options that have changed."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from api_hour.config.renewal import renew
from api_hour.config.settings import Settings

RUNNING = Settings(workers=2, bind=("127.0.0.1:8000,cert=a.pem",), user="www-data")


def test_options_that_a_reload_takes_are_the_new_ones() -> None:
    renewed = renew(RUNNING, replace(RUNNING, workers=4, keep_alive_timeout_s=5.0))

    assert renewed.settings == replace(RUNNING, workers=4, keep_alive_timeout_s=5.0)
    assert renewed.changes == ("--workers 4", "--keep-alive 5")
    assert renewed.kept == ()


def test_options_that_wait_for_a_restart_stay_and_are_named() -> None:
    renewed = renew(RUNNING, replace(RUNNING, bind=("127.0.0.1:9000",), user=None, workers=3))

    assert renewed.settings == replace(RUNNING, workers=3)
    assert renewed.changes == ("--workers 3",)
    assert renewed.kept == ("--bind 127.0.0.1:8000,cert=a.pem", "--user www-data")


def test_an_address_may_get_another_certificate() -> None:
    read = replace(RUNNING, bind=("127.0.0.1:8000,cert=b.pem",))

    renewed = renew(RUNNING, read)

    assert renewed.settings == read
    assert renewed.changes == ("--bind 127.0.0.1:8000,cert=b.pem",)


STAYING = {
    "bind", "unix_mode", "backlog", "chdir", "pid_file", "monitor", "ready_needs_engines", "reload", "daemon", "name",
    "user", "group", "umask", "statsd_host", "statsd_prefix", "dogstatsd_tags", "otlp_endpoint", "metrics_interval_s",
    "env_files", "env", "reload_dirs", "reload_include", "reload_exclude",
}  # fmt: skip


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_of_each_option_it_is_declared_whether_a_reload_takes_it(name: str) -> None:
    value: Any = ("127.0.0.1:1",) if name == "bind" else Path("elsewhere")
    other: dict[str, Any] = {name: value}

    renewed = renew(RUNNING, replace(RUNNING, **other))

    assert bool(renewed.kept) == (name in STAYING)
    assert bool(renewed.changes) == (name not in STAYING)
