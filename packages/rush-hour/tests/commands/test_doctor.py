"""`rush-hour doctor`: what it says, measures, refuses, and its exit codes."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from commands.in_process import rush_hour
from judge.health.made_machines import FIT, QUIET
from rig.environments import made_environment

from rush_hour.commands import doctor as command
from rush_hour.judge.health.facts import MachineState
from rush_hour.judge.health.noise import Noise

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def no_servers_of_ones_own(tmp_path: Path, monkeypatch: Patch) -> None:
    """The catalogue is the package's."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def pretend(
    monkeypatch: Patch, state: MachineState = FIT, *, busy_ratio: float = 0.0, noise: Noise = QUIET
) -> list[float]:
    """Let the machine be another one; return how long it is calibrated."""
    calibrated_s: list[float] = []

    def measure(duration_s: float, _cpus: object, on_second: object) -> Noise:
        assert callable(on_second)
        on_second(0.0)
        calibrated_s.append(duration_s)
        return noise

    monkeypatch.setattr(command, "look", lambda: state)
    monkeypatch.setattr(command, "busy_ratio", lambda _look: busy_ratio)
    monkeypatch.setattr(command, "measure_noise", measure)
    return calibrated_s


def test_of_a_fit_machine_the_answer_is_one_sentence(capsys: Capture, monkeypatch: Patch) -> None:
    calibrated_s = pretend(monkeypatch)

    said = rush_hour(capsys, "doctor")

    assert said.code == 0
    assert said.err == f"calibrating on {len(os.sched_getaffinity(0))} cores for 10 s\n"
    lines = said.out.splitlines()
    assert lines[:3] == ["This machine measures well.", "", lines[2]]
    assert lines[2].split() == ["what", "found", "verdict"]
    assert lines[3].split() == ["cores", "8", "fine"]
    assert calibrated_s == [10.0]
    assert "want root" not in said.out


def test_what_hinders_is_said_first_with_the_command_that_changes_it(capsys: Capture, monkeypatch: Patch) -> None:
    pretend(monkeypatch, replace(FIT, governors={"powersave": 8}, somaxconn=2048), busy_ratio=0.3)

    said = rush_hour(capsys, "doctor", "--calibrate", "2s")

    assert said.code == 4
    assert said.out.startswith(
        "This machine measures well, but for 2 things: frequency governor and other programs; 1 thing more to know: "
        "accept queue (somaxconn).\n\n"
    )
    remarks = said.out[said.out.index("\n\n! ") + 2 :].splitlines()
    assert [remark.partition(":")[0] for remark in remarks[:6:2]] == [
        "! frequency governor",
        "! other programs",
        "! accept queue (somaxconn)",
    ]
    assert remarks[1:6:2] == [
        "  cpupower frequency-set -g performance",
        "  end what else runs: ps -eo pid,pcpu,args --sort=-pcpu | head",
        "  sysctl -w net.core.somaxconn=4096",
    ]
    assert remarks[-1] == "Commands with sysctl, echo and cpupower want root, and hold until the next boot."


def test_json_has_all_that_is_known(capsys: Capture, monkeypatch: Patch) -> None:
    pretend(monkeypatch, replace(FIT, quota_cores=1.5))

    said = rush_hour(capsys, "doctor", "--format", "json", "--calibrate", "3s")

    told = json.loads(said.out)
    assert (said.code, told["hinders"]) == (4, True)
    assert told["sentence"] == "This machine measures well, but for 1 thing: CPU quota."
    quota = next(one for one in told["diagnoses"] if one["code"] == "cpu-quota")
    assert (quota["found"], quota["verdict"]) == ("1.5 of 8 cores", "hinders")
    assert told["facts"]["state"]["quota_cores"] == 1.5
    assert told["facts"]["noise"]["late_p50_us"] == 60.0
    assert {"name": "gunicorn", "title": "Gunicorn"}.items() <= told["facts"]["servers"][0].items()


