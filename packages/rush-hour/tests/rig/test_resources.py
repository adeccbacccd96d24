"""CPU and memory of real processes. A program burns CPU until it has used a known amount: no test asserts a time."""

import os
from collections.abc import Callable

import pytest
from rig.deadlines import wait_for

from rush_hour.rig import resources
from rush_hour.rig.part import Part
from rush_hour.rig.resources import RoleSampler, Sampling

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
    sampler = RoleSampler(part.process_ids)
    sampler.begin()
    (part.log_path.parent / "go").touch()
    wait_for(lambda: part.log_tail().endswith("burnt"), "the child's work")
    sampler.sample()
    both = sampler.usage()

    (part.log_path.parent / "end").touch()
    wait_for(lambda: part.log_tail().endswith("waited"), "the child's end")
    sampler.sample()

    assert len(part.process_ids()) == 1
    assert both.cpu_s >= 0.25  # of 0.3: it had begun before
    assert sampler.usage().cpu_s >= both.cpu_s
    assert sampler.usage().max_rss_bytes >= max(both.max_rss_bytes, 50_000_000)


def test_what_was_used_before_the_beginning_does_not_count(start_part: Callable[..., Part]) -> None:
    part = start_part(f"{BURN}burn(0.3)\nprint('burnt')\ntime.sleep(1000)")
    wait_for(lambda: part.log_tail() == "burnt", "the work")
    sampler = RoleSampler(part.process_ids)

    sampler.begin()

    assert sampler.usage().cpu_s == 0
    assert sampler.usage().max_rss_bytes > 1_000_000


def test_peak_memory_is_that_of_all_processes_at_once() -> None:
    me = os.getpid()
    once, twice = RoleSampler(lambda: [me]), RoleSampler(lambda: [me, os.getppid()])

    once.begin()
    twice.begin()

    assert twice.usage().max_rss_bytes > once.usage().max_rss_bytes


def test_cpu_of_less_than_a_hundredth_of_a_second_is_counted(start_part: Callable[..., Part]) -> None:
    part = start_part(f"{BURN}print('up')\nwait_for_file('go')\nprint('seen')\ntime.sleep(1000)")
    wait_for(lambda: part.log_tail() == "up", "the program")
    sampler = RoleSampler(part.process_ids)
    sampler.begin()
    (part.log_path.parent / "go").touch()
    wait_for(lambda: part.log_tail().endswith("seen"), "the program's look at the file")

    sampler.sample()

    assert sampler.usage().cpu_s > 0


def test_a_second_beginning_forgets_the_first(start_part: Callable[..., Part]) -> None:
    part = start_part(f"{BURN}burn(0.2)\nprint('burnt')\ntime.sleep(1000)")
    sampler = RoleSampler(part.process_ids)
    sampler.begin()
    wait_for(lambda: part.log_tail() == "burnt", "the work")
    sampler.sample()

    sampler.begin()

    assert sampler.usage().cpu_s == 0


def test_a_process_that_is_gone_when_it_is_looked_at_is_left_out(start_part: Callable[..., Part]) -> None:
    gone = start_part("")
    keeper_id = gone._keeper.pid
    gone.wait()
    sampler = RoleSampler(lambda: [keeper_id])

    sampler.begin()

    assert (sampler.usage().cpu_s, sampler.usage().max_rss_bytes) == (0, 0)


def test_roles_are_sampled_from_the_beginning_to_the_end(start_part: Callable[..., Part]) -> None:
    part = start_part(f"{BURN}print('up')\nwait_for_file('go')\nburn(0.2)\nprint('burnt')\ntime.sleep(1000)")
    wait_for(lambda: part.log_tail() == "up", "the program")

    with Sampling({"server": part.process_ids, "nobody": list}) as sampling:
        sampling.begin()
        (part.log_path.parent / "go").touch()
        wait_for(lambda: part.log_tail().endswith("burnt"), "the work")

    usage = sampling.usage()
    assert usage["server"].cpu_s >= 0.15
    assert (usage["nobody"].cpu_s, usage["nobody"].max_rss_bytes) == (0, 0)


def test_a_child_that_came_and_went_between_the_two_ends_is_counted(
    start_part: Callable[..., Part], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "INTERVAL_S", 0.01)
    part = start_part(PARENT_AND_CHILD)
    wait_for(lambda: part.log_tail() == "up", "the child")
    before = len(part.process_ids())

    with Sampling({"server": part.process_ids}) as sampling:
        sampling.begin()
        (part.log_path.parent / "go").touch()
        wait_for(lambda: sampling.usage()["server"].cpu_s >= 0.25, "the child's work")
        (part.log_path.parent / "end").touch()
        wait_for(lambda: part.log_tail().endswith("waited"), "the child's end")

    assert (before, len(part.process_ids())) == (2, 1)
    assert sampling.usage()["server"].cpu_s >= 0.25


def test_a_sampling_that_never_began_has_nothing_to_tell() -> None:
    with Sampling({"server": lambda: [os.getpid()]}) as sampling:
        pass

    assert sampling.usage()["server"].cpu_s == 0
