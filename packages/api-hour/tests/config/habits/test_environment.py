"""The variables of other servers, and which of several sources counts."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from flags_of_others import FLAGS
from recorded_daemon import clear_options, run_recorded

from api_hour import cli
from api_hour.config.habits.habit import Kind, Server
from api_hour.config.habits.table import BY_FLAG


@pytest.fixture(autouse=True)
def no_options_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clear_options(monkeypatch, tmp_path)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"UVICORN_HOST": "0.0.0.0", "UVICORN_PORT": "80"}, {"bind": ("0.0.0.0:80",)}),  # noqa: S104
        ({"UVICORN_UDS": "a.sock"}, {"bind": ("unix:a.sock",)}),
        ({"UVICORN_PORT": "80", "API_HOUR_BIND": "unix:a"}, {"bind": ("unix:a",)}),
        ({"UVICORN_WORKERS": "3"}, {"workers": 3}),
        ({"UVICORN_WORKERS": "3", "WEB_CONCURRENCY": "4"}, {"workers": 4}),
        ({"UVICORN_WORKERS": "3", "API_HOUR_WORKERS": "5"}, {"workers": 5}),
        ({"UVICORN_WORKERS": ""}, {}),
        ({"UVICORN_TIMEOUT_KEEP_ALIVE": "5"}, {"keep_alive_timeout_s": 5.0}),
        ({"UVICORN_LIMIT_CONCURRENCY": "5"}, {"connections": 5}),
        ({"UVICORN_FACTORY": "true"}, {"factory": True}),
        ({"UVICORN_FACTORY": "0"}, {"factory": False}),
        ({"UVICORN_DATE_HEADER": "false", "UVICORN_SERVER_HEADER": "yes"},
         {"date_header": False, "server_header": True}),
        ({"UVICORN_ACCESS_LOG": "true"}, {"access_log": "common"}),
        ({"UVICORN_ACCESS_LOG": "false"}, {"access_log": "off"}),
        ({"UVICORN_PROXY_HEADERS": "false"}, {"proxy_headers": None}),
        ({"UVICORN_PROXY_HEADERS": "true"}, {"proxy_headers": "x-forwarded"}),
        ({"UVICORN_FORWARDED_ALLOW_IPS": "*"}, {"trusted_proxies": ("*",), "proxy_headers": "x-forwarded"}),
        ({"UVICORN_WS_PER_MESSAGE_DEFLATE": "true"}, {"ws_compression": True}),
        ({"UVICORN_HEADERS": "A:b C:d"}, {"headers": ("A:b", "C:d")}),
        ({"UVICORN_RELOAD_DIRS": "a:b"}, {"reload_dirs": (Path("a"), Path("b"))}),
        ({"UVICORN_ROOT_PATH": "/api"}, {"root_path": "/api"}),
        ({"UVICORN_RELOAD": "true"}, {"reload": True}),
        ({"UVICORN_HTTP2": "false", "UVICORN_UNKNOWN": "1"}, {}),
        ({"GUNICORN_CMD_ARGS": "--bind=127.0.0.1:81 -w3 -t 5 --keep-alive 9"},
         {"bind": ("127.0.0.1:81",), "workers": 3, "heartbeat_timeout_s": 5.0, "keep_alive_timeout_s": 9.0}),
        ({"GUNICORN_CMD_ARGS": "-b unix:a -b unix:b"}, {"bind": ("unix:a", "unix:b")}),
        ({"GUNICORN_CMD_ARGS": "--threads 4 --proxy-protocol --name 'my app'"},
         {"threads": 4, "proxy_protocol": True, "name": "my app"}),
        ({"GUNICORN_CMD_ARGS": "-w 3", "UVICORN_WORKERS": "2"}, {"workers": 2}),
        ({"GUNICORN_CMD_ARGS": "-b :1", "PORT": "80"}, {"bind": (":1",)}),
        ({"FORWARDED_ALLOW_IPS": "10.0.0.1, ::1"},
         {"trusted_proxies": ("10.0.0.1", "::1"), "proxy_headers": "x-forwarded"}),
        ({"FORWARDED_ALLOW_IPS": "*", "API_HOUR_PROXY_HEADERS": "forwarded"},
         {"trusted_proxies": ("*",), "proxy_headers": "forwarded"}),
        ({"PORT": "80"}, {"bind": ("0.0.0.0:80",)}),
        ({"PORT": "80", "UVICORN_HOST": "127.0.0.1"}, {"bind": ("127.0.0.1:80",)}),
        ({"PORT": "80", "UVICORN_PORT": "81"}, {"bind": ("127.0.0.1:81",)}),
        ({"PORT": ""}, {"bind": ()}),
    ],
)  # fmt: skip
def test_variables_of_other_servers_set_the_options_here(
    environment: dict[str, str], expected: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    settings, _ = run_recorded(monkeypatch, "app:C")

    assert {name: getattr(settings, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("arguments", "bind"),
    [
        (["--host", "::1"], ("[::1]:82",)),
        (["--port", "83"], ("10.0.0.1:83",)),
        (["-b", "unix:a"], ("unix:a",)),
        ([], ("10.0.0.1:82",)),
    ],
)
def test_the_command_line_may_say_one_of_host_and_port(
    arguments: list[str], bind: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UVICORN_HOST", "10.0.0.1")
    monkeypatch.setenv("UVICORN_PORT", "82")

    assert run_recorded(monkeypatch, *arguments, "app:C")[0].bind == bind


def test_a_port_alone_gives_way_to_a_file_and_other_variables_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("conf.toml").write_text('bind = "unix:a"\nworkers = 7\nproxy_headers = "forwarded"\n')
    for name, value in (("PORT", "80"), ("UVICORN_WORKERS", "2"), ("FORWARDED_ALLOW_IPS", "*")):
        monkeypatch.setenv(name, value)

    settings, _ = run_recorded(monkeypatch, "-c", "conf.toml", "app:C")

    assert (settings.bind, settings.workers, settings.proxy_headers) == (("unix:a",), 2, "forwarded")


def test_where_a_value_is_from_is_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PORT", "80")
    monkeypatch.setenv("UVICORN_BACKLOG", "9")
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--threads 2")

    assert cli.run(["--show-config", "--timeout-keep-alive", "5", "app:C"]) == 0

    shown = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "bind 0.0.0.0:80 environment PORT" in shown
    assert "backlog 9 environment UVICORN_BACKLOG" in shown
    assert "threads 2 environment --threads of GUNICORN_CMD_ARGS" in shown
    assert "keep-alive 5 command line" in shown


def test_variables_that_do_nothing_are_said(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("UVICORN_HTTP2", "true")
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--preload -k gevent")

    run_recorded(monkeypatch, "app:C")

    assert caplog.messages == [
        f"UVICORN_HTTP2 is not there, and passed over: {BY_FLAG['--http2'].says}",
        f"--preload of GUNICORN_CMD_ARGS is not there, and passed over: {BY_FLAG['--preload'].says}",
        f"-k of GUNICORN_CMD_ARGS does nothing here: {BY_FLAG['-k'].says}",
    ]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("PORT", "http", "PORT in the environment: expected a port, 0 to 65535; got 'http'."),
        ("UVICORN_PORT", "x", "UVICORN_PORT in the environment: expected a port, 0 to 65535; got 'x'."),
        ("UVICORN_WORKERS", "x", "UVICORN_WORKERS in the environment: expected a whole number; got 'x'."),
        (
            "GUNICORN_CMD_ARGS",
            "-w x",
            "-w of GUNICORN_CMD_ARGS in the environment: expected a whole number; got 'x'.",
        ),
        (
            "GUNICORN_CMD_ARGS",
            "--ssl-version 3 x",
            (
                "--ssl-version of GUNICORN_CMD_ARGS in the environment: expected 17 or TLS for TLS 1.2 and later, or 5 "
                "or TLSv1_2 for TLS 1.2 alone; got '3'. Older versions are not spoken; TLS 1.3 alone is "
                "--tls-version 1.3."
            ),
        ),
        (
            "GUNICORN_CMD_ARGS",
            "app:app",
            "GUNICORN_CMD_ARGS in the environment: expected options of Gunicorn; got 'app:app'.",
        ),
        (
            "GUNICORN_CMD_ARGS",
            "--host a",
            "GUNICORN_CMD_ARGS in the environment: expected options of Gunicorn; got '--host'.",
        ),
        ("GUNICORN_CMD_ARGS", "'", 'GUNICORN_CMD_ARGS in the environment: No closing quotation; got "\'".'),
        (
            "FORWARDED_ALLOW_IPS",
            "x",
            (
                "FORWARDED_ALLOW_IPS in the environment: expected an address, a network such as 10.0.0.0/8, unix or *; "
                "got 'x'."
            ),
        ),
    ],
)
def test_a_wrong_variable_is_named(
    name: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as caught:
        cli.main(["app:C"])

    assert caught.value.code == 2
    assert capsys.readouterr().err == f"api_hour: {message}\n"


def test_every_flag_of_uvicorn_that_works_has_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """What click makes of the flags' declarations; the table names those whose name is another."""
    uvicorn_main = pytest.importorskip("uvicorn.main").main
    for item in uvicorn_main.params:
        flag = item.opts[0]
        if flag.startswith("--") and flag != "--version":
            habit = BY_FLAG[flag]
            assert (habit.variable or flag[2:].upper().replace("-", "_")) == item.name.upper(), flag
            assert habit.kind is Kind.INSTEAD or Server.UVICORN in habit.servers
    assert len(FLAGS[Server.UVICORN]) > 50


