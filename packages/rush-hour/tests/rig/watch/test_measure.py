"""The one way to measure."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Self

import pytest
from in_process_load import ONE_AFTER_THE_OTHER
from load_runs import plan_for
from rig.deadlines import wait_for
from scripted_server import ScriptedServer

from rush_hour.core.arrivals import Constant
from rush_hour.core.schedule import Schedule
from rush_hour.errors import StartError
from rush_hour.load.run import Observer
from rush_hour.results.run import Run
from rush_hour.rig.parts.part import Part
from rush_hour.rig.parts.run_directory import RunDirectory
from rush_hour.rig.watch import measure as measuring
from rush_hour.rig.watch.measure import SystemDied, measure, share_of_others

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


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="two cores are needed to keep them apart")
@pytest.mark.parametrize("is_pinned", [True, False])
def test_cores_are_shared_unless_the_parts_are_kept_off_those_of_the_load_generator(
    serve: Callable[..., ScriptedServer], start_part: Callable[..., Part], run_directory: RunDirectory,
    monkeypatch: pytest.MonkeyPatch, *, is_pinned: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr(measuring, "with_siblings", set)  # both may be threads of one core
    cpus = os.sched_getaffinity(0)
    other = max(cpus)
    run_directory.cpus = [other]
    part = start_part(IDLE)
    wait_for(part.process_ids, "the part to run")

    try:
        os.sched_setaffinity(0, cpus - {other} if is_pinned else cpus)
        run = measure(plan_for(serve().url, duration_s=0.5), {"server": part})
    finally:
        os.sched_setaffinity(0, cpus)

    assert (run.verdict.message_of("shared-cores") is None) is is_pinned


LOPSIDED = """
import os, select, socket
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(100)
first_is_taken = os.pipe()
is_first = os.fork() != 0
connections = {}
if is_first:
    print(listener.getsockname()[1])
    accepted = listener.accept()[0]
    connections[accepted.fileno()] = accepted
    os.write(first_is_taken[1], b"1")
else:
    os.read(first_is_taken[0], 1)
while True:
    for fd in select.select([*connections, *([] if is_first else [listener])], [], [])[0]:
        if fd is listener:
            accepted = listener.accept()[0]
            connections[accepted.fileno()] = accepted
        elif connections[fd].recv(65536):
            connections[fd].sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nhello")
        else:
            connections.pop(fd).close()
"""


def test_connections_and_answers_are_told_by_process(start_part: Callable[..., Part]) -> None:
    """Of two processes the first accepts one connection, and the second all others."""
    part = start_part(LOPSIDED)
    wait_for(part.log_tail, "the listener")
    plan = plan_for(f"http://127.0.0.1:{part.log_tail()}/", **ONE_AFTER_THE_OTHER, connections=10, max_requests=200)  # type: ignore[arg-type]

    run = measure(plan, {"server": part})

    assert run.result.responses_good == 200
    assert run.resources is not None
    [first, second] = run.resources.server.processes
    assert (first.connections, first.answers) == (1, 20)
    assert (second.connections, second.answers) == (9, 180)


def test_no_process_has_answers_where_connections_were_not_kept(start_part: Callable[..., Part]) -> None:
    part = start_part(LOPSIDED)
    wait_for(part.log_tail, "the listener")
    changes = ONE_AFTER_THE_OTHER | {"connection_per_request": True}
    plan = plan_for(f"http://127.0.0.1:{part.log_tail()}/", **changes, connections=2, max_requests=20)  # type: ignore[arg-type]

    run = measure(plan, {"server": part})

    assert run.result.responses_good == 20
    assert run.resources is not None
    assert {(process.connections, process.answers) for process in run.resources.server.processes} == {(None, None)}


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


class Noting:
    """An onlooker that notes what it is asked."""

    def __init__(self, asked: list[str]) -> None:
        self._asked = asked

    def __enter__(self) -> Self:
        self._asked.append("enter")
        return self

    def __exit__(self, *_error: object) -> None:
        self._asked.append("exit")

    def begin(self) -> None:
        self._asked.append("begin")

    def watch(self) -> None:
        if self._asked[-1] != "watch":
            self._asked.append("watch")

    def end(self) -> None:
        self._asked.append("end")

    @property
    def cpu_s(self) -> float:
        return 1e6

    def add_to(self, run: Run) -> Run:
        return replace(run, started_at="seen")


def test_onlookers_look_from_the_first_request_to_the_end_and_what_they_use_is_nobody_elses(
    serve: Callable[..., ScriptedServer], start_part: Callable[..., Part]
) -> None:
    asked: list[str] = []
    warmup = Schedule(arrivals=Constant(rate_per_s=50), duration_s=0.6, connections=10)
    observer = Observer(on_phase=asked.append, on_end=lambda: asked.append("over"))

    run = measure(
        plan_for(serve().url, duration_s=1.2, warmup=warmup),
        {"server": start_part(IDLE)},
        observer,
        [Noting(asked)],
    )

    assert asked == ["enter", "connecting", "warming up", "measuring", "begin", "watch", "end", "over", "exit"]
    assert run.started_at == "seen"
    assert run.others_cpu_s == 0.0


def test_an_onlooker_is_let_go_where_no_connection_is_opened(free_port: int, start_part: Callable[..., Part]) -> None:
    asked: list[str] = []

    with pytest.raises(StartError):
        measure(plan_for(f"http://127.0.0.1:{free_port}"), {"server": start_part(IDLE)}, None, [Noting(asked)])

    assert asked == ["enter", "exit"]
