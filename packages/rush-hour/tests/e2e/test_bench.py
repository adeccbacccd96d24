"""Whole benches, of systems that are fine and of systems that are not, ended in every way. No test asserts a time."""

import json
import re
import signal
import socket
from pathlib import Path
from typing import Any

import pytest
from e2e.rush_hour_process import RushHourProcess, rush_hour_process
from e2e.small_systems import DATABASE, absent, system, write_suite
from jsonschema import Draft202012Validator
from rig.deadlines import TIMEOUT_S, wait_for

from rush_hour.results.file import json_schema

SOON = f'ready_timeout = "{TIMEOUT_S / 10:g}s"'
LATE = f'ready_timeout = "{10 * TIMEOUT_S:g}s"'
PREPARE = 'prepare = ["sleep 1000"]\n'
FOREVER = f"{10 * TIMEOUT_S:g}s"

pytestmark = pytest.mark.timeout(6 * TIMEOUT_S)


def result_in(output: Path) -> dict[str, Any]:
    document = json.loads((output / "result.json").read_text())
    Draft202012Validator(json_schema()).validate(document)
    assert isinstance(document, dict)
    return document


def statuses_in(output: Path) -> dict[str, str]:
    return {entry["name"]: entry["status"] for entry in result_in(output)["systems"]}


