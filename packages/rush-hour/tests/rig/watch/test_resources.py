"""CPU and memory of real processes. A program burns CPU until it has used a known amount: no test asserts a time."""

import os
import time
from collections.abc import Callable

import pytest
from rig.deadlines import wait_for

from rush_hour.rig.parts import part as part_module
from rush_hour.rig.parts.control_group import own_group
from rush_hour.rig.parts.part import Part
from rush_hour.rig.watch import resources
from rush_hour.rig.watch.balance import Held
from rush_hour.rig.watch.resources import RoleSampler, Sampling, busy_ratio


class Processes:
    """Processes that no keeper has started, and no control group counts."""

    keeper_id = None

    def __init__(self, *process_ids: int) -> None:
        self._process_ids = list(process_ids)

    def process_ids(self) -> list[int]:
        return self._process_ids

    def cpu_s(self) -> float | None:
        return None


@pytest.fixture(params=["by control group", "by clocks"], autouse=True)
def way_of_counting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Count in both ways; where no control group may be made, both are the second."""
    if request.param == "by clocks":
        monkeypatch.setattr(part_module, "own_group", lambda: None)
    return str(request.param)


BURN = """
import os, resource, sys, time
def burn(cpu_s):
    while time.process_time() < cpu_s: pass
def wait_for_file(name):
    while not os.path.exists(name): time.sleep(0.01)
"""
PARENT_AND_CHILD = f"""{BURN}
child = os.fork()
if child == 0:
    print("up")
    wait_for_file("go")
    burn(0.3)
    print("burnt")
    wait_for_file("end")
    os._exit(0)
