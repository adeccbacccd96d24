import os
import re
import subprocess
from pathlib import Path

import pytest

from rush_hour.errors import StartError, UsageError
from rush_hour.rig.parts import nginx
from rush_hour.rig.suite.system_spec import Front


def rendered(directory: Path, protocol: str, **options: str) -> str:
    front = Front(protocol=protocol, port=18004, options=options)  # type: ignore[arg-type]  # one of the two
    return nginx.render(front, port=18005, upstream=f"unix:{directory / 'a.sock'}", directory=directory, backlog=4096)


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


def test_options_of_the_suite_are_set_where_nginx_has_them(tmp_path: Path) -> None:
    options = {"worker_connections": "64", "keepalive": "8", "worker_processes": "1", "client_max_body_size": "1k"}
    settings = settings_of(rendered(tmp_path, "http", **options))

    for name, value in options.items():
        assert [line for line in settings if line.startswith(f"{name} ")] == [f"{name} {value};"]
    assert settings.index("worker_connections 64;") == settings.index("events {") + 1
    assert settings.index("client_max_body_size 1k;") > settings.index("server {")


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
    configuration.write_text(rendered(tmp_path, protocol, keepalive="8", proxy_read_timeout="1s"))

    command = [str(nginx.find_nginx(None)), "-t", "-p", str(tmp_path), "-c", str(configuration), "-e", "stderr"]
    checked = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)

    assert checked.returncode == 0, checked.stderr
    assert not re.search(r"\[(warn|error|emerg)\]", checked.stderr), checked.stderr


def test_every_file_of_nginx_is_in_its_directory(tmp_path: Path) -> None:
    paths = re.findall(r"(?:pid|_temp_path|server unix:)\s*(/[^;\s]+)", rendered(tmp_path, "http"))

    assert len(paths) == 7
    assert all(path.startswith(f"{tmp_path}/") for path in paths)


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
