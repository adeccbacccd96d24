"""Which tests are run on which CPython."""

import sys
from pathlib import Path

import pytest
from interpreters import CLASSIFIER, REPOSITORY, find_interpreter, supported_versions, version_of
from pythons import plan

SUPPORTED = ["3.11", "3.12", "3.13", "3.14"]


@pytest.mark.parametrize(
    ("here", "targets"),
    [
        (["3.11", "3.12", "3.13", "3.14"], ["test-all", "test-engine", "test-engine", "test"]),
        (["3.11", "3.13"], ["test-all", "", "test", ""]),
        (["3.12"], ["", "test-all", "", ""]),
        ([], ["", "", "", ""]),
    ],
)
def test_the_oldest_and_the_newest_that_is_here_have_most_tests(here: list[str], targets: list[str]) -> None:
    runs = plan(SUPPORTED, {version: f"/bin/python{version}" for version in here}, made_with=None)

    assert [run.target for run in runs] == targets


def test_each_has_an_environment_of_its_own_and_the_one_of_the_checkout_is_used() -> None:
    runs = plan(SUPPORTED, {version: f"python{version}" for version in SUPPORTED}, made_with="3.12")

    assert [run.command for run in runs] == [
        ["make", "PYTHON=python3.11", "VENV=.venv-3.11", "test-all"],
        ["make", "PYTHON=python3.12", "VENV=.venv", "test-engine"],
        ["make", "PYTHON=python3.13", "VENV=.venv-3.13", "test-engine"],
        ["make", "PYTHON=python3.14", "VENV=.venv-3.14", "test"],
    ]


def test_one_that_is_not_here_is_named() -> None:
    runs = plan(SUPPORTED, {"3.11": "python3.11"}, made_with=None)

    assert [str(run) for run in runs] == [
        "CPython 3.11: all tests",
        "CPython 3.12: not here",
        "CPython 3.13: not here",
        "CPython 3.14: not here",
    ]


def test_both_packages_support_the_same_ones_and_this_is_one() -> None:
    [versions, others] = [
        CLASSIFIER.findall((REPOSITORY / "packages" / package / "pyproject.toml").read_text())
        for package in ("api-hour", "rush-hour")
    ]
    assert supported_versions() == versions == others
    assert version_of(sys.executable) in versions


def test_one_is_found_on_path_and_under_pyenv_unless_it_does_not_run_or_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def install(path: str, version: str) -> str:
        program = tmp_path / path
        program.parent.mkdir(parents=True)
        program.write_text(f'#!/bin/sh\necho "{version}"\n' if version else "#!/bin/sh\nexit 127\n")
        program.chmod(0o755)
        return str(program)

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "shims"))
    install("shims/python3.13", "")
    install(".pyenv/versions/3.13.0t/bin/python3.13", "3.13t")
    found = install(".pyenv/versions/3.13.1/bin/python3.13", "3.13")

    assert find_interpreter("3.13") == found
    assert find_interpreter("3.12") is None