os.waitpid(child, 0)
held = bytearray(os.urandom(1)) * 50_000_000
print("waited")
time.sleep(1000)
"""


def test_cpu_and_peak_memory_of_a_tree_include_a_child_that_is_dead(start_part: Callable[..., Part]) -> None:
    part = start_part(PARENT_AND_CHILD)
    wait_for(lambda: part.log_tail() == "up", "the child")
    sampler = RoleSampler(part)
    sampler.begin()
    (part.log_path.parent / "go").touch()
    wait_for(lambda: part.log_tail().endswith("burnt"), "the child's work")
    sampler.sample(1.0)
    both = sampler.usage()

    (part.log_path.parent / "end").touch()
    wait_for(lambda: part.log_tail().endswith("waited"), "the child's end")
    sampler.sample(1.0)

    assert len(part.process_ids()) == 1
    assert both.cpu_s >= 0.25  # of 0.3: it had begun before
    assert sampler.usage().cpu_s >= both.cpu_s
    assert sampler.usage().max_rss_bytes >= max(both.max_rss_bytes, 50_000_000)


def test_each_second_names_the_process_that_used_most_in_it(start_part: Callable[..., Part]) -> None:
    part = start_part(PARENT_AND_CHILD)
    wait_for(lambda: part.log_tail() == "up", "the child")
    [_, child] = sorted(part.process_ids())
    sampler = RoleSampler(part)
    sampler.begin()
    (part.log_path.parent / "go").touch()
    wait_for(lambda: part.log_tail().endswith("burnt"), "the child's work")

    sampler.sample(1.0)

    [second] = sampler.usage().timeline
    assert second.busiest_pid == child
    assert second.busiest_cpu_s is not None
    assert second.busiest_cpu_s >= 0.25  # of 0.3: it had begun before
    assert second.busiest_cpu_s == max(process.cpu_s for process in sampler.usage().processes)


def test_what_a_process_held_is_told_of_it_if_it_is_there_at_the_end(start_part: Callable[..., Part]) -> None:
    part = start_part(PARENT_AND_CHILD)
    wait_for(lambda: part.log_tail() == "up", "the child")
    [parent, child] = sorted(part.process_ids())
    sampler = RoleSampler(part)
    sampler.begin()
    (part.log_path.parent / "go").touch()
    (part.log_path.parent / "end").touch()
    wait_for(lambda: part.log_tail().endswith("waited"), "the child's end")
    sampler.sample(1.0)

    usage = sampler.usage({parent: Held(connections=3, answers=30), child: Held(connections=1, answers=10)})

    assert {process.pid: (process.connections, process.answers) for process in usage.processes} == {
        parent: (3, 30),
        child: (None, None),
    }


def test_what_was_used_before_the_beginning_does_not_count(start_part: Callable[..., Part]) -> None:
    part = start_part(f"{BURN}burn(0.3)\nprint('burnt')\ntime.sleep(1000)")
    wait_for(lambda: part.log_tail() == "burnt", "the work")
    sampler = RoleSampler(part)

    sampler.begin()

    assert sampler.usage().cpu_s == 0
    assert sampler.usage().max_rss_bytes > 1_000_000


def test_peak_memory_is_that_of_all_processes_at_once() -> None:
    me = os.getpid()
    once, twice = RoleSampler(Processes(me)), RoleSampler(Processes(me, os.getppid()))

    once.begin()
    twice.begin()

    assert twice.usage().max_rss_bytes > once.usage().max_rss_bytes


def test_cpu_of_less_than_a_hundredth_of_a_second_is_counted(start_part: Callable[..., Part]) -> None:
    part = start_part(f"{BURN}print('up')\nwait_for_file('go')\nprint('seen')\ntime.sleep(1000)")
    wait_for(lambda: part.log_tail() == "up", "the program")
    sampler = RoleSampler(part)
    sampler.begin()
    (part.log_path.parent / "go").touch()
    wait_for(lambda: part.log_tail().endswith("seen"), "the program's look at the file")

    sampler.sample(1.0)

    assert sampler.usage().cpu_s > 0


def test_a_second_beginning_forgets_the_first(start_part: Callable[..., Part]) -> None:
    part = start_part(f"{BURN}burn(0.2)\nprint('burnt')\ntime.sleep(1000)")
    sampler = RoleSampler(part)
    sampler.begin()
    wait_for(lambda: part.log_tail() == "burnt", "the work")
    sampler.sample(1.0)

    sampler.begin()

    assert sampler.usage().cpu_s == 0


def test_a_process_that_is_gone_when_it_is_looked_at_is_left_out(start_part: Callable[..., Part]) -> None:
    gone = start_part("")
    keeper_id = gone._keeper.pid
    gone.wait()
    sampler = RoleSampler(Processes(keeper_id))

    sampler.begin()

    assert (sampler.usage().cpu_s, sampler.usage().max_rss_bytes) == (0, 0)


def test_roles_are_sampled_from_the_beginning_to_the_end(start_part: Callable[..., Part]) -> None:
    part = start_part(f"{BURN}print('up')\nwait_for_file('go')\nburn(0.2)\nprint('burnt')\ntime.sleep(1000)")
    wait_for(lambda: part.log_tail() == "up", "the program")

    with Sampling({"server": part, "proxy": Processes()}) as sampling:
        sampling.begin()
        (part.log_path.parent / "go").touch()
        wait_for(lambda: part.log_tail().endswith("burnt"), "the work")

    usage = sampling.usage()
    assert usage["server"].cpu_s >= 0.15
    assert (usage["proxy"].cpu_s, usage["proxy"].max_rss_bytes) == (0, 0)


def test_a_child_that_came_and_went_between_the_two_ends_is_counted(
    start_part: Callable[..., Part], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "INTERVAL_S", 0.01)
    part = start_part(PARENT_AND_CHILD)
    wait_for(lambda: part.log_tail() == "up", "the child")
    before = len(part.process_ids())

    with Sampling({"server": part}) as sampling:
        sampling.begin()
        (part.log_path.parent / "go").touch()
        wait_for(lambda: sampling.usage()["server"].cpu_s >= 0.25, "the child's work")
        (part.log_path.parent / "end").touch()
        wait_for(lambda: part.log_tail().endswith("waited"), "the child's end")

    assert (before, len(part.process_ids())) == (2, 1)
    assert sampling.usage()["server"].cpu_s >= 0.25


def test_a_sampling_that_never_began_has_nothing_to_tell() -> None:
    with Sampling({"server": Processes(os.getpid())}) as sampling:
        pass

    assert sampling.usage()["server"].cpu_s == 0


CHILDREN = 10
CHILD_CPU_S = 0.03
MANY_CHILDREN = f"""{BURN}
import signal, sys
signal.signal(signal.SIGCHLD, signal.DISPOSITION)
print("up")
wait_for_file("go")
for number in range({CHILDREN}):
    child = os.fork()
    if child == 0:
        if LEAVES_ORPHANS and os.fork():
            os._exit(0)
        burn(time.process_time() + {CHILD_CPU_S})
        open("done-%d" % number, "w").close()
        os._exit(0)
    if signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL:
        os.waitpid(child, 0)
    wait_for_file("done-%d" % number)
