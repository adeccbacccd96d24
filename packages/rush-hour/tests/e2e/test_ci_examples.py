"""The workflows of `examples/ci/`, run as far as they can be: a checkout of two commits, and each step's own lines.

What installs is left out, for everything is installed here already; and everything is shorter.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from e2e.rush_hour_process import PROGRAMS
from rig.deadlines import TIMEOUT_S

REPOSITORY = Path(__file__).parents[4]
FILES = REPOSITORY / "examples" / "ci"
PAGE = REPOSITORY / "docs" / "rush-hour" / "check.md"
AS_SOMEBODY = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "somebody"), ("EMAIL", "somebody@example.org"))
}

pytestmark = pytest.mark.timeout(6 * TIMEOUT_S)


class Checkout:
    """A project of two commits, checked out as a runner does it.

    Args:
        directory: where to.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        suite = (FILES / "rush-hour.toml").read_text()
        shorter_ones = (('"20s"', '"1s"'), ('"3s"', '"0"'), ("workers = 2", "workers = 1"))
        for old, new in (*shorter_ones, ('"/"', '"/upload"')):  # whose answer does not tell which port was free
            assert old in suite
            suite = suite.replace(old, new)
        (directory / "rush-hour.toml").write_text(f'{suite}\n[require]\nall = "good >= 0%"\n')
        (directory / "app.py").write_text((REPOSITORY / "examples" / "deploy" / "app.py").read_text())
        (directory / "requirements.txt").write_text("api-hour\n")
        self.run("git init --quiet . && git add . && git commit --quiet --message before")
        self.base = self.run("git rev-parse HEAD").strip()
        (directory / "app.py").write_text(f"{(directory / 'app.py').read_text()}\n# changed\n")
        self.run("git commit --quiet --all --message after")

    def run(self, script: str, *, codes: tuple[int, ...] = (0,), **environment: str) -> str:
        """Run the lines of a step as runners do, and return what is printed."""
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.directory,
            env=os.environ
            | AS_SOMEBODY
            | {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}", "GIT_CONFIG_GLOBAL": os.devnull}
            | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=5 * TIMEOUT_S,
        )
        assert done.returncode in codes, f"{script}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def install(self) -> None:
        """Put the environment of the tests in the place of those that a workflow makes."""
        for tree in (".", "base"):
            (self.directory / tree / ".venv").symlink_to(sys.prefix)

    def assert_is_decided(self, shown: str, *, code: int) -> None:
        """See that both were measured as often as was asked for, and that all that is required is told of."""
        document = json.loads((self.directory / "results" / "result.json").read_bytes())
        assert {system["name"]: len(system["runs"]) for system in document["systems"]} == {"base": 2, "head": 2}
        assert document["require"] == {"all": ["good >= 0%"], "systems": {}, "baseline": None}
        suite = ET.parse(self.directory / "rush-hour.xml").getroot()[0]  # noqa: S314  # ours
        names = [case.attrib["name"] for case in suite.iter("testcase")]
        assert names == ["good >= 99.9%", "p99 < 250ms", "p50 <= baseline * 1.1"]
        assert all(name in shown for name in names)
        assert code in {0, 1, 4}  # which of them, a busy machine decides


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """The project, at the commit of the change."""
    return Checkout(tmp_path)


def workflow(name: str) -> Any:
    return yaml.safe_load((FILES / name).read_text())


def shorter(script: str) -> str:
    """A step that measures for less long."""
    return re.sub(r"--repeats 5", "--repeats 2", script)


def test_the_github_workflow_measures_both_commits_and_decides(checkout: Checkout, tmp_path: Path) -> None:
    [job] = workflow("github.yml")["jobs"].values()
    base, install, measure, decide = (step for step in job["steps"] if "run" in step)
    assert base["env"] == {"BASE": "${{ github.event.pull_request.base.sha }}"}
    summary = tmp_path / "summary.md"

    checkout.run(base["run"], BASE=checkout.base)
    assert "pip install 'rush-hour[rig]'" in install["run"]
    checkout.install()
    assert measure["continue-on-error"] is True
    checkout.run(shorter(measure["run"]), codes=(0, 1, 4))
    out = checkout.run(f'{decide["run"].rstrip()} || echo "code $?"', GITHUB_STEP_SUMMARY=str(summary))

    code = int(out.rpartition("code ")[2]) if "code " in out else 0
    checkout.assert_is_decided(out, code=code)
    assert bool(re.search(r"^::(error|warning) title=", out, re.MULTILINE)) == (code != 0)
    assert summary.read_text(encoding="utf-8").startswith("**")


def test_the_gitlab_pipeline_measures_both_commits_and_decides(checkout: Checkout) -> None:
    job = workflow("gitlab-ci.yml")["rush-hour"]
    base, install, measure, decide = job["script"]

    checkout.run(base, CI_MERGE_REQUEST_DIFF_BASE_SHA=checkout.base)
    assert "pip install 'rush-hour[rig]'" in install
    checkout.install()
    checkout.run(shorter(measure))
    out = checkout.run(f'{decide.rstrip()} || echo "code $?"')

    checkout.assert_is_decided(out, code=int(out.rpartition("code ")[2]) if "code " in out else 0)
    assert job["artifacts"]["reports"]["junit"] == "rush-hour.xml"
    assert all((checkout.directory / name).exists() for name in job["artifacts"]["paths"])


def test_every_file_is_shown_by_the_page() -> None:
    shown = re.findall(r"^```\{literalinclude\} (.*)$", PAGE.read_text(), re.MULTILINE)

    assert sorted((PAGE.parent / name).resolve() for name in shown) == sorted(FILES.iterdir())
