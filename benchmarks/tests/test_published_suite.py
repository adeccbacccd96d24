"""The published suite as `rush-hour bench` runs it: short, at a rate that every system holds."""

import json
import subprocess
from pathlib import Path

import pytest
from command_lines import BENCHMARKS, ENVIRONMENT, SUITE

PUBLISHED_SYSTEMS = [
    "django-meinheld", "django-uwsgi", "flask-meinheld", "flask-uwsgi", "api-hour-nginx", "api-hour",
]  # fmt: skip


@pytest.mark.timeout(300)
def test_all_six_systems_answer_every_request_well_at_100_per_second(tmp_path: Path) -> None:
    """The suite pins the digest of the body, so good answers are byte-identical over the systems."""
    process = subprocess.run(
        ["rush-hour", "bench", SUITE, "-R100", "-c100", "-d1s", "--warmup", "300ms", "--output", tmp_path / "out"],
        cwd=BENCHMARKS,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    document = json.loads((tmp_path / "out" / "result.json").read_text())

    assert [system["name"] for system in document["systems"]] == PUBLISHED_SYSTEMS
    for system in document["systems"]:
        if system["status"] == "unavailable":
            assert "meinheld" in system["name"], process.stdout
            continue
        assert system["status"] == "ok", process.stdout
        [run] = system["runs"]
        result = run["result"]
        assert (result["requests_due"], result["responses_good"]) == (100, 100), process.stdout
        is_direct = system["name"] == "api-hour"
        for role, usage in run["resources"].items():
            if is_direct and role == "proxy":
                assert usage is None
            else:
                assert usage["cpu_s"] > 0, role
                assert usage["max_rss_bytes"] > 0, role
    verdicts = [system["runs"][0]["verdict"] for system in document["systems"] if system["status"] == "ok"]
    assert process.returncode == (0 if all(verdict["trusted"] for verdict in verdicts) else 4), process.stdout
