"""Ask a daemon all that clients ask of one, while its workers are replaced, and one is killed: `make soak`.

0 wrong, 0 hung, 0 lost but what was in flight on the killed worker; memory and descriptors flat; nothing left over and
nothing to complain of in the log. The exit code is 0 when that holds, 1 when it does not.
"""

import random
import signal
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import cyclopts
from rich.console import Console
from rich.table import Table
from soak_accounts import Accounts, Kill, Outcome, group_faults
from soak_flatness import JUDGED_FROM_S, Comparison, Sample, compare
from soak_rig import DRAIN_S, GRACEFUL_S, Daemon, Users, running

from rush_hour.errors import RushHourError
from rush_hour.units import parse_duration_s

RELOAD_S = 20.0
SAMPLE_S = 1.0
PROGRESS_S = 5.0
FRESH_S = DRAIN_S - 0.5
MAX_REQUESTS = 3000
MARGIN_S = 40.0  # for the last requests after the end
EXAMPLES = 12
MIB = 1024 * 1024

app = cyclopts.App(name="soak", help=__doc__, version_flags=[], suppress_keyboard_interrupt=False)


@dataclass(slots=True, kw_only=True)
class Findings:
    """Observations of one run."""

    begun_at_s: float
    accounts: Accounts
    samples: list[Sample] = field(default_factory=list)
    kill: Kill | None = None
    reloads: int = 0
    others: list[str] = field(default_factory=list)  # that should not be


@app.default
def main(
    *,
    duration: Annotated[str, cyclopts.Parameter(help="How long, such as 20s or 10m.")] = "10m",
    users: Annotated[int, cyclopts.Parameter(help="Clients at the same time.")] = 32,
    seed: Annotated[int | None, cyclopts.Parameter(help="What a former run has printed, to ask the same.")] = None,
    log: Annotated[Path | None, cyclopts.Parameter(help="Where the daemon's log is kept; by default nowhere.")] = None,
) -> int:
    """Run it, print what was found, and return the exit code."""
    duration_s = parse_duration_s(duration, what="--duration")
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    print(f"soak: {duration_s:g} s, {users} users, --seed {seed}", file=sys.stderr, flush=True)
    with TemporaryDirectory() as directory:
        log_path = log or Path(directory, "daemon.log")
        with running(MAX_REQUESTS, log_path) as (daemon, ports):
            findings = run(daemon, ports, duration_s=duration_s, users=users, seed=seed)
    return show(findings, duration_s)


def run(daemon: Daemon, ports: dict[str, int], *, duration_s: float, users: int, seed: int) -> Findings:
    """Let the users ask, trouble the daemon meanwhile, and end it."""
    begun_at_s = time.monotonic()
    with Users(ports=ports, users=users, seed=seed, fresh_s=FRESH_S, until_s=begun_at_s + duration_s) as asking:
        findings = Findings(begun_at_s=begun_at_s, accounts=asking.accounts)
        while daemon.is_running and not asking.is_over and not asking.has_ended:
            time.sleep(SAMPLE_S)
            now_s = time.monotonic() - begun_at_s
            if now_s < duration_s:
                trouble(daemon, findings, now_s, duration_s)
            if int(now_s / PROGRESS_S) > int((now_s - SAMPLE_S) / PROGRESS_S):
                print(progress(now_s, asking.accounts), file=sys.stderr, flush=True)
            if now_s > duration_s + MARGIN_S:
                break
        findings.others += [] if asking.is_over else ["the clients did not end by themselves"]
    if daemon.is_running:
        findings.others += settle(daemon)
    findings.others += [*filter(None, [daemon.stop()])]
    findings.others += daemon.complaints(findings.kill.pid if findings.kill else None)
    return findings


