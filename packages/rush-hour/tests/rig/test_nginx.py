import os
import re
import subprocess
from pathlib import Path

import pytest

from rush_hour.errors import StartError, UsageError
from rush_hour.rig import nginx
from rush_hour.rig.suite import Front

FULL = "11: Resource temporarily unavailable"
UNKNOWN_TROUBLE = "could not build optimal types_hash"


def rendered(directory: Path, protocol: str) -> str:
    front = Front(protocol=protocol, port=18004)  # type: ignore[arg-type]  # one of the two
    return nginx.render(front, port=18005, socket=directory / "a.sock", directory=directory, backlog=4096)


def settings_of(configuration: str) -> list[str]:
    return [line.strip() for line in configuration.splitlines() if line.strip()]


@pytest.mark.parametrize("protocol", ["http", "uwsgi"])
def test_the_front_listens_on_loopback_and_keeps_connections_on_both_sides(tmp_path: Path, protocol: str) -> None:
    settings = settings_of(rendered(tmp_path, protocol))

    assert "listen 127.0.0.1:18005 backlog=4096;" in settings
    assert f"server unix:{tmp_path}/a.sock;" in settings
    assert "keepalive 1024;" in settings
    assert settings.count("keepalive_requests 1000000000;") == 2
    assert "worker_connections 8192;" in settings
    assert ("user root;" in settings) == (os.geteuid() == 0)


def test_each_protocol_is_passed_on_in_its_own_way(tmp_path: Path) -> None:
    http, uwsgi = (settings_of(rendered(tmp_path, protocol)) for protocol in ("http", "uwsgi"))

    assert [line for line in http if line.startswith(("proxy_pass", "proxy_http", "proxy_set", "uwsgi_p"))] == [
        "proxy_pass http://system;",
        "proxy_http_version 1.1;",
        'proxy_set_header Connection "";',
        "proxy_set_header Host $host;",
    ]
    assert "uwsgi_pass system;" in uwsgi
    assert {line.split()[1] for line in uwsgi if line.startswith("uwsgi_param")} >= {
        "REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL",
    }  # fmt: skip
    assert not any(line.startswith("proxy_pass") for line in uwsgi)


@pytest.mark.parametrize("protocol", ["http", "uwsgi"])
def test_nginx_itself_accepts_the_configuration(tmp_path: Path, protocol: str) -> None:
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(rendered(tmp_path, protocol))

    command = [str(nginx.find_nginx(None)), "-t", "-p", str(tmp_path), "-c", str(configuration), "-e", "stderr"]
    checked = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)

    assert checked.returncode == 0, checked.stderr
    assert not re.search(r"\[(warn|error|emerg)\]", checked.stderr), checked.stderr


def test_every_file_of_nginx_is_in_its_directory(tmp_path: Path) -> None:
    paths = re.findall(r"(?:pid|_temp_path|server unix:)\s*(/[^;\s]+)", rendered(tmp_path, "http"))

    assert len(paths) == 7
    assert all(path.startswith(f"{tmp_path}/") for path in paths)


def error_line(what: str, number: int = 1) -> str:
    return (
        f"2026/03/04 05:06:07 [error] 812#812: *{number} {what}, client: 127.0.0.1, server: , "
        'request: "GET /agents HTTP/1.1", upstream: "http://unix:/tmp/x/a.sock:/agents", host: "127.0.0.1:18004"'
    )


@pytest.mark.parametrize(
    ("what", "explanation"),
    [
        (
            f"connect() to unix:/tmp/x/a.sock failed ({FULL}) while connecting to upstream",
            f"the system's accept queue was full; its backlog is too small ({FULL})",
        ),
        (
            "connect() to unix:/tmp/x/a.sock failed (111: Connection refused) while connecting to upstream",
            "nobody listened on the system's socket (111: Connection refused)",
        ),
        (
            "recv() failed (104: Connection reset by peer) while reading response header from upstream",
            "the system reset the connection (104: Connection reset by peer)",
        ),
        (
            "connect() to unix:/tmp/x/a.sock failed (2: No such file or directory) while connecting to upstream",
            "the system's socket was gone (2: No such file or directory)",
        ),
        (
            "upstream timed out (110: Connection timed out) while reading response header from upstream",
            "the system did not answer in time (upstream timed out)",
        ),
        (
            "upstream prematurely closed connection while reading response header from upstream",
            "the system closed the connection without an answer (upstream prematurely closed connection)",
        ),
        (UNKNOWN_TROUBLE, UNKNOWN_TROUBLE),
    ],
)
def test_a_line_of_the_error_log_is_explained(what: str, explanation: str) -> None:
    assert [error.sentence for error in nginx.explain_log([error_line(what)])] == [f"nginx, 1 time: {explanation}."]


def test_lines_of_the_same_cause_are_counted_and_the_most_frequent_comes_first() -> None:
    full = f"connect() to unix:/tmp/x/a.sock failed ({FULL}) while connecting to upstream"
    closed = "upstream prematurely closed connection while reading response header from upstream"
    alert = "2026/03/04 05:06:07 [alert] 812#812: 8192 worker_connections are not enough"
    warning = "2026/03/04 05:06:07 [warn] 812#812: *7 a client request body is buffered to a temporary file"
    lines = [error_line(closed), warning, *(error_line(full, number) for number in range(1500)), alert, alert]

    assert [error.sentence for error in nginx.explain_log(lines)] == [
        f"nginx, 1,500 times: the system's accept queue was full; its backlog is too small ({FULL}).",
        "nginx, 2 times: nginx ran out of its own connections (worker_connections are not enough).",
        "nginx, 1 time: the system closed the connection without an answer (upstream prematurely closed connection).",
    ]


def test_an_empty_log_needs_no_explanation() -> None:
    assert nginx.explain_log([]) == []


def test_a_chosen_program_is_found_from_any_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "my-nginx"
    program.touch(mode=0o755)
    monkeypatch.chdir(tmp_path)

    assert nginx.find_nginx(Path("my-nginx")) == program


@pytest.mark.parametrize("name", ["none", "directory", "text"])
def test_what_is_no_program_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "text").touch(mode=0o644)

    with pytest.raises(UsageError) as caught:
        nginx.find_nginx(tmp_path / name)

    assert str(caught.value) == f"--nginx: expected a program, got '{tmp_path}/{name}'."


def test_without_the_package_the_machines_own_nginx_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nginx").touch(mode=0o755)
    monkeypatch.setattr(nginx, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert nginx.find_nginx(None) == tmp_path / "nginx"


def test_no_nginx_at_all_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nginx, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(StartError) as caught:
        nginx.find_nginx(None)

    assert str(caught.value) == ("nginx is not installed: pip install 'rush-hour[rig]', or name one with --nginx PATH.")
