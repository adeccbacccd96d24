"""`make modern`: its workloads, what it shows, and a short one of its benches."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import sample_documents
from command_lines import BENCHMARKS, ENVIRONMENT, TIMEOUT_S
from megabyte import make_file
from modern_figures import bad_answers_of, cells_of, failures_of, p99_ms, server_cpu_us
from modern_workloads import WORKLOADS
from upstream import BODY, HOW, check

from rush_hour.core.expectation import BadAnswer
from rush_hour.results.document import System
from rush_hour.results.file import read_document
from rush_hour.rig.suite.choosing import choose_requests
from rush_hour.rig.suite.reading import read_suite

SCRIPT = BENCHMARKS / "modern" / "modern.py"
make_file()
MODERN = read_suite(BENCHMARKS / "suites" / "modern.toml")


def modern(*options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(SCRIPT), *options]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)


def test_each_request_has_a_workload_of_its_own_and_the_last_two_have_all() -> None:
    alone = [one.requests for one in WORKLOADS if one.requests]

    assert alone == [(request.label,) for request in MODERN.requests]
    assert [one.name for one in WORKLOADS if not one.requests] == ["mix", "slow-clients"]
    for one in WORKLOADS:
        chosen = choose_requests(MODERN, one.requests).requests
        assert len(chosen) == (1 if one.requests else len(MODERN.requests))


@pytest.mark.timeout(3 * TIMEOUT_S)
def test_a_workload_is_benched_and_compared(tmp_path: Path) -> None:
    done = modern(
        *("--workload", "wait", "--workload", "mix", "--only", "api-hour", "--only", "starlette-api-hour"),
        *("-R", "100", "-d", "1s", "--warmup", "0", "-c", "10", "-w", "2", "--keep", str(tmp_path / "kept")),
    )

    assert done.returncode == 0, done.stdout + done.stderr
    heads = [line.split() for line in done.stdout.splitlines() if line.startswith("system ")]
    assert heads == [["system", "wait", "mix"]] * 2
    for workload in ("wait", "mix"):
        document = read_document(tmp_path / "kept" / workload / "result.json")
        assert {system.name: system.status for system in document.systems} == {
            "api-hour": "ok",
            "starlette-api-hour": "ok",
        }
        for system in document.systems:
            assert system.run is not None
            assert system.run.result.responses_good + system.run.result.unanswered_at_end == 100
        assert (tmp_path / "kept" / workload / "report.txt").stat().st_size > 0


@pytest.mark.timeout(3 * TIMEOUT_S)
def test_beside_slow_clients_answers_are_good(tmp_path: Path) -> None:
    done = modern(
        *("--workload", "slow-clients", "--only", "api-hour"),
        *("-R", "50", "-d", "2s", "--warmup", "0", "-c", "10", "-w", "2", "--keep", str(tmp_path / "kept")),
    )
    if "expected nothing there" in done.stderr:
        pytest.skip("its port is taken")

    assert done.returncode == 0, done.stdout + done.stderr
    [said] = [line for line in done.stderr.splitlines() if "slow clients at the most" in line]
    assert int(said.split()[0]) > 0
    [system] = read_document(tmp_path / "kept" / "slow-clients" / "result.json").systems
    assert system.run is not None
    assert system.run.result.first_bad is None


def test_an_unknown_workload_is_refused_with_those_that_are_known() -> None:
    done = modern("--workload", "dance")

    assert done.returncode == 2
    assert "invalid choice: 'dance' (choose from " in done.stderr


def test_the_suite_alone_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UPSTREAM_URL", raising=False)
    assert check() == f"UPSTREAM_URL: expected the address of the upstream of /wait, got '': {HOW}."
    monkeypatch.setenv("UPSTREAM_URL", "http://127.0.0.1:1/")
    refused = check()
    assert refused is not None
    assert refused.startswith("UPSTREAM_URL: expected an upstream at http://127.0.0.1:1/: ")
    assert BODY == b'{"upstream":"ready"}'


@pytest.fixture
def good() -> System:
    """A system whose answers were all good."""
    system = sample_documents.system("flask", 1)
    assert system.run is not None
    result = replace(system.run.result, requests_due=1000, responses_good=1000, first_bad=None)
    run = replace(system.run, result=result, verdict=replace(system.run.verdict, trusted=True))
    return replace(system, runs=[run])


def test_cells_have_figures_where_a_system_holds_and_else_what_became_of_it(good: System) -> None:
    assert good.run is not None
    slow = replace(good.run, result=replace(good.run.result, responses_good=730))
    doubtful = replace(good.run, verdict=replace(good.run.verdict, trusted=False))
    systems = [
        good,
        replace(good, name="slow", runs=[slow]),
        replace(good, name="doubtful", runs=[doubtful]),
        replace(good, name="robyn", status="unavailable", reason="no module", runs=[]),
    ]
    documents = {"json": sample_documents.bench(*systems), "wait": sample_documents.bench(good)}

    latency = good.run.result.latency_us
    assert latency is not None
    p99 = f"{latency.p99 / 1000:,.0f}" if latency.p99 >= 100_000 else f"{latency.p99 / 1000:.3g}"
    assert cells_of(documents, p99_ms) == {
        "flask": [p99, p99],
        "slow": ["73%", "-"],
        "doubtful": [f"~{p99}", "-"],
        "robyn": ["unavailable", "-"],
    }
    cpu_us = good.run.cpu_us_per_good_answer("server")
    assert server_cpu_us(good.run) == cpu_us


def test_what_failed_and_what_answered_badly_is_told_and_what_is_not_installed_is_not(good: System) -> None:
    assert good.run is not None
    bad = BadAnswer(status=500, differs="status", what="status 500, expected 200", begins="oops", request="wait")
    wrong = replace(good.run, result=replace(good.run.result, first_bad=bad))
    document = sample_documents.bench(
        good,
        replace(good, name="wrong", runs=[wrong]),
        replace(good, name="gone", status="failed", reason="it ended.\nwith a log", runs=[]),
        replace(good, name="robyn", status="unavailable", reason="no module", runs=[]),
    )

    assert failures_of("wait", document) == ["wait on gone: failed: it ended."]
    assert bad_answers_of("wait", document) == [
        "wait on wrong: the first bad answer, to wait: status 500, expected 200"
    ]
