"""`rush-hour doctor`: what this machine has and lacks for a trustworthy measurement."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import Parameter

from rush_hour.commands import options
from rush_hour.errors import UsageError
from rush_hour.exit_codes import UNTRUSTED
from rush_hour.judge.health.checkup import Checkup, examine
from rush_hour.judge.health.facts import Facts, FoundServer
from rush_hour.judge.health.noise import Noise
from rush_hour.report.terminal.checkup_report import checkup_report
from rush_hour.report.terminal.console import make_console
from rush_hour.report.terminal.live.countdown import Countdown
from rush_hour.report.terminal.server_list import server_list
from rush_hour.rig.catalogue.reading import known_servers
from rush_hour.rig.health.calibration import calibrate as measure_noise
from rush_hour.rig.health.servers import look_for_servers
from rush_hour.rig.health.state import look
from rush_hour.rig.interpreter import Interpreter, find_interpreter
from rush_hour.rig.suite.interpreter_problems import interpreter_problems
from rush_hour.rig.watch.resources import busy_ratio
from rush_hour.units import format_duration_s, parse_duration_s

Format = Literal["text", "json"]
DEFAULT_CALIBRATION_S = 10.0
LEAST_CALIBRATION_S = 1.0
MOST_CALIBRATION_S = 3600.0
LOOK_S = 1.0  # at what other programs use


CALIBRATE = Parameter(
    name="--calibrate",
    metavar="TIME",
    converter=options.read_with(parse_duration_s, "--calibrate"),
    help="How long to measure how noisy the machine is; 10s by default. It uses all cores.",
)
NO_CALIBRATION = options.flag("--no-calibration", "Look only, and measure nothing.")
LIST_SERVERS = options.flag(
    "--servers", "List the servers that can be benched: which are installed, and what brings the others."
)
CHECKUP_FORMAT = Parameter(name="--format", help="What a terminal shows (by default), or JSON.")


def doctor(
    *,
    calibrate: Annotated[float | None, CALIBRATE] = None,
    no_calibration: Annotated[bool, NO_CALIBRATION] = False,
    servers: Annotated[bool, LIST_SERVERS] = False,
    venv: Annotated[Path | None, options.VENV] = None,
    form: Annotated[Format, CHECKUP_FORMAT] = "text",
) -> int:
    """Say what this machine has and lacks for a trustworthy measurement, and what to change."""
    _check(calibrate, no_calibration=no_calibration, servers=servers)
    found = look_for_servers(known_servers(), _interpreter(venv))
    if servers:
        _show_servers(found, form)
        return 0
    load_ratio = busy_ratio(lambda: time.sleep(LOOK_S))
    noise = None if no_calibration else _noise(calibrate or DEFAULT_CALIBRATION_S)
    facts = Facts(state=look(), other_load_ratio=load_ratio, noise=noise, servers=found)
    checkup = examine(facts)
    _show(checkup, facts, form)
    return UNTRUSTED if checkup.hinders else 0


def _check(calibrate_s: float | None, *, no_calibration: bool, servers: bool) -> None:
    """Refuse options that do not go together.

    Raises:
        UsageError: they do not.
    """
    if calibrate_s is not None and (no_calibration or servers):
        other = "--no-calibration" if no_calibration else "--servers, which measures nothing"
        raise UsageError(f"--calibrate: expected either a duration or {other}; got both.")
    if no_calibration and servers:
        raise UsageError("--no-calibration: expected it without --servers, which measures nothing anyway; got both.")
    if calibrate_s is not None and calibrate_s < LEAST_CALIBRATION_S:
        raise UsageError(
            f"--calibrate: expected at least {LEAST_CALIBRATION_S:g}s, for in less there are too few pauses to see; "
            f"got {calibrate_s:g}s."
        )
    if calibrate_s is not None and calibrate_s > MOST_CALIBRATION_S:
        raise UsageError(
            f"--calibrate: expected at most {format_duration_s(MOST_CALIBRATION_S)}, for all that is seen is kept in "
            f"memory; got {format_duration_s(calibrate_s)}."
        )


def _interpreter(venv: Path | None) -> Interpreter:
    """Return the interpreter whose servers are looked for.

    Raises:
        UsageError: there is none.
    """
    environment = None if venv is None else str(venv.absolute())
    for _, problem in interpreter_problems(environment, None, Path()):
        raise UsageError(f"--venv: {problem}.")
    return find_interpreter(environment, None, Path())


def _noise(duration_s: float) -> Noise:
    cpus = os.sched_getaffinity(0)
    what = f"calibrating on {len(cpus)} core{'s' if len(cpus) > 1 else ''}"
    with Countdown(make_console(stderr=True), what, duration_s) as countdown:
        return measure_noise(duration_s, cpus, countdown.passed)


def _show(checkup: Checkup, facts: Facts, form: Format) -> None:
    if form == "json":
        _put({"sentence": checkup.sentence, "hinders": checkup.hinders, "diagnoses": checkup.diagnoses, "facts": facts})
    else:
        make_console().print(checkup_report(checkup))


def _show_servers(found: Sequence[FoundServer], form: Format) -> None:
    if form == "json":
        _put({"servers": found})
    else:
        make_console().print(server_list(found))


def _put(told: dict[str, Any]) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(told), indent=1).decode() + "\n")
