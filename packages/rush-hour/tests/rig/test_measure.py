"""The one way to measure."""

import os
import signal
from collections.abc import Callable

import pytest
from load_runs import plan_for
from scripted_server import ScriptedServer

from rush_hour.load.run import Observer
from rush_hour.rig.measure import SystemDied, measure, share_of_others
from rush_hour.rig.part import Part

IDLE = "import time\ntime.sleep(1000)"


def test_what_nobody_started_here_is_measured_without_resources(serve: Callable[..., ScriptedServer]) -> None:
    run = measure(plan_for(serve().url))

    assert run.result.responses_good > 0
    assert (run.resources, run.others_cpu_s, run.others_cpu_ratio) == (None, None, None)
    assert run.started_at is not None
    assert run.ended_at is not None
    assert run.started_at < run.ended_at
    assert not run.is_interrupted


def test_the_parts_are_watched_while_the_load_is_measured(
    serve: Callable[..., ScriptedServer], start_part: Callable[..., Part]
) -> None:
    part, phases = start_part(IDLE), list[str]()

    run = measure(plan_for(serve().url, duration_s=1.5), {"server": part}, Observer(on_phase=phases.append))

    assert phases == ["connecting", "measuring"]
    assert run.resources is not None
    assert (run.resources.proxy, run.resources.database) == (None, None)
    [process] = run.resources.server.processes
    assert process.pid in part.process_ids()
    assert process.name.startswith("python")
    assert process.max_rss_bytes == run.resources.server.max_rss_bytes > 1_000_000
    first, *_, last = run.resources.server.timeline
    assert first.at_s < last.at_s
    assert last.rss_bytes > 1_000_000
    assert run.others_cpu_ratio is not None
    assert 0.0 <= run.others_cpu_ratio <= 1.0


def test_a_part_that_ends_ends_the_measurement(
    serve: Callable[..., ScriptedServer], start_part: Callable[..., Part]
) -> None:
    part = start_part(f"print('last words')\n{IDLE}")

    def kill(phase: str) -> None:
        if phase == "measuring":
            os.kill(part.process_ids()[0], signal.SIGKILL)

    with pytest.raises(SystemDied) as caught:
        measure(plan_for(serve().url, duration_s=30.0), {"server": part}, Observer(on_phase=kill))

    assert str(caught.value) == "the server ended with exit code 137 under load.\nlast words"


@pytest.mark.parametrize(
    ("machine_s", "known_s", "capacity_s", "share"),
    [
        (10.0, 4.0, 20.0, (6.0, 0.3)),
        (4.0, 5.0, 20.0, (0.0, 0.0)),
        (30.0, 0.0, 20.0, (20.0, 1.0)),
        (1.0, 0.0, 0.0, (0.0, 0.0)),
    ],
)
def test_others_take_no_less_than_nothing_and_no_more_than_the_whole_machine(
    machine_s: float, known_s: float, capacity_s: float, share: tuple[float, float]
) -> None:
    assert share_of_others(machine_s, known_s, capacity_s) == share
