"""The CPythons that the two packages support, and those of them that are here.

Found on PATH, and where pyenv and uv keep theirs. Free-threaded builds are none of them.
"""

import re
import shutil
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
CLASSIFIER = re.compile(r"Programming Language :: Python :: (3\.\d+)")
ELSEWHERE = (
    ".pyenv/versions/{version}.*/bin/python{version}",
    ".local/share/uv/python/cpython-{version}.*/bin/python3",
)
SAY_VERSION = """
import sys, sysconfig
print("%d.%d" % sys.version_info[:2], "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else "", sep="")
"""


def supported_versions() -> list[str]:
    """Return the supported versions, the oldest first, as the classifiers say."""
    return CLASSIFIER.findall((REPOSITORY / "packages" / "api-hour" / "pyproject.toml").read_text())


def find_interpreters() -> dict[str, str]:
    """Return the interpreters that are here, by version, the oldest first."""
    found = {version: find_interpreter(version) for version in supported_versions()}
    return {version: python for version, python in found.items() if python is not None}


def find_interpreter(version: str) -> str | None:
    """Return a CPython of a version; None if there is none that runs."""
    candidates = [path for path in (shutil.which(f"python{version}"),) if path is not None]
    for pattern in ELSEWHERE:
        candidates += map(str, sorted(Path.home().glob(pattern.format(version=version))))
    return next((candidate for candidate in candidates if version_of(candidate) == version), None)


def version_of(python: str) -> str | None:
    """Return an interpreter's version, such as `3.11`; None if it does not run, as pyenv's name for one does not."""
    says = subprocess.run([python, "-c", SAY_VERSION], capture_output=True, text=True, check=False)
    return says.stdout.strip() if says.returncode == 0 else None
