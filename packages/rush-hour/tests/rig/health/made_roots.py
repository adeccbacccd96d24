"""Trees that stand for / of other machines."""

from collections.abc import Mapping
from pathlib import Path

CPU = "sys/devices/system/cpu"
CLOCK = "sys/devices/system/clocksource/clocksource0"
BARE_METAL = {
    "proc/cpuinfo": "processor\t: 0\nmodel name\t: A\nflags\t\t: fpu sse\nprocessor\t: 1\nflags\t\t: fpu sse\n",
    "proc/stat": "cpu  100 0 50 800 10 0 20 20 5 0\ncpu0 1 2 3\n",
    "proc/sys/net/core/somaxconn": "4096\n",
    "proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n",
    "proc/self/cgroup": "0::/user.slice/me\n",
    "proc/self/mountinfo": "30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n",
    "sys/fs/cgroup/user.slice/cpu.max": "max 100000\n",
    f"{CPU}/online": "0-3,8\n",
    f"{CPU}/cpu0/cpufreq/scaling_governor": "performance\n",
    f"{CPU}/cpu1/cpufreq/scaling_governor": "powersave\n",
    f"{CPU}/cpu2/cpufreq/scaling_governor": "powersave\n",
    f"{CPU}/intel_pstate/no_turbo": "0\n",
    f"{CLOCK}/current_clocksource": "hpet\n",
    f"{CLOCK}/available_clocksource": "tsc hpet acpi_pm \n",
}


def made_root(directory: Path, files: Mapping[str, str]) -> Path:
    """Write files below a directory, and return it."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return directory