# Files of variables.


def test_a_file_of_variables_sets_what_nothing_else_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.env").write_text("API_HOUR_WORKERS=3\nMY_OWN='a b'  # a comment\nexport MY_OTHER=c\n")
    Path("b.env").write_text("API_HOUR_BACKLOG=9\nMY_OTHER=d\n")
    for name in ("MY_OWN", "API_HOUR_BACKLOG"):
        monkeypatch.setenv(name, "before")  # given back at the end
        monkeypatch.delenv(name)
    monkeypatch.setenv("MY_OTHER", "kept")
    monkeypatch.setenv("API_HOUR_WORKERS", "4")

    settings, _ = run_recorded(monkeypatch, "--env-file", "a.env", "--env-file", "b.env", "app:C")

    assert (settings.workers, settings.backlog) == (4, 9)
    assert (os.environ["MY_OWN"], os.environ["MY_OTHER"]) == ("a b", "kept")


def test_a_file_of_variables_needs_python_dotenv(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.env").touch()
    monkeypatch.setitem(sys.modules, "dotenv", None)
    with pytest.raises(SystemExit):
        cli.main(["--env-file", "a.env", "app:C"])

    assert capsys.readouterr().err == (
        "api_hour: --env-file: expected python-dotenv to be installed; it is not. Install api-hour[dotenv].\n"
    )


def test_a_file_of_variables_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--env-file", "no.env", "app:C"])

    assert capsys.readouterr().err == "api_hour: --env-file: expected a file, got 'no.env'.\n"
