"""Virtual environments of a few files, made in no time."""

import sys
import venv
from pathlib import Path


def made_environment(directory: Path, **distributions: str) -> Path:
    """Make an environment with a program `hello` and with distributions, and return its directory of programs.

    Args:
        directory: of the environment.
        distributions: versions by name.
    """
    venv.create(directory, symlinks=True, with_pip=False)
    program = directory / "bin" / "hello"
    program.write_text("#!/bin/sh\necho hello\n")
    program.chmod(0o755)
    packages = directory / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    for name, version in distributions.items():
        information = packages / f"{name}-{version}.dist-info"
        information.mkdir(parents=True)
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return directory / "bin"
