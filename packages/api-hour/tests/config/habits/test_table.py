"""Every flag of uvicorn, Gunicorn, Hypercorn and Granian is answered: it works, or the message says what it is here."""

import re
import ssl
from pathlib import Path
from typing import Any

import pytest
from flags_of_others import FLAGS
from recorded_daemon import clear_options, run_recorded

from api_hour import cli
from api_hour.access_log.lines import COMBINED
from api_hour.config.habits.habit import Habit, Kind, Server
from api_hour.config.habits.table import BY_FLAG, HABITS
from api_hour.config.sources import option_flags

NOT_SETTINGS = {"--check-config"}  # flags of the command itself

VALUES = {
    "--access-logfile": "-", "--access-logformat": "%(h)s", "--asgi-lifespan": "off", "--asgi-loop": "asyncio",
    "--bind": "127.0.0.1:1", "-b": "127.0.0.1:1", "--cert-reqs": "0", "--ciphers": "ECDHE+AESGCM", "-c": "conf.py",
    "--config": "conf.py", "--ca-certs": "conf.py", "--certfile": "conf.py", "--chdir": ".", "--app-dir": ".",
    "--env": "A=b", "-e": "A=b", "--env-file": "conf.py", "--env-files": "conf.py", "--error-log": "-",
    "--error-logfile": "-", "--forwarded-allow-ips": "10.0.0.1,::1", "--proxy-allow-from": "*", "--header": "X-A:b",
    "--keyfile": "conf.py", "--lifespan": "on", "--log-config": "conf.py", "--log-config-json": "conf.py",
    "--log-file": "-", "--log-level": "info", "--loop": "uvloop", "--pid": "a.pid", "-p": "a.pid",
    "--pid-file": "a.pid", "--pythonpath": ".", "--reload-dir": ".", "--reload-paths": ".", "--root-path": "/api",
    "--ssl-ca": "conf.py", "--ssl-ca-certs": "conf.py", "--ssl-certfile": "conf.py", "--ssl-certificate": "conf.py",
    "--ssl-keyfile": "conf.py", "--ssl-protocol-min": "tls1.3", "--ssl-version": "17", "--url-path-prefix": "/api",
    "--working-dir": ".", "--ws": "none", "--statsd-host": "127.0.0.1:1",
}  # fmt: skip

EVERY_FLAG = sorted((server.value, flag) for server, flags in FLAGS.items() for flag in flags)


@pytest.fixture(autouse=True)
def no_options_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clear_options(monkeypatch, tmp_path)
    (tmp_path / "conf.py").touch()


@pytest.mark.parametrize(("server", "flag"), EVERY_FLAG)
def test_every_flag_works_or_says_what_it_is_here(
    server: str, flag: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = flag.removesuffix("=")
    habit = BY_FLAG[name]
    assert Server(server) in habit.servers
    value = [VALUES.get(name, "1")] if flag.endswith("=") else []
    if habit.kind is not Kind.INSTEAD:
        assert cli.run([name, *value, "--show-config", "app:C"]) == 0
    else:
        with pytest.raises(SystemExit) as caught:
            cli.main([name, *value, "app:C"])
        assert caught.value.code == 2
        assert capsys.readouterr().err == f"api_hour: {name}: there is no such option; {habit.says}.\n"


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.flags[0])
def test_a_habit_leads_to_an_option_that_there_is(habit: Habit) -> None:
    flags = {*option_flags().values(), *NOT_SETTINGS}
    if habit.kind is Kind.SAME:
        assert set(habit.flags) & flags or habit.here in flags
    elif habit.kind is Kind.ALIAS:
        assert habit.here in flags
    for named in re.findall(r"--[a-z][a-z_-]+", habit.says):
        assert named in flags | {"--show-config"} | BY_FLAG.keys(), f"{habit.flags[0]} names {named}"


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.flags[0])
def test_a_habit_is_one_of_the_servers_that_it_is_said_to_be_of(habit: Habit) -> None:
    known = {flag.removesuffix("=") for server in habit.servers for flag in FLAGS[server]}

    assert set(habit.flags) <= known
    for server in habit.servers:
        assert any(flag.removesuffix("=") in habit.flags for flag in FLAGS[server])


def test_no_flag_has_two_habits() -> None:
    assert sum(len(habit.flags) for habit in HABITS) == len(BY_FLAG)


