"""The settings under Gunicorn's names: what a file for Gunicorn says, `cfg` says as Gunicorn's does."""

from pathlib import Path

import pytest

from api_hour.access_log.lines import COMBINED, COMMON
from api_hour.config.call_options import settings_of_call
from api_hour.config.gunicorn_config import GunicornConfig
from api_hour.config.gunicorn_settings import OWN_WORKER_CLASS
from api_hour.config.gunicorn_values import gunicorn_values
from api_hour.config.settings import Settings
from api_hour.config.sources import Sources

CONF = """
bind = ["127.0.0.1:8008", "unix:/tmp/app.sock"]
workers = 3
keepalive = 45
timeout = 60
graceful_timeout = 20
backlog = 512
max_requests = 1000
max_requests_jitter = 50
worker_connections = 200
proc_name = "demo"
pidfile = "demo.pid"
loglevel = "warning"
errorlog = "error.log"
accesslog = "access.log"
access_log_format = '%(h)s "%(r)s" %(s)s %(L)s'
umask = 0o22
raw_env = ["A=1", "B=2=3"]
threads = 2
limit_request_fields = 50
daemon = False
reload = False
forwarded_allow_ips = "10.0.0.1,10.0.0.2"
"""
NAMES = [line.split(" = ")[0] for line in CONF.split("\n") if line]


def cfg_of(settings: Settings, target: str = "app:C") -> GunicornConfig:
    return GunicornConfig(gunicorn_values(settings, target, uid=1, gid=2))


def test_the_values_of_a_file_are_those_that_gunicorn_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gunicorn = pytest.importorskip("gunicorn.app.base")
    monkeypatch.chdir(tmp_path)
    Path("conf.py").write_text(CONF)
    app = gunicorn.Application.__new__(gunicorn.Application)
    app.usage = app.prog = None
    app.load_default_config()
    app.load_config_from_file("conf.py")

    cfg = cfg_of(settings_of_call({"config": Path("conf.py")}, target="app:C", sources=Sources().in_order()))

    assert {name: getattr(cfg, name) for name in NAMES} == {name: getattr(app.cfg, name) for name in NAMES}
    assert cfg.address == app.cfg.address
    assert cfg.is_ssl == bool(app.cfg.is_ssl)
    assert cfg.env == app.cfg.env


def test_what_nobody_has_set_has_a_value_of_the_same_kind() -> None:
    gunicorn = pytest.importorskip("gunicorn.config")
    theirs = gunicorn.Config()
    ours = cfg_of(Settings())

    for name in [*NAMES, "chdir", "certfile", "keyfile", "ca_certs", "logconfig", "preload_app", "user", "group"]:
        if name not in {"forwarded_allow_ips", "proc_name"}:
            assert type(getattr(ours, name)) is type(getattr(theirs, name)), name
    assert ours.bind == ["127.0.0.1:8000"]
    assert ours.proc_name == ours.default_proc_name == "app:C"
    assert (ours.uid, ours.gid) == (1, 2)
    assert ours.worker_class == OWN_WORKER_CLASS
    assert ours.debug is False
    assert ours.umask == 0


@pytest.mark.parametrize(
    ("given", "place", "log_format"),
    [
        ({}, None, COMBINED),
        ({"access_log": "off"}, None, COMBINED),
        ({"access_log": "json"}, "-", COMBINED),
        ({"access_log": "common"}, "-", COMMON),
        ({"access_log": "%(h)s", "access_log_file": Path("a.log")}, "a.log", "%(h)s"),
    ],
)
def test_the_access_log_has_a_place_and_a_format_that_gunicorn_understands(
    given: dict[str, object], place: str | None, log_format: str
) -> None:
    cfg = cfg_of(Settings(**given))  # type: ignore[arg-type]  # each is of its option's type

    assert (cfg.accesslog, cfg.access_log_format) == (place, log_format)


def test_directories_and_logging_in_json_are_shown_as_gunicorn_shows_them() -> None:
    cfg = cfg_of(Settings(app_dirs=(Path("/a"), Path("/b")), logconfig=Path("log.json")))

    assert (cfg.pythonpath, cfg.logconfig_json) == ("/a,/b", "log.json")
    assert (cfg_of(Settings()).pythonpath, cfg_of(Settings(logconfig=Path("a.ini"))).logconfig_json) == (None, None)


def test_our_own_options_are_there_too() -> None:
    cfg = cfg_of(Settings(drain_timeout_s=2.5, proxy_protocol=True, reload=True))

    assert cfg.drain_timeout == 2.5
    assert cfg.proxy_protocol == "auto"
    assert cfg.debug is True
    assert cfg.settings["drain_timeout"] == 2.5
    assert {"drain_timeout", "keepalive", "address"} <= set(dir(cfg))


def test_a_name_that_is_no_setting_is_no_attribute_and_says_so() -> None:
    cfg = cfg_of(Settings())

    with pytest.raises(AttributeError) as error:
        _ = cfg.sendfile
    assert str(error.value) == "cfg.sendfile: nothing here corresponds to this setting of Gunicorn's."
    with pytest.raises(AttributeError) as error:
        _ = cfg.keep_alive_s
    assert str(error.value) == (
        "cfg.keep_alive_s: expected the name of a setting, as in a configuration file; there is no 'keep_alive_s'."
    )
    assert not hasattr(GunicornConfig.__new__(GunicornConfig), "anything")


def test_addresses_of_every_kind_are_shown(tmp_path: Path) -> None:
    bind = ("[::1]:80", f"unix:{tmp_path}/s", "udp:127.0.0.1:53", "fd://3", "127.0.0.1:443,cert=c.pem")
    cfg = GunicornConfig({"bind": list(bind)})

    assert cfg.address == [("::1", 80), f"{tmp_path}/s", ("127.0.0.1", 53), "fd://3", ("127.0.0.1", 443)]
