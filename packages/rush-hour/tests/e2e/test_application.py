"""An application without a suite: benched and served by its name."""

import json
import re
import shlex
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from e2e.rush_hour_process import rush_hour_process
from rig.deadlines import TIMEOUT_S
from rig.environments import made_environment

pytestmark = pytest.mark.timeout(6 * TIMEOUT_S)

WSGI = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]
"""
ASGI = """
def make():
    async def application(scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
            await send({"type": "http.response.body", "body": b"hello"})
    return application
"""
SERVER = """
import os, sys
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
sys.path.insert(0, os.getcwd())
assert os.environ["VIRTUAL_ENV"] == sys.prefix
from wsgi import application
host, port = sys.argv[sys.argv.index("--bind") + 1].split(":")
server = WSGIServer((host, int(port)), WSGIRequestHandler)
server.set_app(application)
server.serve_forever()
"""
LOAD = ("-R", "50", "-c", "4", "-t", "1", "-d", "1s", "--warmup", "0")


@pytest.fixture
def applications(tmp_path: Path) -> Path:
    """A directory with two applications."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "wsgi.py").write_text(WSGI)
    (tmp_path / "shop" / "asgi.py").write_text(ASGI)
    return tmp_path


def results_in(directory: Path) -> list[dict[str, Any]]:
    """The results of benches, in the order in which they were made."""
    paths = sorted(directory.glob("rush-hour-results/*/result.json"), key=lambda path: path.stat().st_mtime)
    return [json.loads(path.read_text()) for path in paths]


def test_an_application_is_benched_on_two_servers_and_the_command_line_of_the_result_does_it_again(
    applications: Path,
) -> None:
    named = ("--app", "wsgi:application", "--directory", "shop", "--server", "gunicorn", "--server", "api_hour")
    words = (
        "bench",
        *named,
        "--path",
        "/a?b='c d'".replace(" ", "+"),
        "--workers",
        "1",
        "--server-threads",
        "3",
        *LOAD,
    )

    with rush_hour_process(*words, "--label", "two servers", directory=applications) as process:
        assert process.wait() in {0, 4}, process.err
        process.wait_until_nothing_is_left()
    [first] = results_in(applications)
    assert shlex.split(first["command_line"]) == ["rush-hour", *words, "--label", "two servers"]
    with rush_hour_process(*shlex.split(first["command_line"])[1:], directory=applications) as process:
        assert process.wait() in {0, 4}, process.err

    for result in results_in(applications):
        gunicorn, api_hour = result["systems"]
        assert (gunicorn["name"], gunicorn["title"]) == ("gunicorn", "wsgi:application on Gunicorn")
        assert (api_hour["name"], api_hour["title"]) == ("api-hour", "wsgi:application on API-Hour")
        assert "--workers 1 --threads 3" in gunicorn["command_line"]
        for system in result["systems"]:
            [run] = system["runs"]
            assert run["result"]["requests_due"] == 50
            assert run["result"]["responses_by_status"] == {"200": run["result"]["responses_good"]}
            assert run["plan"]["url"].endswith("/a?b='c+d'")
        assert {key: result[key] for key in ("kind", "label")} == {"kind": "bench", "label": "two servers"}
        assert (result["suite"]["name"], result["suite"]["workers"]) == ("wsgi-application", 1)


def test_a_function_that_makes_the_application_is_found_to_be_one(applications: Path) -> None:
    words = ("bench", "--app", "asgi:make", "--directory", "shop", "--server", "uvicorn", "--workers", "1", *LOAD)

    with rush_hour_process(*words, directory=applications) as process:
        assert process.wait() in {0, 4}, process.err

    [result] = results_in(applications)
    [uvicorn] = result["systems"]
    assert uvicorn["status"] == "ok"
    assert uvicorn["command_line"].endswith(" --factory asgi:make")
    assert uvicorn["versions"]["uvicorn"] != "not installed"


def test_application_and_server_are_those_of_a_virtual_environment(applications: Path) -> None:
    programs = made_environment(applications / "env", gunicorn="0.1")
    server = programs / "gunicorn"
    server.write_text(f"#!{programs}/python\n{SERVER}")
    server.chmod(0o755)
    (applications / "shop" / "wsgi.py").write_text(f"import sys\nassert 'env' in sys.prefix\n{WSGI}")
    words = ("bench", "--app", "wsgi:application", "--directory", "shop", "--server", "gunicorn", "--venv", "env")

    with rush_hour_process(*words, *LOAD, directory=applications) as process:
        assert process.wait() in {0, 4}, process.err

    [result] = results_in(applications)
    [gunicorn] = result["systems"]
    assert gunicorn["versions"] == {"gunicorn": "0.1"}
    assert gunicorn["runs"][0]["result"]["requests_due"] == 50


def test_an_application_is_served_until_ctrl_c(applications: Path) -> None:
    words = ("serve", "--app", "asgi:make", "--directory", "shop", "--server", "uvicorn", "--workers", "1")

    with rush_hour_process(*words, directory=applications) as process:
        process.wait_until_it_says("Ctrl-C stops everything")
        said = re.fullmatch(r"uvicorn answers at http://127\.0\.0\.1:(\d+)/\n", process.out)
        assert said is not None
        with urllib.request.urlopen(f"http://127.0.0.1:{said[1]}/", timeout=TIMEOUT_S) as answer:
            assert answer.read() == b"hello"
        process.press_ctrl_c()

        assert process.wait() == 0
        process.wait_until_nothing_is_left()
