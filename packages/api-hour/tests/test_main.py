"""`python -m api_hour`: the command, by another name."""

import subprocess
import sys

from api_hour.version import __version__


def ended(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api_hour", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def test_it_is_the_command_with_its_exit_codes() -> None:
    shown, refused = ended("--version"), ended("no.py")

    assert (shown.returncode, shown.stdout) == (0, f"{__version__}\n")
    assert refused.returncode == 2
    assert refused.stderr.startswith("api_hour: TARGET: expected MODULE, ")