def trouble(daemon: Daemon, findings: Findings, now_s: float, duration_s: float) -> None:
    """Look at the daemon; reload it or kill a worker when it is time."""
    findings.samples += daemon.sample(findings.begun_at_s)
    if findings.kill is None and now_s >= duration_s / 2:
        findings.kill = daemon.kill_worker()
    elif now_s >= (findings.reloads + 1) * min(RELOAD_S, duration_s / 3):
        findings.reloads += 1
        daemon.reload()


def settle(daemon: Daemon) -> list[str]:
    """Wait for what must end by itself, and return what has not."""
    end_at_s = time.monotonic() + DRAIN_S + GRACEFUL_S
    while (left := daemon.leftovers()) and time.monotonic() < end_at_s:
        time.sleep(SAMPLE_S)
    return left


def progress(now_s: float, accounts: Accounts) -> str:
    """Return a line that says how far it is."""
    counts = ", ".join(f"{accounts.total(outcome)} {outcome}" for outcome in Outcome if accounts.total(outcome))
    return f"{now_s:6.0f} s: {counts or 'nothing yet'}"


def show(findings: Findings, duration_s: float) -> int:
    """Print what was found; return the exit code."""
    console = Console(width=160)
    unforgiven = findings.accounts.unforgiven(findings.kill)
    comparisons = compare(findings.samples, duration_s)
    console.print(requests_table(findings.accounts))
    forgiven = len(findings.accounts.faults) - len(unforgiven)
    killed = "no worker was killed"
    if findings.kill is not None:
        killed = f"worker {findings.kill.pid} was killed at {findings.kill.at_s - findings.begun_at_s:.1f} s"
    console.print(f"{findings.reloads} reloads; {killed}, {forgiven} requests were in flight there.", highlight=False)
    if comparisons:
        console.print(flatness_table(comparisons))
    elif duration_s < JUDGED_FROM_S:
        console.print(f"Memory and descriptors are judged in runs of {JUDGED_FROM_S:g} s and more.", highlight=False)
    complaints = [
        *(f"{len(faults)} {outcome}: {what}; the first: {faults[0].in_words(findings.begun_at_s)}"
          for (outcome, what), faults in group_faults(unforgiven).items()),
        *(f"{each.what}: it grows" for each in comparisons if not each.is_flat),
        *examples(findings.others),
        *([] if findings.kill is not None else ["no worker could be killed"]),
    ]  # fmt: skip
    for line in [*(["It fails:"] if complaints else ["It holds."]), *complaints]:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    return 1 if complaints else 0


def requests_table(accounts: Accounts) -> Table:
    """Return what became of each kind of request."""
    table = Table(box=None)
    outcomes = [outcome for outcome in Outcome if outcome is Outcome.RIGHT or accounts.total(outcome)]
    for name in ("what", *outcomes):
        table.add_column(name, justify="left" if name == "what" else "right")
    for what in sorted({what for what, _ in accounts.counts}):
        table.add_row(what, *(f"{accounts.counts[what, outcome]:,}" for outcome in outcomes))
    table.add_row("all", *(f"{accounts.total(outcome):,}" for outcome in outcomes))
    return table


def flatness_table(comparisons: Iterable[Comparison]) -> Table:
    """Return what was compared."""
    table = Table(box=None)
    for name in ("median of", "before", "after", "at most", ""):
        table.add_column(name, justify="left" if name == "median of" else "right")
    for each in comparisons:
        is_memory = "memory" in each.what
        cells = [
            f"{value / MIB:.1f} MiB" if is_memory else f"{value:g}" for value in (each.before, each.after, each.most)
        ]
        table.add_row(each.what, *cells, "flat" if each.is_flat else "grows")
    return table


def examples(lines: Iterable[str]) -> list[str]:
    """Return the first lines, and how many more there are."""
    found = list(lines)
    more = [f"... and {len(found) - EXAMPLES} more"] if len(found) > EXAMPLES else []
    return [*found[:EXAMPLES], *more]


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a shell's background jobs start with it ignored
        signal.signal(number, signal.default_int_handler)
    try:
        sys.exit(app(result_action="return_value"))
    except RushHourError as error:
        print(f"soak: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