def test_servers_are_listed_a_line_each_and_nothing_is_measured(
    capsys: Capture, tmp_path: Path, monkeypatch: Patch
) -> None:
    calibrated_s = pretend(monkeypatch)
    made_environment(tmp_path / "venv", waitress="3.0")

    said = rush_hour(capsys, "doctor", "--servers", "--venv", tmp_path / "venv")

    lines = said.out.splitlines()
    assert (said.code, said.err, calibrated_s) == (0, "", [])
    assert lines[0] == "1 of 16 servers, and ways to run them, are installed."
    assert lines[2].split() == ["waitress", "3.0", "waitress"]
    assert lines[3].split(maxsplit=2) == [
        "gunicorn", "missing", f"{tmp_path}/venv/bin/python -m pip install gunicorn"
    ]  # fmt: skip
    assert len(lines) == 2 + 16


def test_servers_in_json(capsys: Capture, tmp_path: Path) -> None:
    made_environment(tmp_path / "venv", waitress="3.0")

    said = rush_hour(capsys, "doctor", "--servers", "--venv", tmp_path / "venv", "--format", "json")

    servers = {server["name"]: server for server in json.loads(said.out)["servers"]}
    assert (servers["waitress"]["version"], servers["waitress"]["command"]) == ("3.0", "")
    assert servers["gunicorn"]["version"] is None


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ["--calibrate", "500ms"],
            "--calibrate: expected at least 1s, for in less there are too few pauses to see; got 0.5s.",
        ),
        (
            ["--calibrate", "90m"],
            "--calibrate: expected at most 1h, for all that is seen is kept in memory; got 90m.",
        ),
        (
            ["--calibrate", "soon"],
            "--calibrate: expected a duration above 0, such as 10s, 500ms or 5m; got 'soon'.",
        ),
        (
            ["--calibrate", "5s", "--no-calibration"],
            "--calibrate: expected either a duration or --no-calibration; got both.",
        ),
        (
            ["--calibrate", "5s", "--servers"],
            "--calibrate: expected either a duration or --servers, which measures nothing; got both.",
        ),
        (
            ["--no-calibration", "--servers"],
            "--no-calibration: expected it without --servers, which measures nothing anyway; got both.",
        ),
        (
            ["--venv", "nowhere"],
            (
                "--venv: expected a virtual environment, got '{here}/nowhere', which has no bin/python: make it with "
                "python -m venv {here}/nowhere."
            ),
        ),
    ],
)
def test_what_cannot_be_done_is_refused(
    capsys: Capture, tmp_path: Path, monkeypatch: Patch, arguments: list[str], complaint: str
) -> None:
    monkeypatch.chdir(tmp_path)

    said = rush_hour(capsys, "doctor", *arguments)

    assert (said.code, said.out) == (2, "")
    assert said.err == f"rush-hour: {complaint.format(here=tmp_path)}\n"


def test_this_machine_is_looked_at_without_a_calibration(capsys: Capture) -> None:
    said = rush_hour(capsys, "doctor", "--no-calibration", "--format", "json")

    told = json.loads(said.out)
    found = {one["code"]: one["verdict"] for one in told["diagnoses"]}
    assert said.err == ""
    assert (said.code == 4) == told["hinders"] == ("hinders" in found.values())
    assert found["pauses"] == "unknown"
    assert "speed" not in found
    assert told["facts"]["noise"] is None


def test_this_machine_is_calibrated(capsys: Capture) -> None:
    said = rush_hour(capsys, "doctor", "--calibrate", "1s", "--format", "json")

    told = json.loads(said.out)
    found = {one["code"]: one["verdict"] for one in told["diagnoses"]}
    assert said.code in {0, 4}
    assert "unknown" not in {found["pauses"], found["speed"], found["timers"]}
    assert told["facts"]["noise"]["took_s"] == 1.0
