"""Each command line of the published comparison, typed as it was published, serves the service."""

import hashlib
import json
import tomllib
import urllib.request
from collections.abc import Callable

import pytest
from command_lines import SUITE

pytestmark = pytest.mark.alone  # the commands name their ports, which systems of other tests may want

COMMANDS = {
    "django-meinheld": (
        (
            "gunicorn --workers 16 -b 0.0.0.0:8004 -k meinheld.gmeinheld.MeinheldWorker -b unix:/tmp/django.sock "
            "benchmarks.wsgi"
        ),
        "django/project",
        8004,
    ),
    "django-uwsgi": ("uwsgi --ini ../uwsgi.ini --processes 16 --wsgi benchmarks.wsgi", "django/project", 8004),
    "flask-meinheld": (
        (
            "gunicorn --workers 16 -b 0.0.0.0:8000 -k meinheld.gmeinheld.MeinheldWorker -b unix:/tmp/flask.sock "
            "application:app"
        ),
        "flask",
        8000,
    ),
    "flask-uwsgi": ("uwsgi --ini uwsgi.ini --processes 16 --wsgi application:app", "flask", 8000),
    "api-hour": ("api_hour -ac -b unix:/tmp/api_hour.sock -b 0.0.0.0:8008 benchmarks:Container", "api_hour", 8008),
}


def fetch(url: str) -> tuple[str, bytes]:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310  # a server that the test started
        assert answer.status == 200
        return answer.headers["Content-Type"], answer.read()


@pytest.mark.parametrize("system", COMMANDS)
def test_a_published_command_serves_the_agents_and_the_index(
    system: str, serve: Callable[[str, str, int], str]
) -> None:
    if "meinheld" in system:
        pytest.importorskip("meinheld", reason="Meinheld could not be compiled here")
    url = serve(*COMMANDS[system])

    content_type, body = fetch(f"{url}/agents")

    assert content_type == "application/json"
    [agents] = tomllib.loads(SUITE.read_text())["requests"]
    assert agents["expect"] == {"body": f"sha256:{hashlib.sha256(body).hexdigest()}"}
    assert fetch(f"{url}/index") == ("application/json", b'{"hello":"world"}')


def test_the_agents_are_those_of_a_call_centre(serve: Callable[[str, str, int], str]) -> None:
    """50 agents, half of them logged in; the last three fields are constants of the query."""
    url = serve(*COMMANDS["api-hour"])

    agents = json.loads(fetch(f"{url}/agents")[1])

    assert len(agents) == 50
    assert {tuple(agent) for agent in agents} == {
        ("number", "extension", "context", "state_interface", "status", "extension_status", "paused")
    }
    assert {(agent["status"], agent["extension_status"], agent["paused"]) for agent in agents} == {
        ("offline", "-1", "0")
    }
    logged_in = [agent for agent in agents if agent["extension"] is not None]
    assert len(logged_in) == 25
    assert all(agent["context"] and agent["state_interface"] for agent in logged_in)