@pytest.mark.parametrize(("server", "module"), [(Server.UVICORN, "uvicorn.main"), (Server.GUNICORN, "gunicorn.config")])
def test_the_flags_are_those_that_the_server_declares(server: Server, module: str) -> None:
    declared = pytest.importorskip(module)
    if server is Server.UVICORN:
        found = {name for item in declared.main.params if item.opts[0] != "app" for name in item.opts}
        found |= {name for item in declared.main.params for name in item.secondary_opts}
    else:
        found = {name for setting in declared.KNOWN_SETTINGS for name in setting.cli or ()}

    known = {flag.removesuffix("=") for flag in FLAGS[server]}
    assert found - known <= {"--version", "--help", "-v"}


# What works means what it means there.


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("--host 0.0.0.0 --port 80", {"bind": ("0.0.0.0:80",)}),
        ("--port=0", {"bind": ("127.0.0.1:0",)}),
        ("--host ::1", {"bind": ("[::1]:8000",)}),
        ("--host= --port 1", {"bind": ("0.0.0.0:1",)}),
        ("--uds /tmp/a.sock", {"bind": ("unix:/tmp/a.sock",)}),
        ("--fd 3", {"bind": ("fd://3",)}),
        ("-b unix:a --port 80", {"bind": ("unix:a", "127.0.0.1:80")}),
        ("--timeout-keep-alive 5", {"keep_alive_timeout_s": 5.0}),
        ("--timeout-graceful-shutdown 9 --timeout-worker-healthcheck 7",
         {"graceful_timeout_s": 9.0, "heartbeat_timeout_s": 7.0}),
        ("--limit-max-requests 5 --limit-max-requests-jitter 2", {"max_requests": 5, "max_requests_jitter": 2}),
        ("--limit-concurrency 5", {"connections": 5}),
        ("--worker-connections=5", {"connections": 5}),
        ("--limit-request-line 100 --limit-request-fields 3", {"url_bytes": 100, "header_count": 3}),
        ("--ws-max-size 16777216 --ws-ping-interval 5.5", {"ws_message_bytes": 1 << 24, "ws_ping_interval_s": 5.5}),
        ("--websocket-max-message-size 5", {"ws_message_bytes": 5}),
        ("--ws-per-message-deflate true", {"ws_compression": True}),
        ("--ws-per-message-deflate", {"ws_compression": True}),
        ("--ws-per-message-deflate=false", {"ws_compression": False}),
        ("--proxy-headers", {"proxy_headers": "x-forwarded"}),
        ("--proxy-headers forwarded", {"proxy_headers": "forwarded"}),
        ("--proxy-headers=x-forwarded", {"proxy_headers": "x-forwarded"}),
        ("--no-proxy-headers", {"proxy_headers": None}),
        ("--forwarded-allow-ips 10.0.0.0/8,::1,/run/proxy.sock",
         {"trusted_proxies": ("10.0.0.0/8", "::1", "unix"), "proxy_headers": "x-forwarded"}),
        ("--forwarded-allow-ips=* --no-proxy-headers", {"trusted_proxies": ("*",), "proxy_headers": None}),
        ("--proxy-protocol", {"proxy_protocol": True}),
        ("--proxy-protocol v2", {"proxy_protocol": True}),
        ("--proxy-protocol off", {"proxy_protocol": False}),
        ("--access-log", {"access_log": "common"}),
        ("--access-log combined", {"access_log": "combined"}),
        ("--access-log %(h)s:%(r)s", {"access_log": "%(h)s:%(r)s"}),
        ("--no-access-log", {"access_log": "off"}),
        ("--access-logfile a.log", {"access_log": COMBINED}),
        ("--access-logfile - --access-logformat %(s)s", {"access_log": "%(s)s", "access_log_file": None}),
        ("--log-file -", {"log_file": None}),
        ("--log-level TRACE", {"log_level": "trace"}),
        ("--use-colors", {"use_colors": True}),
        ("--no-date-header --server-header --header A:b --header C:d",
         {"date_header": False, "server_header": True, "headers": ("A:b", "C:d")}),
        ("--root-path /api/", {"root_path": "/api"}),
        ("--ssl-cert-reqs 2", {"cert_reqs": ssl.CERT_REQUIRED}),
        ("--verify-mode CERT_OPTIONAL", {"cert_reqs": ssl.CERT_OPTIONAL}),
        ("--ssl-client-verify", {"cert_reqs": ssl.CERT_REQUIRED}),
        ("--ssl-keyfile-password secret --ssl-ciphers ECDHE", {"keyfile_password": "secret", "ciphers": "ECDHE"}),
        ("--ssl-version 17", {"tls_version": None}),
        ("--ssl-version TLSv1_2", {"tls_version": "1.2"}),
        ("--ssl-protocol-min tls1.3", {"tls_version": "1.3"}),
        ("--workers-max-rss 512 --workers-lifetime 1h30m", {"max_rss_bytes": 512 << 20, "max_lifetime_s": 5400.0}),
        ("--uds-permissions 660", {"unix_mode": 0o660}),
        ("--pythonpath a,b", {"app_dirs": (Path("a"), Path("b"))}),
        ("--process-name demo", {"name": "demo"}),
        ("--reload-dir a --reload-dir b --reload-include *.html --reload-exclude x",
         {"reload_dirs": (Path("a"), Path("b")), "reload_include": ("*.html",), "reload_exclude": ("x",)}),
        ("--loop asyncio", {"loop": "asyncio"}),
        ("--asgi-loop=my.loops:make", {"loop": "my.loops:make"}),
        ("-e A=b -e C=d=e", {"env": ("A=b", "C=d=e")}),
    ],
)  # fmt: skip
def test_what_is_known_from_elsewhere_sets_the_option_here(
    arguments: str, expected: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()

    settings, _ = run_recorded(monkeypatch, *arguments.split(), "app:C")

    assert {name: getattr(settings, name) for name in expected} == expected


def test_files_of_logs_have_their_names_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, _ = run_recorded(monkeypatch, "--error-logfile", "a.log", "--access-logfile", "b.log", "app:C")

    assert (settings.log_file, settings.access_log_file) == (tmp_path / "a.log", tmp_path / "b.log")


def test_the_target_may_come_first_or_last_where_a_value_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for words in (["app:C", "--access-log"], ["--access-log", "app:C"], ["--proxy-headers", "app:C", "--ws", "none"]):
        assert run_recorded(monkeypatch, *words)[1].target == "app:C"


def test_what_does_nothing_is_said_once_and_why(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run_recorded(monkeypatch, "-k", "uvicorn.workers.UvicornWorker", "--worker-tmp-dir=/dev/shm", "--ws", "app:C")

    assert caplog.messages == [
        f"{flag} does nothing here: {BY_FLAG[flag].says}" for flag in ("-k", "--worker-tmp-dir", "--ws")
    ]


def test_a_command_to_a_running_daemon_knows_its_own_options_only(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["stop", "--host", "a"])

    assert capsys.readouterr().err == "api_hour: Unknown option: --host.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "http", "app:C"], "--port: expected a port, 0 to 65535; got 'http'."),
        (["--fd", "x", "app:C"], "--fd: expected the number of an open descriptor; got 'x'."),
        (["app:C", "--uds"], "--uds: expected a value; got none."),
        (["--host", "--port", "80", "app:C"], "--host: expected a value; got the option --port."),
        (["--timeout-keep-alive", "x", "app:C"], "--timeout-keep-alive: expected a number; got 'x'."),
        (["--limit-concurrency", "0", "app:C"], "--limit-concurrency: expected 1 or more, got 0."),
        (
            ["--ssl-version", "3", "app:C"],
            (
                "--ssl-version: expected 17 or TLS for TLS 1.2 and later, or 5 or TLSv1_2 for TLS 1.2 alone; got '3'. "
                "Older versions are not spoken; TLS 1.3 alone is --tls-version 1.3."
            ),
        ),
        (["--proxy-protocol=v3", "app:C"], "--proxy-protocol: expected one of off, v1, v2, auto; got 'v3'."),
        (["--loop", "trio", "app:C"], "--loop: expected one of auto, uvloop, asyncio, or MODULE:FACTORY; got 'trio'."),
        (["--header", "X", "app:C"], "--header: expected NAME:VALUE, such as X-Frame-Options:DENY; got 'X'."),
        (
            ["--header", "Content-Length:5", "app:C"],
            "--header: Content-Length differs from answer to answer, and is said with each; got 'Content-Length:5'.",
        ),
        (["--root-path", "api", "app:C"], "--root-path: expected a path, such as /api; got 'api'."),
        (["-e", "A", "app:C"], "-e: expected NAME=VALUE; got 'A'."),
        (["--cert-reqs", "3", "app:C"], "--cert-reqs: expected 0, 1 or 2, or none, optional or required; got '3'."),
        (["--factory", "app"], "--factory: expected MODULE:FACTORY as TARGET; got 'app'."),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_that_was_written(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)

    assert caught.value.code == 2
    assert capsys.readouterr().err == f"api_hour: {message}\n"
