"""Documents of every version that there was: files that were written then are read for ever."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rush_hour.results.document import SCHEMA_VERSION, Document
from rush_hour.results.file import read_document, write_document
from rush_hour.results.run import Run

DOCUMENTS = Path(__file__).with_name("documents")
ADDED: dict[str, object] = {  # to results since then
    "requests": [], "responses_bad_by_status": {}, "slowest": [], "phases": [],
}  # fmt: skip
FILES = sorted(DOCUMENTS.glob("*.json"))


def raw(name: str) -> Any:
    return json.loads((DOCUMENTS / name).read_text())


def result_since(result: dict[str, Any]) -> dict[str, Any]:
    """A result as it is read now: with what was added since."""
    timeline = [row | {"histogram_us": None} for row in result["timeline"]]
    generator = result["generator"] | {"busiest_process_busy_ratio": None}
    return result | ADDED | {"timeline": timeline, "generator": generator}


def run_of(document: Document, number: int) -> Run:
    [run] = document.systems[number].runs
    return run


def test_there_is_a_file_of_each_kind_and_version() -> None:
    assert {file.stem for file in FILES} == {
        f"{kind}-{version}" for kind in ("load", "bench") for version in range(1, SCHEMA_VERSION + 1)
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_of_any_version_is_read_and_written_again_in_the_present_one(file: Path, tmp_path: Path) -> None:
    document = read_document(file)
    write_document(tmp_path / "r.json", document)

    assert document.schema_version == SCHEMA_VERSION
    assert document.kind == file.stem.partition("-")[0]
    assert document.systems
    assert read_document(tmp_path / "r.json") == document


def test_a_load_of_version_1_keeps_all_that_it_had() -> None:
    old, document = raw("load-1.json"), read_document(DOCUMENTS / "load-1.json")

    run = run_of(document, 0)
    written = msgspec.to_builtins(run)
    assert written["result"] == result_since(old["result"])
    assert (written["plan"], written["verdict"]) == (old["plan"] | {"profile": None}, old["verdict"])
    assert (document.plan, document.result, document.verdict) == (run.plan, run.result, run.verdict)
    assert (document.machine, document.generators, run.resources, run.started_at) == (None, [], None, None)
    assert document.systems[0].name == old["plan"]["url"]


def test_a_bench_of_version_1_keeps_all_that_it_had() -> None:
    old, document = raw("bench-1.json"), read_document(DOCUMENTS / "bench-1.json")

    written = msgspec.to_builtins(document)
    assert {key: written[key] for key in ("started_at", "versions")} == {
        key: old[key] for key in ("started_at", "versions")
    }
    assert written["suite"] == old["suite"] | {"published": [], "threads": None, "digests": {}}
    assert written["machine"] == old["machine"] | {"name": None, "health": None}
    assert document.generators == [document.machine]
    for number, system in enumerate(old["systems"]):
        run = run_of(document, number)
        assert msgspec.to_builtins(run.result) == result_since(system["load"]["result"])
        assert run.others_cpu_s == system["others_cpu_s"]
        assert run.resources is not None
        assert run.resources.server.cpu_s == system["resources"]["server"]["cpu_s"]
        for key in ("name", "title", "status", "reason", "notes", "versions"):
            assert written["systems"][number][key] == system[key]


def test_a_system_that_was_not_measured_has_no_runs(tmp_path: Path) -> None:
    old = raw("bench-1.json")
    for key in ("load", "resources", "others_cpu_s"):
        old["systems"][0][key] = None
    old["systems"][0] |= {"status": "failed", "reason": "it ended."}
    (tmp_path / "r.json").write_text(json.dumps(old))

    first, second = read_document(tmp_path / "r.json").systems
    assert (first.status, first.reason, first.runs, first.run) == ("failed", "it ended.", [], None)
    assert second.run is not None


def test_a_run_that_was_cut_short_is_known_by_its_doubt(tmp_path: Path) -> None:
    old = raw("load-1.json")
    old["verdict"]["warnings"].append({"code": "interrupted", "message": "interrupted.", "hint": "no"})
    (tmp_path / "r.json").write_text(json.dumps(old))

    document = read_document(tmp_path / "r.json")
    assert document.systems[0].status == "interrupted"
    assert run_of(document, 0).is_interrupted
