"""What is said of a calibration: what the noise of a machine means for a measurement on it. Pure."""

from rush_hour.judge.health.cpu_checks import STEAL_NOTED_RATIO
from rush_hour.judge.health.diagnosis import Diagnosis, Grade
from rush_hour.judge.health.facts import Facts
from rush_hour.judge.health.noise import PAUSE_US, Noise
from rush_hour.judge.trust import SEND_LAG_ALWAYS_FINE_US
from rush_hour.units import format_duration_us, format_percent, three_digits

FLOOR_US = SEND_LAG_ALWAYS_FINE_US  # so much of a latency is the machine's own before anything is said of it
VARIATION_HINDERS_RATIO = 0.1  # from there on pyperf calls a benchmark unstable (its format_checks)
VARIATION_NOTED_RATIO = 0.05
CALIBRATE = "rush-hour doctor --calibrate 10s"


def pauses(facts: Facts) -> Diagnosis:
    """Say for how long cores are not there, and which latencies cannot be told here."""
    noise = facts.noise
    if noise is None:
        return Diagnosis(code="pauses", what="noise", found="not measured", verdict="unknown", change=CALIBRATE)
    verdict: Grade = "fine"
    if noise.p99_floor_us > FLOOR_US:
        verdict = "hinders"
    elif noise.p99_9_floor_us > FLOOR_US:
        verdict = "note"
    found = "none" if not noise.longest_pause_us else f"up to {format_duration_us(noise.longest_pause_us)}"
    return Diagnosis(
        code="pauses",
        what="pauses of cores",
        found=found,
        verdict=verdict,
        why=_meaning(noise),
        change="" if verdict == "fine" else _quieter(facts),
    )


def speed(facts: Facts) -> Diagnosis | None:
    """Say how differently fast the cores do the same; nothing without a calibration."""
    noise = facts.noise
    if noise is None:
        return None
    ratio = noise.speed_variation_ratio
    verdict: Grade = (
        "hinders" if ratio >= VARIATION_HINDERS_RATIO else "note" if ratio >= VARIATION_NOTED_RATIO else "fine"
    )
    return Diagnosis(
        code="speed",
        what="speed of cores",
        found=f"± {format_percent(ratio)}",
        verdict=verdict,
        why=""
        if verdict == "fine"
        else "The same work takes longer at one time, or on one core, than on another: so do answers.",
        change=""
        if verdict == "fine"
        else "what is said of governor, turbo and steal; compare in repeats (--repeats 9)",
    )


def timers(facts: Facts) -> Diagnosis | None:
    """Say how late who sleeps is woken; nothing without a calibration."""
    noise = facts.noise
    if noise is None:
        return None
    verdict: Grade = "fine"
    if noise.late_p50_us > FLOOR_US:
        verdict = "hinders"
    elif noise.late_p99_us > FLOOR_US:
        verdict = "note"
    return Diagnosis(
        code="timers",
        what="late wake-ups",
        found=f"{format_duration_us(noise.late_p50_us)} (p50), {format_duration_us(noise.late_p99_us)} (p99)",
        verdict=verdict,
        why=""
        if verdict == "fine"
        else "A server or load generator that waits for something is woken so late: so are latencies at low rates.",
        change="" if verdict == "fine" else _quieter(facts),
    )


def _meaning(noise: Noise) -> str:
    """Return what the pauses mean for a measurement."""
    if noise.p99_floor_us > FLOOR_US:
        floor = f"the p99 of a busy server has {format_duration_us(noise.p99_floor_us)} of it"
    elif noise.p99_9_floor_us >= PAUSE_US:
        floor = f"the p99.9 of a busy server has {format_duration_us(noise.p99_9_floor_us)} of it"
    else:
        floor = f"the p99.9 of a busy server has less than {format_duration_us(PAUSE_US)} of it"
    paused = f"{_pauses(noise.pauses_per_s)}, and for {format_percent(noise.paused_ratio)} of the time in all"
    return f"A core that works {paused}: {floor}."


def _pauses(number_per_s: float) -> str:
    if not number_per_s:
        return "never pauses for 1 ms or longer"
    return f"pauses for 1 ms or longer {three_digits(number_per_s)} times a second"


def _quieter(facts: Facts) -> str:
    """Return what would make it quieter, as far as the reason is known."""
    state, noise = facts.state, facts.noise
    if state.tells_quota and state.quota_cores is not None and state.quota_cores < state.cores:
        return "lift the CPU quota"
    if noise is not None and (noise.steal_ratio or 0.0) > STEAL_NOTED_RATIO:
        return "use a machine with cores of its own; measure longer, and in repeats (--repeats 9)"
    return "end what else runs: ps -eo pid,pcpu,args --sort=-pcpu | head"
