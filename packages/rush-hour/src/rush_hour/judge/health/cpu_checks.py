"""What is said of a machine's cores: how many, how fast, and whose they are. Pure."""

from rush_hour.judge.health.diagnosis import Diagnosis, Grade
from rush_hour.judge.health.facts import Facts, MachineState
from rush_hour.judge.trust import OTHER_LOAD_RATIO
from rush_hour.units import format_percent

ENOUGH_CORES = 4  # for a server, what is before and behind it, and the load generator
STEAL_HINDERS_RATIO = 0.01  # a core that is gone in one of a hundred instants is in the 99th percentile
STEAL_NOTED_RATIO = 0.001  # and so in the 99.9th
OTHER_LOAD_NOTED_RATIO = 0.05
STEADY_GOVERNORS = {"performance", "userspace"}  # which leave the frequency as it is
FAST_CLOCKS = {"tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter", "riscv_clocksource", "timebase"}
NOT_TOLD = "not told"


def cores(facts: Facts) -> Diagnosis:
    """Say how many cores there are for the measurement."""
    state, change, why = facts.state, "", ""
    found = f"{state.cores}"
    if state.online_cores is not None and state.online_cores > state.cores:
        found += f" of {state.online_cores}"
        cpus = f"0-{state.online_cores - 1}"
        change = f"docker run --cpuset-cpus={cpus}" if state.is_container else f"taskset -c {cpus} rush-hour ..."
    verdict: Grade = "fine"
    if state.cores < ENOUGH_CORES:
        verdict = "hinders" if state.cores == 1 else "note"
        why = "Server and load generator take CPU from each other: figures are lower than with cores for each."
        change = change or f"measure on {ENOUGH_CORES} cores or more, or load from another machine"
    return Diagnosis(code="cores", what="cores", found=found, verdict=verdict, why=why, change=change)


def cpu_quota(facts: Facts) -> Diagnosis:
    """Say whether control groups take cores away for a part of the time."""
    state = facts.state
    code, what = "cpu-quota", "CPU quota"
    if not state.tells_quota:
        return Diagnosis(code=code, what=what, found=NOT_TOLD, verdict="unknown")
    if state.quota_cores is None or state.quota_cores >= state.cores:
        found = "none" if state.quota_cores is None else f"{state.quota_cores:g} cores"
        return Diagnosis(code=code, what=what, found=found, verdict="fine")
    return Diagnosis(
        code=code,
        what=what,
        found=f"{state.quota_cores:g} of {state.cores} cores",
        verdict="hinders",
        why="Who has used up the quota stands still until the next period, up to 100 ms: that is in the latencies.",
        change="docker run without --cpus; Kubernetes: no CPU limit; systemd: no CPUQuota=",
    )


def governor(facts: Facts) -> Diagnosis:
    """Say whether the cores keep their frequency."""
    governors = facts.state.governors
    if not governors:
        where = "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"
        return _untold(facts.state, "governor", "frequency governor", where)
    found = ", ".join(name if len(governors) == 1 else f"{name} ({count})" for name, count in sorted(governors.items()))
    if governors.keys() <= STEADY_GOVERNORS:
        return Diagnosis(code="governor", what="frequency governor", found=found, verdict="fine")
    return Diagnosis(
        code="governor",
        what="frequency governor",
        found=found,
        verdict="hinders",
        why="A core that was idle is slow at first: latency and CPU time for an answer depend on the rate.",
        change="cpupower frequency-set -g performance",
    )


def turbo(facts: Facts) -> Diagnosis:
    """Say whether the cores' speed depends on their heat."""
    found = facts.state.turbo
    if found is None:
        where = "/sys/devices/system/cpu/intel_pstate/no_turbo /sys/devices/system/cpu/cpufreq/boost"
        return _untold(facts.state, "turbo", "turbo", where)
    if not found.is_on:
        return Diagnosis(code="turbo", what="turbo", found="off", verdict="fine")
    return Diagnosis(
        code="turbo",
        what="turbo",
        found="on",
        verdict="note",
        why="Cores are faster when few of them work and while they are cool: first runs may be better than later ones.",
        change=found.off_command,
    )


