"""Options that a program gives in a call: by the names of their fields, checked as those of a command line."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from recorded_daemon import clear_options

from api_hour.config import Settings
from api_hour.config.binds import FORMS
from api_hour.config.call_options import check_names, settings_of_call
from api_hour.config.sources import Sources, option_flags
from api_hour.errors import ConfigError


@pytest.fixture(autouse=True)
def no_options_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clear_options(monkeypatch, tmp_path)


def refusal(**options: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        settings_of_call(options)
    return str(caught.value)


def unknown(name: str, allowed: Collection[str] | None = None) -> str:
    with pytest.raises(TypeError) as caught:
        check_names("serve", [name], option_flags() if allowed is None else allowed)
    return str(caught.value)


# Values.


def test_a_call_without_options_has_the_defaults() -> None:
    assert settings_of_call({}) == Settings()


GIVEN: dict[str, Any] = {
    "bind": ("127.0.0.1:1", "unix:a"),
    "workers": 3,
    "graceful_timeout_s": 0.25,
    "body_bytes": 1 << 30,
    "proxy_protocol": True,
    "lifespan": "off",
    "unix_mode": 0o600,
    "umask": 0o27,
    "trusted_proxies": ("10.0.0.0/8", "unix"),
    "access_log": '{"a": 1} %(h)s "%(r)s"',
    "chdir": Path("/"),
}


def test_values_are_those_of_the_fields() -> None:
    assert settings_of_call(GIVEN) == replace(Settings(), **GIVEN)


def test_one_address_needs_no_sequence_and_several_may_be_a_list() -> None:
    assert settings_of_call({"bind": "unix:a"}).bind == ("unix:a",)
    assert settings_of_call({"bind": ["unix:a", "unix:b"]}).bind == ("unix:a", "unix:b")


def test_none_is_not_given_and_an_empty_sequence_is() -> None:
    assert settings_of_call({"trusted_proxies": None}).trusted_proxies == Settings().trusted_proxies
    assert settings_of_call({"trusted_proxies": ()}).trusted_proxies == ()
    assert settings_of_call({"trusted_proxies": []}).trusted_proxies == ()


def test_what_is_false_is_given() -> None:
    assert not settings_of_call({"proxy_protocol": False}).proxy_protocol


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 0}, "workers: expected 1 or more, got 0."),
        ({"workers": "many"}, "workers: expected a whole number; got 'many'."),
        ({"workers": [1]}, "workers: expected a text, a number, true or false; got [1]."),
        ({"graceful_timeout_s": -1}, "graceful_timeout_s: expected 0 or more, got -1.0."),
        ({"lifespan": "maybe"}, "lifespan: expected one of auto, on, off; got 'maybe'."),
        ({"trusted_proxies": [1.5j]}, "trusted_proxies: expected a text or a list of texts; got 1.5j."),
        (
            {"bind": "8000"},
            f"bind: expected {FORMS}, such as 127.0.0.1:8000; got '8000'.",
        ),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_the_name_of_its_option(options: dict[str, Any], message: str) -> None:
    assert refusal(**options) == message


# Sources.


def test_what_is_given_wins_over_the_environment_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf.toml").write_text('workers = 4\nbacklog = 4\nname = "file"\ntrusted_proxy = ["10.0.0.4"]\n')
    monkeypatch.setenv("WEB_CONCURRENCY", "5")
    monkeypatch.setenv("API_HOUR_BACKLOG", "5")
    monkeypatch.setenv("API_HOUR_BIND", "127.0.0.1:5 127.0.0.1:6")
    given: dict[str, Any] = {"config": Path("conf.toml"), "workers": 6, "bind": "127.0.0.1:7", "trusted_proxies": ()}

    settings = settings_of_call(given, target="app:app", sources=Sources().in_order())

    assert (settings.workers, settings.backlog, settings.name) == (6, 5, "file")
    assert settings.bind == ("127.0.0.1:7",)
    assert settings.trusted_proxies == ()


def test_the_configuration_directory_is_that_of_the_target(tmp_path: Path) -> None:
    conf = tmp_path / "etc" / "app" / "api_hour" / "gunicorn_conf.py"
    conf.parent.mkdir(parents=True)
    conf.write_text("workers = 8")
    sources = Sources()

    settings = settings_of_call({"auto_config": True}, target="app:app", sources=sources.in_order())

    assert settings.workers == 8
    assert sources.config_dir == tmp_path / "etc" / "app"


def test_without_sources_nothing_else_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "many")
    monkeypatch.setenv("API_HOUR_BACKLOG", "5")

    assert settings_of_call({"workers": 1}) == replace(Settings(), workers=1)


def test_a_wrong_value_of_the_environment_is_said_to_be_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_HOUR_BACKLOG", "much")
    with pytest.raises(ConfigError) as caught:
        settings_of_call({}, target="app:app", sources=Sources().in_order())

    assert str(caught.value) == "API_HOUR_BACKLOG in the environment: expected a whole number; got 'much'."


# Names.


def test_the_names_of_all_fields_are_options() -> None:
    check_names("serve", vars(Settings()), option_flags())


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("worker", "Did you mean 'workers'?"),
        ("timeout", "Here it is 'heartbeat_timeout_s'."),
        ("max_body", "Here it is 'body_bytes'."),
        ("port", "Here it is bind='HOST:PORT'."),
        ("uds", "Here it is bind='unix:PATH'."),
        ("timeout_keep_alive", "Here it is 'keep_alive_timeout_s'."),
        ("ssl_keyfile", "Here it is 'keyfile'."),
        ("http2", "HTTP/2 is not spoken; a proxy before API-Hour may."),
    ],
)
def test_an_option_that_there_is_not_is_named_with_what_was_meant(name: str, hint: str) -> None:
    assert unknown(name) == f"serve() has no option {name!r}. {hint}"


def test_an_option_of_a_daemon_is_told_from_one_that_there_is_not() -> None:
    daemons = "It is an option of a daemon, with processes of its own: see api_hour.run()."

    assert unknown("workers", ["bind"]) == f"serve() has no option 'workers'. {daemons}"
    assert unknown("xyzzy", ["bind", "backlog"]) == "serve() has no option 'xyzzy'. Options are backlog, bind."