def assert_answered_well(result: dict[str, Any]) -> None:
    """See that all was asked for and each answer was good; a busy machine may leave some for after the end."""
    assert result["requests_due"] == 100
    assert result["responses_by_status"] == {"200": result["responses_good"]}
    assert result["errors"] == {}
    assert result["goodput_per_s"] > 0


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Bench:
    """What is left of a bench of systems of every kind."""

    def __init__(self, directory: Path) -> None:
        self.port = a_free_port()
        suite = write_suite(
            directory,
            system("fine", "fine", self.port),
            system("silent", "silent", self.port, SOON),
            absent("absent"),
            system("mortal", "mortal", self.port),
            system("twice", "twice", self.port),
            system("other", "other", self.port),
            system("last", "fine", self.port),
        )
        self.output = directory / "out"
        with rush_hour_process("bench", suite, "--output", self.output, directory=directory) as process:
            process.wait_until_it_says("\nfine: ")
            self.names_after_the_first = list(statuses_in(self.output))
            process.run_directories()
            self.code = process.wait()
            process.wait_until_nothing_is_left()
            self.out, self.err = process.out, process.err
        self.document = result_in(self.output)
        self.systems = {entry["name"]: entry for entry in self.document["systems"]}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A bench that went through all its systems."""
    return Bench(tmp_path_factory.mktemp("bench"))


def test_every_system_has_its_entry_whatever_became_of_the_others(bench: Bench) -> None:
    assert {name: entry["status"] for name, entry in bench.systems.items()} == {
        "fine": "ok",
        "silent": "failed",
        "absent": "unavailable",
        "mortal": "failed",
        "twice": "failed",
        "other": "failed",
        "last": "ok",
    }
    assert bench.code == 1


def test_a_system_that_is_fine_answers_every_request(bench: Bench) -> None:
    for name in ("fine", "last"):
        [run] = bench.systems[name]["runs"]
        resources = run["resources"]
        assert_answered_well(run["result"])
        assert run["plan"]["url"] == f"http://127.0.0.1:{bench.port}/agents"
        assert resources["server"]["max_rss_bytes"] > 1_000_000
        assert resources["generator"]["cpu_s"] > 0
        assert (resources["proxy"], resources["database"]) == (None, None)
        assert bench.systems[name]["reason"] is None
        assert "server.py" in bench.systems[name]["command_line"]
        assert [process["name"] for process in resources["server"]["processes"]] == ["python"]
        assert sum(row["cpu_s"] for row in resources["server"]["timeline"]) == pytest.approx(
            resources["server"]["cpu_s"], abs=1e-4
        )
        assert (bench.output / f"{name}.hlog").stat().st_size > 0


def test_reasons_have_the_end_of_the_log(bench: Bench) -> None:
    reasons = {name: entry["reason"] for name, entry in bench.systems.items() if entry["reason"]}
    wait = SOON.split('"')[1].removesuffix("s")

    assert reasons == {
        "silent": (
            f"silent was not ready after {wait} s: URL: unable to connect to 127.0.0.1:{bench.port}: "
            "Connection refused.\nloading"
        ),
        "absent": "no compiler. Install one.",
        "other": (
            "other has given the same wrong answer for 2 s: requests[0]: expected the body that the first "
            "system answered for /agents, got a body that differs from byte 0 on (5 bytes, expected 5): b'other', "
            "expected b'hello'\nserving"
        ),
        "mortal": "the server ended with exit code 9 under load.\nserving\nout of memory",
        "twice": "the server ended with exit code 8 under load.\nserving\ntwice is enough",
    }


def test_the_result_is_written_after_each_system(bench: Bench) -> None:
    assert bench.names_after_the_first[0] == "fine"
    assert len(bench.names_after_the_first) < len(bench.systems)


def test_the_end_of_each_log_is_in_the_result(bench: Bench) -> None:
    logs = {name: entry["logs"] for name, entry in bench.systems.items()}

    assert logs["absent"] == []
    lines = [{"number": 1, "text": "serving"}, {"number": 2, "text": "out of memory"}]
    assert logs["mortal"] == [{"role": "server", "name": "mortal.log", "lines": lines, "lines_total": 2}]
    assert logs["fine"] == [{"role": "server", "name": "fine.log", "lines": lines[:1], "lines_total": 1}]
    assert bench.systems["fine"]["runs"][0]["explained_errors"] == []


def without_business(err: str) -> str:
    """Return what a bench says, but for whether the machine was busy when it began."""
    return re.sub(r"\A\d+ % busy: figures will not be trusted; go on in 5 s, Ctrl-C to stop\n", "", err)


def test_the_report_and_the_progress_name_every_system(bench: Bench) -> None:
    for name, entry in bench.systems.items():
        assert f"\n{name} " in bench.out
        if entry["reason"]:
            assert f"\n! {name}: {entry['reason'].splitlines()[0]}\n" in bench.out
            assert f"\n{name}: {entry['status']}: {entry['reason'].splitlines()[0]}\n" in bench.err
    assert without_business(bench.err).startswith(
        "[1/7] fine: starting\n[1/7] fine: connecting\n[1/7] fine: measuring\nfine: "
    )


def test_the_log_of_each_system_that_ran_is_kept(bench: Bench) -> None:
    assert (bench.output / "logs" / "mortal.log").read_text() == "serving\nout of memory\n"
    assert {path.stem for path in (bench.output / "logs").iterdir()} == set(bench.systems) - {"absent"}


def test_the_bench_of_systems_that_are_fine_is_exit_code_0_unless_it_says_not_to_trust_it(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, system("fine", "fine", a_free_port()), absent("absent"))

    with rush_hour_process("bench", suite, "--output", "out", "--warmup", "300ms", directory=tmp_path) as process:
        code = process.wait()

    [fine, _] = result_in(tmp_path / "out")["systems"]
    assert code == (0 if fine["runs"][0]["verdict"]["trusted"] else 4), process.err
    assert_answered_well(fine["runs"][0]["result"])


def interrupted(process: RushHourProcess, when: str) -> None:
    """Press Ctrl-C as soon as the process says `when`, and see that it ends, and all of it."""
    process.wait_until_it_says(when)
    process.press_ctrl_c()

    assert process.wait() == 130, process.err
    assert process.err.endswith("rush-hour: interrupted.\n")
    assert process.run_directories()
    assert not any(path.exists() for path in process.run_directories())
    process.wait_until_nothing_is_left()


@pytest.mark.parametrize(
    ("tables", "options", "when"),
    [
        ((DATABASE, absent("first")), (), "starting PostgreSQL"),
        ((absent("first"), system("second", "silent", 8000, LATE)), (), "[2/2] second: starting"),
        ((PREPARE, absent("first")), (), "preparing: sleep 1000"),
        ((absent("first"), system("second", "fine", 8000, PREPARE)), (), "[2/2] second: preparing: sleep 1000"),
        ((absent("first"), system("second", "fine", 8000)), (), "[2/2] second: connecting"),
        ((absent("first"), system("second", "fine", 8000)), ("--warmup", FOREVER), "[2/2] second: warming up"),
        ((absent("first"), system("second", "counting", 8000)), ("-d", FOREVER), "[2/2] second: measuring"),
    ],
    ids=["database-start", "system-start", "suite-prepare", "system-prepare", "connecting", "warm-up", "load"],
)
def test_ctrl_c_in_any_phase_leaves_the_finished_systems_and_nothing_else(
    tmp_path: Path, tables: tuple[str, ...], options: tuple[str, ...], when: str
) -> None:
    suite = write_suite(tmp_path, *tables)
    output = tmp_path / "out"

    with rush_hour_process("bench", suite, "--output", output, *options, directory=tmp_path) as process:
        if "measuring" in when:
            log = output / "logs" / "second.log"
            wait_for(lambda: log.exists() and "thirty requests" in log.read_text(), "something to report")
        interrupted(process, when)

    if "second" in when:
        under_load = {"second": "interrupted"} if "measuring" in when else {}
        assert statuses_in(output) == {"first": "unavailable"} | under_load
        assert "\nfirst " in process.out
    else:
        assert not (output / "result.json").exists()


def test_what_was_measured_before_ctrl_c_is_in_the_result_and_in_the_report(tmp_path: Path) -> None:
    suite = write_suite(
        tmp_path, system("first", "fine", a_free_port()), system("second", "silent", a_free_port(), LATE)
    )

    with rush_hour_process("bench", suite, "--output", "out", directory=tmp_path) as process:
        interrupted(process, "[2/2] second: starting")

    [first] = result_in(tmp_path / "out")["systems"]
    assert_answered_well(first["runs"][0]["result"])
    assert "\nfirst " in process.out


def test_what_was_measured_of_the_system_under_load_is_reported_too(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, system("only", "counting", a_free_port()))
    log = tmp_path / "out" / "logs" / "only.log"

    with rush_hour_process("bench", suite, "--output", "out", "-d", FOREVER, directory=tmp_path) as process:
        process.wait_until_it_says("measuring")
        wait_for(lambda: "thirty requests" in log.read_text(), "something to report")
        interrupted(process, "measuring")

    [only] = result_in(tmp_path / "out")["systems"]
    assert only["runs"][0]["result"]["responses_good"] > 0
    assert only["status"] == "interrupted"
    assert re.fullmatch(r"interrupted after \d+\.\d of \d+ s: the rest was not measured\.", only["reason"])
    assert process.out.count(f"\n! {only['reason']}\n") == 1
    assert re.search(r"^only +(interrupted|do not trust) ", process.out, re.MULTILINE)


def test_impatience_does_not_leave_anything_behind(tmp_path: Path) -> None:
    """Ctrl-C again and again, while a system that ignores SIGTERM is being stopped."""
    suite = write_suite(tmp_path, system("stubborn", "stubborn", a_free_port()))

    with rush_hour_process("bench", suite, "--output", "out", "-d", FOREVER, directory=tmp_path) as process:
        process.wait_until_it_says("measuring")
        wait_for(lambda: any(command.startswith("sleep 1000") for command in process.commands()), "its daemon")
        for _ in range(3):
            process.press_ctrl_c()

        assert process.wait() == 130
        process.wait_until_nothing_is_left()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_everything_ends_with_the_rig(tmp_path: Path, number: signal.Signals) -> None:
    """PostgreSQL, nginx, a server that ignores SIGTERM and has a daemon, and the load generator."""
    front = f'front = {{ protocol = "http", port = {a_free_port()} }}'
    suite = write_suite(tmp_path, DATABASE, system("stubborn", "stubborn", a_free_port(), front))

    with rush_hour_process("bench", suite, "--output", "out", "-d", FOREVER, directory=tmp_path) as process:
        process.wait_until_it_says("measuring")
        [directory] = process.run_directories()
        wait_for(lambda: any(command.startswith("sleep 1000") for command in process.commands()), "its daemon")
        commands = "\n".join(process.commands())
        for part in (
            f"-D {directory}/postgres/data",
            "nginx: worker",
            "server.py",
            "rush_hour.load.local.child",
            "--remove",
        ):
            assert part in commands

        process.process.send_signal(number)

        assert process.wait() == (130 if number == signal.SIGTERM else -signal.SIGKILL)
        process.wait_until_nothing_is_left()
        assert not directory.exists()


def test_two_benches_at_once_do_not_collide(tmp_path: Path) -> None:
    port = a_free_port()
    suite = write_suite(tmp_path, system("same", "fine", port))

    with rush_hour_process("bench", suite, "--output", "one", "-d", FOREVER, directory=tmp_path) as one:
        one.wait_until_it_says("measuring")
        with rush_hour_process("bench", suite, "--output", "other", directory=tmp_path) as other:
            assert other.wait() in {0, 4}, other.err
        interrupted(one, "measuring")

    [same] = result_in(tmp_path / "other")["systems"]
    assert same["status"] == "ok"
    assert_answered_well(same["runs"][0]["result"])
    used = same["runs"][0]["plan"]["url"].removeprefix("http://127.0.0.1:").removesuffix("/agents")
    assert same["notes"] == [f"port {port} was taken: {used} was used."]
    assert f"\n! port {port} was taken: {used} was used.\n" in other.out


def test_a_suites_profile_is_followed_by_every_system(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, *(system(name, "fine", a_free_port()) for name in ("first", "second")))
    text = suite.read_text().replace("rate = 100", 'profile = "day.toml"').replace('duration = "1s"\n', "")
    suite.write_text(text)
    day = '[[phases]]\nrate = 50\nduration = "400ms"\n[[phases]]\nfrom = 50\nto = 150\nduration = "400ms"\n'
    (tmp_path / "day.toml").write_text(day)

    with rush_hour_process("bench", suite, "--output", "out", directory=tmp_path) as process:
        assert process.wait() in {0, 4}

    for one in result_in(tmp_path / "out")["systems"]:
        [run] = one["runs"]
        assert run["plan"]["profile"]["text"] == "day.toml"
        assert [(phase["name"], phase["due"]) for phase in run["result"]["phases"]] == [
            ("phase 1", 20),
            ("phase 2", 40),
        ]
        assert f"\n{one['name']}, phases\nphase " in process.out


def test_a_mistake_in_a_suite_is_told_before_anything_starts(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, DATABASE, system("fine", "fine", a_free_port(), "threads = 0\n"))
    line = 1 + next(number for number, text in enumerate(suite.read_text().splitlines()) if text == "threads = 0")

    with rush_hour_process("bench", suite, "--output", "out", directory=tmp_path) as process:
        assert process.wait() == 2

    assert process.out == ""
    assert process.err == f"rush-hour: {suite}:{line}: systems[0].threads: expected a number above 0, got 0.\n"
    assert not (tmp_path / "out").exists()


def test_what_prepares_the_suite_ends_the_bench_when_it_fails(tmp_path: Path) -> None:
    suite = write_suite(
        tmp_path, """prepare = ["sh -c 'echo no such table; exit 4'"]\n""", system("fine", "fine", 8000)
    )

    with rush_hour_process("bench", suite, "--output", "out", directory=tmp_path) as process:
        assert process.wait() == 3
        process.wait_until_nothing_is_left()

    assert without_business(process.err) == (
        "preparing: sh -c 'echo no such table; exit 4'\n"
        "rush-hour: prepare: sh -c 'echo no such table; exit 4': exit code 4.\nno such table\n"
    )


def test_a_matrix_makes_systems_with_names_loads_and_files_of_their_own(tmp_path: Path) -> None:
    port = a_free_port()
    matrix = "\n[matrix]\nmanner = ['fine', 'counting']\nrate = [50, 100]\nexclude = [{ manner = 'fine', rate = 50 }]\n"
    suite = write_suite(tmp_path, matrix, system("small", "{manner}", port))

    with rush_hour_process("bench", suite, "--output", "out", "--only", "*rate=*", directory=tmp_path) as process:
        assert process.wait() in {0, 4}, process.err

    systems = {entry["name"]: entry for entry in result_in(tmp_path / "out")["systems"]}
    assert {name: entry["runs"][0]["result"]["requests_due"] for name, entry in systems.items()} == {
        "small-manner=fine-rate=100": 100,
        "small-manner=counting-rate=50": 50,
        "small-manner=counting-rate=100": 100,
    }
    assert systems["small-manner=counting-rate=50"]["title"] == "small (manner counting, rate 50)"
    assert {path.name for path in (tmp_path / "out").glob("*.hlog")} == {f"{name}.hlog" for name in systems}
