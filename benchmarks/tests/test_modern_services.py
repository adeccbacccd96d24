"""Each system of the modern suite that is installed here, started as the suite says, answers every request the same."""

import hashlib
import json
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from command_lines import BENCHMARKS, ENVIRONMENT, SUITE, TIMEOUT_S, running
from megabyte import MEGABYTE, make_file

from rush_hour.rig.suite.reading import read_suite
from rush_hour.rig.suite.system_spec import SystemSpec

make_file()
MODERN = read_suite(BENCHMARKS / "suites" / "modern.toml")
FIELDS = ("number", "extension", "context", "state_interface", "status", "extension_status", "paused")


@pytest.fixture(scope="module")
def upstream_url() -> Iterator[str]:
    """The upstream of `/wait`."""
    with running("python modern/upstream.py", directory=BENCHMARKS) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip().removeprefix("UPSTREAM_URL=")


@pytest.fixture(params=MODERN.systems, ids=lambda system: str(system.name))
def client(request: pytest.FixtureRequest, upstream_url: str, postgres_url: str) -> Iterator[httpx.Client]:
    """A client of one of the systems."""
    system: SystemSpec = request.param
    if not all(
        succeeds(requirement.command, BENCHMARKS / "suites" / system.directory) for requirement in system.requires
    ):
        pytest.skip(f"{system.name} is not installed here")
    command = f"rush-hour serve {system.name} --workers 2 --suite suites/modern.toml --database '{postgres_url}'"
    with running(command, directory=BENCHMARKS, UPSTREAM_URL=upstream_url) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if " answers at " in line:
                break
        else:
            pytest.fail("".join(said))
        url = said[-1].split(" answers at ")[1].strip()
        with httpx.Client(base_url=url, timeout=TIMEOUT_S) as client:
            yield client


def succeeds(command: str, directory: Path) -> bool:
    """Whether a program is there, and ends well."""
    try:
        ended = subprocess.run(shlex.split(command), cwd=directory, env=ENVIRONMENT, capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return ended.returncode == 0


@pytest.mark.timeout(2 * TIMEOUT_S)
def test_every_request_has_the_same_answer_from_all_systems(client: httpx.Client) -> None:
    answers = {
        "agents": client.get("/agents"),
        "json": client.get("/json"),
        "queries": client.get("/queries", params={"count": 20}),
        "update": client.put("/update", json={"presence": "busy"}),
        "updated": client.put("/update", json={"presence": "out for lunch"}),
        "upload": client.post("/upload", content=MEGABYTE, headers={"Content-Type": "application/octet-stream"}),
        "wait": client.get("/wait"),
    }
    down = client.get("/download")

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 200)
    for answer in answers.values():
        assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    assert digest_of(answers.pop("agents").json()) == published_digest()
    assert {name: answer.json() for name, answer in answers.items()} == {
        "json": {"hello": "world"},
        "queries": [{"id": number, "number": str(1000 + number)} for number in range(1, 21)],
        "update": {"presence": "busy"},
        "updated": {"presence": "out for lunch"},
        "upload": {"bytes": 1_000_000},
        "wait": {"upstream": "ready"},
    }
    assert (down.status_code, down.headers["Content-Type"].partition(";")[0]) == (200, "text/plain")
    assert down.content == MEGABYTE


def digest_of(agents: list[dict[str, str | None]]) -> str:
    """Return the digest of agents written as in the published comparison, in whatever order their members came."""
    assert all(set(agent) == set(FIELDS) for agent in agents)
    text = json.dumps([{name: agent[name] for name in FIELDS} for agent in agents], separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def published_digest() -> str:
    """Return the digest of the agents in the published comparison."""
    [agents] = tomllib.loads(SUITE.read_text())["requests"]
    return str(agents["expect"]["body"])


def test_all_have_the_same_workers_and_the_same_rights() -> None:
    assert {system.env["WORKERS"] for system in MODERN.systems} == {"{workers}"}
    assert {(system.workers, system.threads, system.venv) for system in MODERN.systems} == {(None, None, None)}
    for system in MODERN.systems:
        assert "{workers}" in system.command
        assert ("{threads}" in system.command) == ("psycopg" in system.packages and "uvicorn" not in system.packages)


def test_a_module_serves_each_and_none_is_left_over() -> None:
    modules = {path.stem for path in (BENCHMARKS / "modern").glob("on_*")}
    named = {module for module in modules for system in MODERN.systems if module in system.command}

    assert named == modules
    for system in MODERN.systems:
        assert any(module in system.command for module in modules), system.name


def test_the_megabyte_is_one() -> None:
    assert len(MEGABYTE) == 1_000_000
    assert MEGABYTE.splitlines()[1002] == b"000000002"
