"""The names of Gunicorn: each of its settings is either taken or reported, and none is forgotten."""

import pytest

from api_hour.access_log.lines import COMBINED
from api_hour.config.gunicorn_settings import HOOKS, RENAMED, WITHOUT_MEANING, is_reported, taken_names, with_implied
from api_hour.config.sources import option_keys


def test_every_setting_of_gunicorn_is_known() -> None:
    gunicorn_config = pytest.importorskip("gunicorn.config")
    known = {setting.name for setting in gunicorn_config.KNOWN_SETTINGS}
    taken = set(taken_names(option_keys().values()))

    assert known == WITHOUT_MEANING | HOOKS.keys() | (taken & known)
    assert not WITHOUT_MEANING & (taken | HOOKS.keys())


def test_what_is_renamed_goes_to_options_that_exist() -> None:
    assert set(RENAMED.values()) <= set(option_keys().values())


def test_a_setting_that_is_left_at_none_is_not_reported() -> None:
    assert is_reported("syslog_addr", "-")
    assert not is_reported("syslog_addr", None)
    assert not is_reported("my_variable", 1)


def test_the_format_of_an_access_log_means_nothing_without_its_place() -> None:
    assert with_implied({"access_log_format": "%(h)s", "a": 1}) == {"a": 1}
    assert with_implied({"access_log_format": "%(h)s", "accesslog": None}) == {"accesslog": None}
    assert with_implied({"accesslog": "-"}) == {"access_log_format": COMBINED, "accesslog": "-"}
    assert with_implied({"access_log_format": "%(h)s", "accesslog": "a"}) == {
        "access_log_format": "%(h)s",
        "accesslog": "a",
    }


def test_proxies_that_may_forward_are_believed_what_they_forward() -> None:
    assert with_implied({"forwarded_allow_ips": "10.0.0.1"})["proxy_headers"] == "x-forwarded"
    assert (
        with_implied({"forwarded_allow_ips": "10.0.0.1", "proxy_headers": "forwarded"})["proxy_headers"] == "forwarded"
    )
    assert with_implied({"forwarded_allow_ips": ""}) == {"forwarded_allow_ips": ""}
