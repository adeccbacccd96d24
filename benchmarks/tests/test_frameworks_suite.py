"""The published applications on API-Hour, beside the published six: short, at a rate that all hold."""

import json
import subprocess
from pathlib import Path

import pytest
from command_lines import BENCHMARKS, ENVIRONMENT, SUITE
from msgspec.structs import replace

from rush_hour.rig.suite.reading import read_suite

FRAMEWORKS = BENCHMARKS / "suites" / "frameworks.toml"
ON_API_HOUR = ["django-api-hour-nginx", "django-api-hour", "flask-api-hour-nginx", "flask-api-hour"]


def test_beside_those_on_api_hour_it_is_the_published_suite() -> None:
    published, frameworks = read_suite(SUITE), read_suite(FRAMEWORKS)

    others = [system for system in frameworks.systems if system.name not in ON_API_HOUR]
    assert replace(published, name="", title="") == replace(frameworks, name="", title="", systems=others)


@pytest.mark.timeout(180)
def test_django_and_flask_on_api_hour_answer_every_request_well_at_100_per_second(tmp_path: Path) -> None:
    """The suite pins the digest of the body, so good answers are those of the other servers."""
    only = [word for name in ON_API_HOUR for word in ("--only", name)]
    options = ["-R100", "-c50", "-d1s", "--warmup", "1s", "--workers", "2", "--output", tmp_path / "out", *only]
    process = subprocess.run(
        ["rush-hour", "bench", FRAMEWORKS, *options],
        cwd=BENCHMARKS,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    systems = json.loads((tmp_path / "out" / "result.json").read_text())["systems"]

    assert [system["name"] for system in systems] == ON_API_HOUR
    for system in systems:
        assert system["status"] == "ok", process.stdout
        assert system["runs"][0]["result"]["responses_good"] == 100, process.stdout
