"""The result file: what is written can be read, and holds to the schema that comes with the package."""

import copy
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from load_runs import plan_for
from scripted_server import ScriptedServer

from rush_hour.errors import UsageError
from rush_hour.load.run import run_load
from rush_hour.results.document import Document, MachineFacts, SuiteFacts, System
from rush_hour.results.evidence import ExplainedError
from rush_hour.results.file import json_schema, read_document, write_document
from rush_hour.results.resources import ProcessUsage, Resources, Usage, UsageRow
from rush_hour.results.run import LoadResult, PlanFacts, Run, Verdict

PACKAGE = Path(__file__).parents[2]
SCHEMA = files("rush_hour.results") / "document.schema.json"
WRITE_SCHEMA = (
    "write it again: python -c 'import json; from rush_hour.results.file import json_schema; "
    "print(json.dumps(json_schema(), indent=2))' > packages/rush-hour/src/rush_hour/results/document.schema.json"
)


MACHINE = MachineFacts(
    name="one", cpu="x", cores=2, memory_bytes=1, kernel="6", system="L", limits={"somaxconn": "4096"}
)


@pytest.fixture
def load(plan: PlanFacts, result: LoadResult) -> Document:
    """The document of one load."""
    run = Run(plan=plan, result=result, verdict=Verdict(trusted=True))
    return Document(
        schema_version=2,
        kind="load",
        label="before",
        commit="0123456789",
        command_line="rush-hour load http://127.0.0.1/",
        generators=[MACHINE],
        systems=[System(name=plan.url, title=plan.url, status="ok", runs=[run])],
        plan=run.plan,
        result=run.result,
        verdict=run.verdict,
    )


@pytest.fixture
def bench(plan: PlanFacts, result: LoadResult) -> Document:
    """The document of a bench with a system of each kind."""
    usage = Usage(
        cpu_s=1.5,
        max_rss_bytes=1000,
        processes=[ProcessUsage(pid=7, name="worker", cpu_s=1.5, max_rss_bytes=1000)],
        timeline=[UsageRow(at_s=1.0, cpu_s=1.5, rss_bytes=1000)],
    )
    run = Run(
        plan=plan,
        result=result,
        verdict=Verdict(trusted=True),
        started_at="2026-03-04T05:06:07+00:00",
        ended_at="2026-03-04T05:06:17+00:00",
        resources=Resources(server=usage, proxy=None, database=usage, generator=usage),
        others_cpu_s=0.1,
        others_cpu_ratio=0.01,
        explained_errors=[ExplainedError(role="proxy", program="nginx", count=2, what="it broke", sign="(111)")],
    )
    return Document(
        schema_version=2,
        kind="bench",
        started_at="2026-03-04T05:06:07+00:00",
        suite=SuiteFacts(name="s", title="S", path="s.toml", workers=2),
        machine=MACHINE,
        generators=[MACHINE],
        versions={"rush-hour": "1"},
        systems=[
            System(name="a", title="A", status="ok", notes=["port 1 was taken"], command_line="a --x", runs=[run, run]),
            System(name="b", title="B", status="failed", reason="it ended"),
        ],
    )


def refusal_of(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        read_document(path)
    return str(caught.value)


def test_a_load_is_read_as_it_was_written(tmp_path: Path, load: Document) -> None:
    write_document(tmp_path / "r.json", load)

    assert read_document(tmp_path / "r.json") == load


def test_a_bench_is_read_as_it_was_written(tmp_path: Path, bench: Document) -> None:
    write_document(tmp_path / "r.json", bench)

    assert read_document(tmp_path / "r.json") == bench


def test_a_file_of_a_later_version_is_refused(tmp_path: Path, load: Document) -> None:
    path = tmp_path / "r.json"
    write_document(path, load)
    path.write_text(path.read_text().replace('"schema_version": 2', '"schema_version": 3'))

    assert refusal_of(path) == (
        f"{path}: expected a result file of version 1 to 2, got version 3; "
        "read it with the release of Rush Hour that wrote it."
    )


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "Input data was truncated"),
        (b"{", "Input data was truncated"),
        (b"[]", "Expected `object`, got `array`"),
        (b"{}", "Object missing required field `schema_version`"),
        (b'{"schema_version": "1"}', "Expected `int`, got `str` - at `$.schema_version`"),
        (b'{"schema_version": 1}', "Object missing required field `kind`"),
        (b'{"schema_version": 1, "kind": "load"}', "it has no 'plan'"),
        (b'{"schema_version": 1, "kind": "bench"}', "it has no 'started_at'"),
        (b'{"schema_version": 1, "kind": "plan"}', "it has no 'started_at'"),
        (b'{"schema_version": 1, "kind": "load", "plan": 1, "result": 1, "verdict": 1}', "it has another form"),
        (b'{"schema_version": 2, "kind": "plan", "systems": []}', "Invalid enum value 'plan' - at `$.kind`"),
        (b'{"schema_version": 2, "kind": "load"}', "Object missing required field `systems`"),
    ],
)
def test_what_is_no_result_file_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(content)

    assert refusal_of(path) == f"{path}: expected a result file: {what}."


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    missing = tmp_path / "none.json"

    assert refusal_of(missing) == f"{missing}: the result cannot be read: No such file or directory."
    assert refusal_of(tmp_path) == f"{tmp_path}: the result cannot be read: Is a directory."