print("done")
time.sleep(1000)
"""


def cpu_s_of_children(
    start_part: Callable[..., Part], *, disposition: str = "SIG_DFL", leaves_orphans: bool = False
) -> float:
    """Return what is seen of children that came and went between two looks."""
    program = MANY_CHILDREN.replace("DISPOSITION", disposition).replace("LEAVES_ORPHANS", str(leaves_orphans))
    part = start_part(program)
    wait_for(lambda: part.log_tail() == "up", "the program")
    sampler = RoleSampler(part)
    sampler.begin()
    (part.log_path.parent / "go").touch()
    wait_for(lambda: part.log_tail().endswith("done"), "its children")
    wait_for(lambda: len(part.process_ids()) == 1, "the end of them all")
    sampler.sample(1.0)
    return sampler.usage().cpu_s


def test_children_that_came_and_went_between_two_looks_are_counted(start_part: Callable[..., Part]) -> None:
    seen_s = cpu_s_of_children(start_part)

    assert 0.8 * CHILDREN * CHILD_CPU_S <= seen_s <= 2 * CHILDREN * CHILD_CPU_S


def test_orphans_that_came_and_went_between_two_looks_are_counted(start_part: Callable[..., Part]) -> None:
    seen_s = cpu_s_of_children(start_part, leaves_orphans=True)

    assert 0.8 * CHILDREN * CHILD_CPU_S <= seen_s <= 2 * CHILDREN * CHILD_CPU_S


def test_children_that_nobody_waits_for_are_counted_by_their_control_group(
    start_part: Callable[..., Part], way_of_counting: str
) -> None:
    group = own_group()
    if way_of_counting == "by clocks" or group is None or not os.access(group, os.W_OK):
        pytest.skip("there is no control group that may be used")

    seen_s = cpu_s_of_children(start_part, disposition="SIG_IGN")

    assert seen_s >= 0.8 * CHILDREN * CHILD_CPU_S


def test_nothing_counts_after_the_end_nor_what_this_process_used(monkeypatch: pytest.MonkeyPatch) -> None:
    instants = iter([(100.0, 5.0, 1.0), (102.0, 8.0, 1.5)])

    def now(cls: type) -> object:
        at_s, cpu_s, own_cpu_s = next(instants)
        return cls(at_s=at_s, cpu_s=cpu_s, own_cpu_s=own_cpu_s)

    monkeypatch.setattr(resources._Machine, "now", classmethod(now))
    monkeypatch.setattr("os.cpu_count", lambda: 4)

    with Sampling({"server": Processes(os.getpid())}) as sampling:
        sampling.begin()
        sampling.end()
        used = sampling.usage()
        burn_until_s = time.process_time() + 0.05
        while time.process_time() < burn_until_s:
            pass

    assert sampling.machine_cpu_s == 2.5
    assert sampling.capacity_cpu_s == 8.0
    assert sampling.usage() == used


def test_how_busy_the_machine_is_is_a_ratio() -> None:
    assert 0.0 <= busy_ratio(lambda: time.sleep(0.02)) <= 1.0
