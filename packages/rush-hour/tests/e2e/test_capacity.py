"""Capacities of real servers, whose capacity is known: nothing is pretended here."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from commands.in_process import Said, rush_hour
from e2e.rush_hour_process import rush_hour_process
from e2e.small_systems import write_suite
from scripted_server import OK, ScriptedServer

from rush_hour.results.capacity import Capacity
from rush_hour.results.document import Document
from rush_hour.results.file import read_document

Capture = pytest.CaptureFixture[str]
Serve = Callable[..., ScriptedServer]
SHORT = ("--budget", "40s", "--step", "2s", "--confirm", "4s", "-t", "1", "--warmup", "200ms")
pytestmark = [pytest.mark.alone, pytest.mark.timeout(240)]


class TokenBucket:
    """Lets so many requests a second through; the others wait."""

    def __init__(self, allowed_per_s: float) -> None:
        self._gap_s = 1 / allowed_per_s
        self._next_at_s = 0.0
        self._lock = threading.Lock()

    def answer(self, _number: int) -> bytes:
        with self._lock:
            now_s = time.monotonic()
            self._next_at_s = max(self._next_at_s, now_s - 2 * self._gap_s) + self._gap_s
            wait_s = self._next_at_s - now_s
        if wait_s > 0:
            time.sleep(wait_s)
        return OK


def measured(capsys: Capture, path: Path, *arguments: str | Path) -> tuple[Said, Document, Capacity]:
    said = rush_hour(capsys, "capacity", *arguments, "--json", path / "r.json")
    assert (path / "r.json").exists(), said.err
    document = read_document(path / "r.json")
    assert document.capacity is not None
    return said, document, document.capacity


def test_the_capacity_of_a_token_bucket_is_its_rate(capsys: Capture, serve: Serve, tmp_path: Path) -> None:
    server = serve(TokenBucket(200.0).answer)

    said, document, found = measured(capsys, tmp_path, server.url, *SHORT)

    assert found.rate_per_s == pytest.approx(200, rel=0.1), said.err
    assert found.low_per_s is not None
    assert found.high_per_s is not None
    assert found.low_per_s <= 205
    assert found.high_per_s >= 195
    assert any(run.is_ended_early or not run.result.holds for run in document.systems[0].runs)


def test_connections_that_may_not_be_more_limit_a_server_of_a_fixed_service_time(
    capsys: Capture, serve: Serve, tmp_path: Path
) -> None:
    def slow(_number: int) -> bytes:
        time.sleep(0.05)
        return OK

    server = serve(slow)

    said, _, found = measured(capsys, tmp_path, server.url, *SHORT, "--max-connections", "10")

    assert found.rate_per_s == pytest.approx(200, rel=0.1), said.err
    assert found.gave_first is not None
    assert found.gave_first.code == "connections"


def test_connections_are_raised_to_what_a_slow_server_needs(capsys: Capture, serve: Serve, tmp_path: Path) -> None:
    def slow(_number: int) -> bytes:
        time.sleep(0.1)
        return OK

    server = serve(slow)

    said, document, found = measured(
        capsys, tmp_path, server.url, *SHORT, "-c", "5", "--max-rate", "150", "--slo", "p99 < 1s, good >= 99%"
    )

    assert (found.at_least, found.ceiling, found.rate_per_s) == (True, "max-rate", 150.0), said.err
    assert max(run.plan.connections for run in document.systems[0].runs if run.plan.rate_per_s) >= 20
    assert any(note.startswith("connections were raised from 5 to ") for note in found.notes)


def test_a_generator_that_can_offer_no_more_gives_a_lower_bound(capsys: Capture, serve: Serve, tmp_path: Path) -> None:
    server = serve()
    script = tmp_path / "slow.py"
    script.write_text(
        "import time\n\n\n"
        "def request(number):\n"
        "    until = time.perf_counter() + 0.01\n"
        "    while time.perf_counter() < until:\n"
        "        pass\n"
        "    return '/agents'\n"
    )

    said, _, found = measured(
        capsys,
        tmp_path,
        server.url,
        *SHORT[2:],
        "--budget",
        "90s",
        "--script",
        script,
        "--slo",
        "p99 < 250ms, good > 99%",
    )

    assert (found.at_least, found.ceiling) == (True, "generator"), said.err
    assert said.out.splitlines()[0].endswith("; the load generator can offer no more.")


def test_an_objective_that_no_rate_meets_fails_at_the_lowest(capsys: Capture, serve: Serve, tmp_path: Path) -> None:
    def slow(_number: int) -> bytes:
        time.sleep(0.03)
        return OK

    server = serve(slow)

    said, _, found = measured(capsys, tmp_path, server.url, *SHORT, "--slo", "p50 < 10ms")

    assert (said.code, found.ending, found.rate_per_s) == (0, "fails", None)
    assert said.out.startswith("No rate was found with p50 < 10ms; at ")


def test_a_system_of_a_suite_is_started_watched_and_stopped(capsys: Capture, tmp_path: Path) -> None:
    command = (
        'name = "one"\ntitle = "One"\ncommand = "python -I -S server.py {port} fine"\nport = 8000\ngrace = "300ms"\n'
    )
    suite = write_suite(tmp_path, f"\n[[systems]]\n{command}")

    said, document, found = measured(capsys, tmp_path, "--suite", suite, "--system", "one", *SHORT, "--max-rate", "300")

    [system] = document.systems
    assert (system.name, system.title, system.status) == ("one", "One", "ok")
    assert found.rate_per_s is not None, said.err
    assert all(run.resources is not None for run in system.runs)
    assert document.suite is not None
    assert document.suite.name == "small"


def test_ctrl_c_leaves_what_was_found_and_no_process(serve: Serve, tmp_path: Path) -> None:
    server = serve(TokenBucket(200.0).answer)
    result = tmp_path / "r.json"

    with rush_hour_process("capacity", server.url, *SHORT, "--json", result, directory=tmp_path) as rush_hour:
        rush_hour.wait_until_it_says("closed loop of 10")
        rush_hour.press_ctrl_c()
        assert rush_hour.wait() == 130
        rush_hour.wait_until_nothing_is_left()

    document = read_document(result)
    assert document.capacity is not None
    assert document.capacity.ending == "interrupted"
    assert [step.purpose for step in document.capacity.steps][:2] == ["alone", "burst"]
    assert rush_hour.out.splitlines()[0].endswith("the search was interrupted.")
