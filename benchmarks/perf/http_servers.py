"""Costs of HTTP servers: API-Hour's engine beside its peers, from one run, as ratios.

A table for each suite, with one worker: on servers for coroutines `/index`, 17 bytes of JSON, and `/agents`, 50 rows
from PostgreSQL; on WSGI servers `wsgi`, the 17 bytes, and `flask` and `django`, the 50 rows. The systems take turns,
again and again, each time started anew; see `http_trials.py` for what a turn is. A system that cannot run is reported
with the reason, and the rest goes on.
"""

import argparse
import sys
from collections import defaultdict
from pathlib import Path

from http_tables import ASYNC, WSGI, Comparison, like_for_like_table, main_table, notes
from http_trials import Trial, Turns, only, turns_of
from msgspec.structs import replace
from rich.console import Console

from rush_hour.errors import RushHourError, StartError
from rush_hour.load.limits import raise_open_file_limit
from rush_hour.report.terminal.console import make_console
from rush_hour.rig.suite.reading import read_suite
from rush_hour.rig.suite.suite import Suite

SUITES = Path(__file__).parents[1] / "suites"
TABLES = {
    "/index": (SUITES / "hello.toml", ASYNC),
    "/agents": (SUITES / "agents-peers.toml", ASYNC),
    "wsgi": (SUITES / "wsgi.toml", WSGI),
    "flask": (SUITES / "wsgi-flask.toml", WSGI),
    "django": (SUITES / "wsgi-django.toml", WSGI),
}


def main(arguments: list[str]) -> int:
    """Run the repetitions and print the tables; return the exit code."""
    options = parse(arguments)
    console = make_console()
    is_measured = False
    for table, suite in chosen(options.table or list(TABLES), options.only, options.workers).items():
        path, comparison = TABLES[table]
        raise_open_file_limit(suite.load.connections)
        with turns_of(path, suite, duration_s=options.duration, retries=options.retries) as turns:
            trials, reasons = repeat(turns, table, options.repetitions)
        if trials:
            workers = "one worker" if suite.workers == 1 else f"{suite.workers} workers"
            surroundings = f"{workers}, {suite.load.connections} connections"
            title = f"{table}, {surroundings}, medians of {options.repetitions} turns"
            print_tables(console, title, trials, suite, comparison)
        for name, reason in reasons.items():
            console.print(f"{name}: {reason}", soft_wrap=True)
        console.print()
        is_measured = is_measured or bool(trials)
    return 0 if is_measured else StartError.exit_code


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    what = "Measure API-Hour's HTTP engine beside its peers; figures on stdout, progress on stderr."
    parser = argparse.ArgumentParser(prog="http_servers.py", description=what)
    parser.add_argument(
        "--table", "--path", action="append", choices=list(TABLES), help="only this table; may be repeated"
    )
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="only this system; may be repeated")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="of each system (default: 1)")
    parser.add_argument("--repetitions", type=int, default=3, metavar="N", help="turns of each system (default: 3)")
    parser.add_argument("--duration", type=float, default=2.0, metavar="S", help="seconds of each load (default: 2)")
    help_retries = "how often a load is repeated while others take much of the machine (default: 1)"
    parser.add_argument("--retries", type=int, default=1, metavar="N", help=help_retries)
    options = parser.parse_args(arguments)
    if options.repetitions < 1 or options.duration <= 0 or options.workers < 1:
        parser.error("--repetitions, --duration and --workers: expected numbers above 0.")
    return options


def chosen(tables: list[str], names: list[str], workers: int) -> dict[str, Suite]:
    """Return the suite of each table with the systems that are named, or all; without those where none is left.

    Raises:
        SystemExit: a name is in no suite.
    """
    suites = {table: replace(read_suite(TABLES[table][0]), workers=workers) for table in tables}
    known = {system.name: None for suite in suites.values() for system in suite.systems}
    for name in names:
        if name not in known:
            sys.exit(f"--only: expected one of {', '.join(known)}; got {name!r}.")
    selected = {table: only(suite, names) for table, suite in suites.items()}
    return {table: suite for table, suite in selected.items() if suite.systems}


def repeat(turns: Turns, table: str, repetitions: int) -> tuple[dict[str, list[Trial]], dict[str, str]]:
    """Let all systems take their turns; return what was measured, and why some were not."""
    trials: defaultdict[str, list[Trial]] = defaultdict(list)
    reasons: dict[str, str] = {}
    for number in range(1, repetitions + 1):
        for system in turns.suite.systems:
            if system.name in reasons:
                continue
            try:
                trial = turns.take(system)
            except RushHourError as error:
                reasons[system.name] = str(error)
                trials.pop(system.name, None)
                continue
            trials[system.name].append(trial)
            print(f"{table} {number}/{repetitions} {system.name}: {brief(trial)}", file=sys.stderr, flush=True)
    return trials, reasons


def brief(trial: Trial) -> str:
    """Return a trial in a few words."""
    full = trial.full
    return f"{full.goodput_per_s:,.0f} requests/s, {full.server_cpu_us:.1f} µs, others {full.others_ratio:.0%}"


def print_tables(
    console: Console, title: str, trials: dict[str, list[Trial]], suite: Suite, comparison: Comparison
) -> None:
    """Print what was measured, and what to know about it."""
    console.print(main_table(title, trials, yardstick=comparison.yardstick, common_rate_per_s=suite.load.rate))
    same = like_for_like_table(trials, comparison.like_for_like)
    if same is not None:
        console.print("", same)
    for line in [*suite.rules, *notes(trials)]:
        console.print(line.format(workers=suite.workers), soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
