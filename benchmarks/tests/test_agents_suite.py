"""The suite of the three ways to read: short, at a rate that all hold."""

import json
import subprocess
from pathlib import Path

from command_lines import BENCHMARKS, ENVIRONMENT


def test_all_three_ways_give_the_same_body(tmp_path: Path) -> None:
    """The suite pins the digest of the published body, so good answers are byte-identical."""
    suite = BENCHMARKS / "suites" / "agents.toml"
    process = subprocess.run(
        ["rush-hour", "bench", suite, "-R100", "-c20", "-d1s", "--warmup", "300ms", "--output", tmp_path / "out"],
        cwd=BENCHMARKS,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    systems = json.loads((tmp_path / "out" / "result.json").read_text())["systems"]

    assert [system["name"] for system in systems] == ["api-hour", "api-hour-json", "api-hour-coalesced"]
    for system in systems:
        assert system["status"] == "ok", process.stdout
        assert system["runs"][0]["result"]["responses_good"] == 100, process.stdout