def power(facts: Facts) -> Diagnosis | None:
    """Say that it runs on battery; nothing of a machine that does not."""
    if not facts.state.on_battery:
        return None
    return Diagnosis(
        code="battery",
        what="power",
        found="battery",
        verdict="hinders",
        why="A machine on battery saves power, more of it as the battery empties.",
        change="plug it in",
    )


def steal(facts: Facts) -> Diagnosis:
    """Say what the host of a virtual machine gives to its other guests."""
    ratio = facts.state.steal_ratio
    if ratio is None:
        return Diagnosis(code="steal", what="steal", found=NOT_TOLD, verdict="unknown")
    found, worst = f"{format_percent(ratio)} since boot", ratio
    if facts.noise is not None and facts.noise.steal_ratio is not None:
        found += f", {format_percent(facts.noise.steal_ratio)} in the calibration"
        worst = max(worst, facts.noise.steal_ratio)
    if worst == 0 and facts.state.is_virtual:
        return Diagnosis(
            code="steal",
            what="steal",
            found="0 %, as far as the host tells",
            verdict="unknown",
            why="Not every host tells its guests what it takes; a calibration sees the pauses.",
        )
    verdict: Grade = "hinders" if worst > STEAL_HINDERS_RATIO else "note" if worst > STEAL_NOTED_RATIO else "fine"
    if verdict == "fine":
        return Diagnosis(code="steal", what="steal", found=found, verdict=verdict)
    return Diagnosis(
        code="steal",
        what="steal",
        found=found,
        verdict=verdict,
        why="The host takes cores away for others: that is in latencies, and different in each run.",
        change="use a machine with cores of its own (dedicated, or bare metal); measure in repeats (--repeats)",
    )


def clock(facts: Facts) -> Diagnosis:
    """Say whether reading the time is cheap."""
    state = facts.state
    if state.clock is None:
        return Diagnosis(code="clock", what="clock", found=NOT_TOLD, verdict="unknown")
    if state.clock in FAST_CLOCKS:
        return Diagnosis(code="clock", what="clock", found=state.clock, verdict="fine")
    better = next((name for name in state.clocks if name in FAST_CLOCKS), None)
    file = "/sys/devices/system/clocksource/clocksource0/current_clocksource"
    return Diagnosis(
        code="clock",
        what="clock",
        found=state.clock,
        verdict="note",
        why="Each look at the time is a call of the kernel: servers and load generator look often.",
        change="" if better is None else f"echo {better} > {file}",
    )


def other_load(facts: Facts) -> Diagnosis:
    """Say what other programs use."""
    ratio = facts.other_load_ratio
    if ratio is None:
        return Diagnosis(code="other-load", what="other programs", found="not looked at", verdict="unknown")
    verdict: Grade = "hinders" if ratio > OTHER_LOAD_RATIO else "note" if ratio > OTHER_LOAD_NOTED_RATIO else "fine"
    return Diagnosis(
        code="other-load",
        what="other programs",
        found=f"{format_percent(ratio)} of the CPU",
        verdict=verdict,
        why="" if verdict == "fine" else "What they take is missing in the figures, and comes and goes.",
        change="" if verdict == "fine" else "end what else runs: ps -eo pid,pcpu,args --sort=-pcpu | head",
    )


def _untold(state: MachineState, code: str, what: str, where: str) -> Diagnosis:
    """Say that a machine does not tell something, and who would know."""
    change = "look in the firmware's settings"
    if state.is_virtual or state.is_container:
        change = f"ask who runs the host: cat {where}"
    return Diagnosis(
        code=code,
        what=what,
        found=NOT_TOLD,
        verdict="unknown",
        why="The machine does not tell; how fast its cores are may change all the same.",
        change=change,
    )