def test_the_schema_in_the_package_is_that_of_its_types() -> None:
    assert json.loads(SCHEMA.read_text()) == json_schema(), WRITE_SCHEMA


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


def faults_in(document: object) -> list[str]:
    return [error.message for error in Draft202012Validator(json.loads(SCHEMA.read_text())).iter_errors(document)]


@pytest.fixture
def real(serve: Callable[..., ScriptedServer], tmp_path: Path) -> dict[str, Any]:
    """The file of a real run, in which some answers were bad."""
    bad = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
    good = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    server = serve(lambda number: bad if number % 4 == 0 else None if number % 4 == 1 else good)
    run = run_load(plan_for(server.url, rate_per_s=100, duration_s=0.5, connections=4, processes=1))
    system = System(name="a", title="A", status="ok", runs=[run])
    write_document(tmp_path / "r.json", Document(schema_version=2, kind="load", systems=[system]))
    document = json.loads((tmp_path / "r.json").read_text())
    assert isinstance(document, dict)
    return document


def test_a_real_runs_file_holds_to_the_schema(real: dict[str, Any]) -> None:
    result = real["systems"][0]["runs"][0]["result"]
    assert result["responses_by_status"].keys() == {"200", "502"}
    assert result["errors"].keys() == {"read:EOF"}
    assert faults_in(real) == []


def test_a_bench_holds_to_the_schema(tmp_path: Path, bench: Document) -> None:
    write_document(tmp_path / "r.json", bench)

    assert faults_in(json.loads((tmp_path / "r.json").read_text())) == []


RUN = "systems.0.runs.0"


def damage(document: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Return a copy with one key changed, or removed for `...`."""
    damaged = copy.deepcopy(document)
    *tables, key = path.split(".")
    table: Any = damaged
    for name in tables:
        table = table[int(name) if name.isdigit() else name]
    if value is ...:
        del table[key]
    else:
        table[key] = value
    return damaged


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("schema_version", 1),
        ("kind", "party"),
        ("systems", ...),
        (f"{RUN}.plan", ...),
        (f"{RUN}.plan.colour", "red"),
        (f"{RUN}.result.requests_due", "100"),
        (f"{RUN}.result.requests_due", 0.5),
        (f"{RUN}.result.responses_by_status.200", None),
        (f"{RUN}.result.latency_us.p99_9", ...),
        (f"{RUN}.result.timeline.0.good", None),
        (f"{RUN}.verdict.trusted", "yes"),
    ],
)
def test_a_damaged_file_does_not_hold_to_the_schema(load: Document, tmp_path: Path, path: str, value: object) -> None:
    write_document(tmp_path / "r.json", load)
    whole = json.loads((tmp_path / "r.json").read_text())

    assert faults_in(whole) == []
    assert faults_in(damage(whole, path, value)) != []


@pytest.mark.parametrize(
    ("path", "value"),
    [("systems.0.status", "fine"), (f"{RUN}.resources.server", None), ("machine.cores", "2"), ("suite.name", ...)],
)
def test_a_damaged_bench_does_not_hold_to_the_schema(bench: Document, tmp_path: Path, path: str, value: object) -> None:
    write_document(tmp_path / "r.json", bench)
    whole = json.loads((tmp_path / "r.json").read_text())

    assert faults_in(whole) == []
    assert faults_in(damage(whole, path, value)) != []


def test_the_wheel_has_the_schema_and_all_of_the_page_in_it(tmp_path: Path) -> None:
    source = shutil.copytree(PACKAGE, tmp_path / "source", ignore=shutil.ignore_patterns("tests", "*.egg-info"))
    build = "import sys; from setuptools.build_meta import build_wheel; print(build_wheel(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", build, tmp_path], cwd=source, check=True, stdout=subprocess.DEVNULL)

    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("rush_hour/results/document.schema.json") == SCHEMA.read_bytes()
        names = set(archive.namelist())
    page = PACKAGE / "src" / "rush_hour" / "report" / "page"
    of_page = {file.relative_to(PACKAGE / "src").as_posix() for file in page.rglob("*.*") if file.suffix != ".pyc"}
    assert "rush_hour/py.typed" in names
    assert of_page <= names
    assert any(name.endswith("licenses/src/rush_hour/report/page/vendor/uplot/LICENSE") for name in names)
