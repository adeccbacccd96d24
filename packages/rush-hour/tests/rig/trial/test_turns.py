"""One turn of an entrant that is pretended: what is kept of it, and what Ctrl-C leaves of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from load_runs import plan_for
from made_systems import Maker
from pretended_server import PretendedServer, Silent
from rig.trial.made_turns import GUNICORN, SETTINGS, entrant, subject

from rush_hour.errors import StartError
from rush_hour.results.trial import ReloadFacts, Round
from rush_hour.rig.capacity import runs as capacity_runs
from rush_hour.rig.trial import turns as turns_module
from rush_hour.rig.trial.turns import Turn, Turns

SIGHUP = ReloadFacts(signal="SIGHUP", rate_per_s=500.0, due=3000, lost=0, survived=True)
Make = Callable[..., Turn]


class Started:
    """What takes the place of a running system.

    Attributes:
        stops_s: how long stopping takes.
        ended_by: what ended its turn; None for nothing.
    """

    def __init__(self, server: PretendedServer) -> None:
        self.server = server
        self.stops_s = 0.0
        self.starts_s = 1.0
        self.fails: Exception | None = None
        self.ended_by: type[BaseException] | None = None
        self.again: type[BaseException] | None = None

    @contextmanager
    def running_system(self, *_arguments: object, **_options: object) -> Iterator[Any]:
        self.server.now_s += self.starts_s
        if self.fails is not None:
            raise self.fails
        try:
            yield SimpleNamespace(
                command_line="gunicorn 8000",
                notes=[],
                parts=dict,
                plan=lambda *_arguments, **_options: plan_for("http://127.0.0.1:9/"),
                server=None,
            )
        except BaseException as error:
            self.ended_by = type(error)
            raise
        finally:
            self.server.now_s += self.stops_s
            if self.again is not None:
                raise self.again


@pytest.fixture
def started(make: Maker, monkeypatch: pytest.MonkeyPatch) -> Started:
    """A pretended server in the place of what is started, and of all measurements."""
    started = Started(PretendedServer(make))
    monkeypatch.setattr(capacity_runs, "measure", started.server.measure)
    monkeypatch.setattr(turns_module, "running_system", started.running_system)
    monkeypatch.setattr(turns_module, "reload_under_load", lambda *_arguments, **_options: SIGHUP)
    return started


def turn_of(started: Started, directory: Path, *, is_last: bool = True) -> Turn:
    rig: Any = SimpleNamespace(
        suite_directory=directory, logs=directory, database_url=None, run_directory=SimpleNamespace(cpus=None)
    )
    progress: Any = Silent()
    one = entrant(GUNICORN)
    turns = Turns(subject(one), SETTINGS, rig, None, progress, clock=started.server.clock)
    return turns.capacity(one, Round(contenders=1, slot_s=120.0, is_final=True), is_last=is_last)


def test_a_capacity_is_found_and_in_the_last_round_the_server_reloads(started: Started, tmp_path: Path) -> None:
    turn = turn_of(started, tmp_path)

    assert turn.found is not None
    assert turn.found.rate_per_s == pytest.approx(1000, rel=0.05)
    assert (turn.start_s, turn.reload, turn.is_interrupted, turn.remarks) == (1.0, SIGHUP, False, {})
    assert (turn.system.status, turn.system.command_line, len(turn.system.runs)) == ("ok", "gunicorn 8000", 1)
    assert turn_of(started, tmp_path, is_last=False).reload is None


def test_what_is_slow_to_start_and_to_end_is_remarked(started: Started, tmp_path: Path) -> None:
    started.starts_s, started.stops_s = 12.0, 5.0

    assert turn_of(started, tmp_path).remarks == {
        "stop": "does not end by SIGTERM: it was killed after 5 s.",
        "start": "took 12 s to start.",
    }


def test_what_does_not_start_is_a_system_that_failed(started: Started, tmp_path: Path) -> None:
    started.fails = StartError("it is broken.")

    turn = turn_of(started, tmp_path)

    assert (turn.system.status, turn.system.reason, turn.start_s) == ("failed", "it is broken.", None)


def test_ctrl_c_in_a_search_ends_the_parts_as_any_other_and_keeps_what_was_measured(
    started: Started, tmp_path: Path
) -> None:
    started.server.interrupted_at = 5

    turn = turn_of(started, tmp_path)

    assert started.ended_by is KeyboardInterrupt
    assert (turn.is_interrupted, turn.reload) == (True, None)
    assert turn.found is not None
    assert turn.found.ending == "interrupted"
    assert turn.remarks == {}


@pytest.mark.parametrize("again", [None, KeyboardInterrupt])
def test_ctrl_c_while_the_server_reloads_keeps_the_capacity_also_when_it_comes_twice(
    started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: type[BaseException] | None
) -> None:
    def interrupted(*_arguments: object, **_options: object) -> ReloadFacts:
        raise KeyboardInterrupt

    monkeypatch.setattr(turns_module, "reload_under_load", interrupted)
    started.again, started.stops_s = again, 5.0

    turn = turn_of(started, tmp_path)

    assert started.ended_by is KeyboardInterrupt
    assert (turn.is_interrupted, turn.reload, turn.remarks) == (True, None, {})
    assert turn.found is not None
    assert turn.found.ending == "found"
    assert turn.system.status == "ok"


def test_ctrl_c_before_anything_was_found_is_told_to_who_made_the_turn(started: Started, tmp_path: Path) -> None:
    started.again = KeyboardInterrupt
    rig: Any = SimpleNamespace(suite_directory=tmp_path, logs=tmp_path)
    progress: Any = Silent()
    one = entrant(GUNICORN)

    with pytest.raises(KeyboardInterrupt):
        Turns(subject(one), SETTINGS, rig, None, progress, clock=started.server.clock).answers(one)
