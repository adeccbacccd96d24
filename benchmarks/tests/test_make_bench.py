"""`make bench` and the exit codes of what it runs: a program that does nothing else stands for `rush-hour`."""

import os
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


def make_bench(directory: Path, code: int) -> "subprocess.CompletedProcess[str]":
    program = directory / "bin" / "rush-hour"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "asked: $*"\nexit {code}\n')
    program.chmod(0o755)
    (directory / "bin" / "python").touch()
    (directory / ".bench").touch()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", f"VENV={directory}", "ARGS=--only x", "bench"],
        cwd=REPOSITORY,
        env=environment,  # as a person's: `make test` may run this
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("code", [0, 4])
def test_figures_in_doubt_are_no_error_of_makes(tmp_path: Path, code: int) -> None:
    done = make_bench(tmp_path, code)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"{tmp_path}/bin/rush-hour bench benchmarks/suites/published.toml --only x\n"
        "asked: bench benchmarks/suites/published.toml --only x\n"
    )


@pytest.mark.parametrize("code", [1, 2, 3])
def test_anything_else_is_an_error_of_makes_with_its_code(tmp_path: Path, code: int) -> None:
    done = make_bench(tmp_path, code)

    assert done.returncode == 2
    assert f"Error {code}" in done.stderr
