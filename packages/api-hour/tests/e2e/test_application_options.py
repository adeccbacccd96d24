"""Where a daemon finds its application, what that finds, and what clients are told: the options, end to end."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from daemon_process import connect, exchange, get
from issued import Issuer
from started_process import started

APP = """
import asyncio, json, os

def create_app(greeting="hello"):
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            raise NotImplementedError
        loop = type(asyncio.get_running_loop())
        said = {
            "greeting": greeting,
            "environment": {name: os.environ.get(name) for name in ("FROM_FILE", "FROM_FLAG", "BOTH", "STAYS")},
            "loop": loop.__module__.partition(".")[0],
            "path": [scope["root_path"], scope["path"]],
            "directory": os.getcwd(),
        }
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(said).encode()})
    return app
"""


WORDS = "open-sesame"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "service.py").write_text(APP)
    (tmp_path / "my.env").write_text("FROM_FILE=a\nBOTH=a\nSTAYS=a\n")
    (tmp_path / "conf.toml").write_text('env_file = "my.env"\nheader = ["X-A:b", "X-C:d"]\nws_max_size = "16M"\n')
    return tmp_path


OPTIONS = {
    "flags": "--app-dir src --factory --env-file my.env -e FROM_FLAG=b --env BOTH=b --header X-A:b --header X-C:d",
    "a file": "-c conf.toml --app-dir src --factory -e FROM_FLAG=b -e BOTH=b",
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_the_application_is_found_called_and_has_its_environment(options: str, directory: Path) -> None:
    words = f"{options} --loop asyncio --root-path /api --no-date-header -w 1 -b 127.0.0.1:0 service:create_app"
    with started(["api_hour", *words.split()], directory=directory, environment={"STAYS": "b"}) as daemon:
        port = int(daemon.wait_for(r"listening on 127\.0\.0\.1:(\d+)")[0][1])
        head, _, body = exchange(("127.0.0.1", port), get("/x")).partition(b"\r\n\r\n")

    assert json.loads(body) == {
        "greeting": "hello",
        "environment": {"FROM_FILE": "a", "FROM_FLAG": "b", "BOTH": "b", "STAYS": "b"},
        "loop": "asyncio",
        "path": ["/api", "/api/x"],
        "directory": str(directory),
    }
    assert b"\r\nX-A: b\r\nX-C: d\r\n" in head
    assert b"Date:" not in head


def test_a_port_of_the_environment_is_served_on_every_address(directory: Path) -> None:
    words = "--app-dir src -w 1 service:create_app"
    with started(["api_hour", *words.split()], directory=directory, environment={"PORT": "0"}) as daemon:
        port = int(daemon.wait_for(r"listening on 0\.0\.0\.0:(\d+)")[0][1])
        assert exchange(("127.0.0.1", port), get("/")).startswith(b"HTTP/1.1 200 OK\r\n")


def test_an_encrypted_key_is_used_and_its_password_is_told_to_nobody(directory: Path) -> None:
    issuer = Issuer(directory)
    files = issuer.issue("localhost")
    assert files.key is not None
    key = serialization.load_pem_private_key(Path(files.key).read_bytes(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(WORDS.encode()),
    )
    Path(files.key).write_bytes(encrypted)
    words = f"--app-dir src -w 1 --port 0 --ssl-certfile {files.cert} --ssl-keyfile {files.key} service:create_app"
    environment = {"UVICORN_SSL_KEYFILE_PASSWORD": WORDS}
    with started(["api_hour", *words.split()], directory=directory, environment=environment) as daemon:
        port = int(daemon.wait_for(r"listening on 127\.0\.0\.1:(\d+)")[0][1])
        with (
            connect(("127.0.0.1", port)) as plain,
            issuer.client_context().wrap_socket(plain, server_hostname="localhost") as client,
        ):
            client.sendall(get("/"))
            assert client.recv(15) == b"HTTP/1.1 200 OK"
        assert WORDS not in daemon.log
    with started(["api_hour", "--show-config", *words.split()], directory=directory, environment=environment) as shown:
        assert shown.wait() == 0
        assert "***" in shown.log
        assert WORDS not in shown.log


def test_a_check_finds_the_application_as_the_daemon_would(directory: Path) -> None:
    (directory / "src" / "service.py").write_text("import os\nassert os.environ['A'] == 'b'\n" + APP)
    words = "--app-dir src --factory -e A=b --check-config service:create_app"
    with started(["api_hour", *words.split()], directory=directory) as check:
        assert check.wait() == 0
        assert check.log == "service:create_app: no error found.\n"
    with started(["api_hour", "--loop", "no_such:loop", *words.split()], directory=directory) as check:
        assert check.wait() == 2
        assert check.log == "api_hour: --loop: expected a module that can be imported; there is no 'no_such'.\n"
