"""Machines that are fit, but for what a test changes."""

from dataclasses import replace
from typing import Any

from rush_hour.judge.health.facts import Facts, MachineState, Turbo
from rush_hour.judge.health.noise import Noise

FIT = MachineState(
    cores=8,
    online_cores=8,
    governors={"performance": 8},
    turbo=Turbo(is_on=False, off_command="echo 1 > /no_turbo"),
    steal_ratio=0.0,
    clock="tsc",
    clocks=("tsc", "hpet"),
    open_files_soft=20_000,
    open_files_hard=20_000,
    somaxconn=4096,
    port_range=(32768, 60999),
)
QUIET = Noise(
    took_s=10.0,
    cores=8,
    longest_pause_us=0.0,
    pauses_per_s=0.0,
    paused_ratio=0.0,
    p99_floor_us=0.0,
    p99_9_floor_us=0.0,
    speed_variation_ratio=0.01,
    late_p50_us=60.0,
    late_p99_us=90.0,
    steal_ratio=0.0,
)


def machine(**changed: Any) -> Facts:
    """Return a quiet machine in a state that is fit but for this."""
    return Facts(state=replace(FIT, **changed), other_load_ratio=0.0, noise=QUIET)


def noisy(**changed: Any) -> Facts:
    """Return a fit machine that is quiet but for this."""
    return Facts(state=FIT, other_load_ratio=0.0, noise=replace(QUIET, **changed))
