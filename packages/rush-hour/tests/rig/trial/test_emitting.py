"""What is written for the best contender, each started once."""

import json
import shlex
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from commands.in_process import rush_hour

from rush_hour.commands.trial_options import TriedApplicationOptions, TriedLoadOptions
from rush_hour.commands.trial_subject import find_tried, subject_of
from rush_hour.results.document import Document, System
from rush_hour.results.trial import Contender, Estimate, Place, Trial
from rush_hour.rig.parts.nginx import find_nginx
from rush_hour.rig.parts.part import base_environment
from rush_hour.rig.parts.ports import Ports
from rush_hour.rig.trial.candidates import Axes
from rush_hour.rig.trial.emitting import emit, versions_of

APPLICATION = """\
from flask import Flask
app = Flask(__name__)

@app.get("/")
def index():
    return "hello"
"""


@dataclass(frozen=True)
class Emitted:
    """The directories of an application and of what was written for it."""

    application: Path
    files: Path


@pytest.fixture
def emitted(tmp_path: Path) -> Emitted:
    pytest.importorskip("gunicorn")
    application, files = tmp_path / "shop", tmp_path / "deploy"
    application.mkdir()
    (application / "app.py").write_text(APPLICATION)
    options = TriedApplicationOptions(server=("gunicorn",), directory=application)
    found, servers = find_tried("app:app", options)
    subject = subject_of(found, servers, TriedLoadOptions(), Axes(workers=(2,), threads=(2,)), front=False)
    [entrant] = subject.entrants
    estimate = Estimate(round=1, rate_per_s=100.0, low_per_s=90.0, high_per_s=110.0, measured_s=1.0)
    best = Contender(
        name="gunicorn", server="gunicorn", title="Gunicorn", workers=2, threads=2, loop=None, estimates=[estimate],
        place=Place(first=1, last=1),
    )  # fmt: skip
    trial = Trial(
        target="app:app", interface="wsgi", framework="flask", objective="p99 < 250ms", rounds=[], budget_s=1.0,
        took_s=1.0, repeats=1, connections=10, most_connections=10, processes=1, timeout_s=2.0, cpus=None,
        load_cpus=None, seed=1, restart_spread=0.03, contenders=[best],
    )  # fmt: skip
    versions = found.interpreter.versions(entrant.spec.packages)
    system = System(name="gunicorn", title="Gunicorn", status="ok", versions=versions)
    document = Document(schema_version=2, kind="try", systems=[system], trial=trial)
    paths = emit(files, document, subject, application, None)
    assert [path.name for path in paths] == ["app-app.service", "app-app.conf", "Dockerfile", "suite.toml"]
    assert versions_of(document, best) == versions
    return Emitted(application=application, files=files)


@pytest.fixture
def ports() -> Iterator[Ports]:
    with Ports() as taken:
        yield taken


@contextmanager
def running(words: Sequence[str], directory: Path) -> Iterator[None]:
    """Run a program, and stop it."""
    with subprocess.Popen(words, cwd=directory, env=base_environment()) as process:
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            finally:
                process.kill()


def ask(port: int) -> str:
    """Ask until there is an answer."""
    until_s = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                return str(answer.read(), "ascii")
        except OSError:
            assert time.monotonic() < until_s, "nobody answers"
            time.sleep(0.05)


def on_port(words: Sequence[str], port: int) -> list[str]:
    return [word.replace("8000", str(port)) for word in words]


def test_what_the_unit_starts_answers_also_through_the_site(emitted: Emitted, ports: Ports, tmp_path: Path) -> None:
    port, front = ports.take(18000), ports.take(18100)
    unit = (emitted.files / "app-app.service").read_text()
    lines = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line and not line.startswith("#"))
    assert lines["WorkingDirectory"] == str(emitted.application)
    site = (emitted.files / "app-app.conf").read_text()
    site = site.replace("127.0.0.1:8000", f"127.0.0.1:{port}").replace("listen 80;", f"listen 127.0.0.1:{front};")
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(
        f"daemon off; pid {tmp_path}/nginx.pid; error_log stderr;\nevents {{}}\nhttp {{ access_log off;\n{site}\n}}\n"
    )
    nginx = [str(find_nginx(None)), "-p", str(tmp_path), "-c", str(configuration), "-e", "stderr"]
    (tmp_path / "logs").mkdir()
    subprocess.run([*nginx, "-t"], check=True, capture_output=True)
    with ExitStack() as stack:
        stack.enter_context(running(on_port(shlex.split(lines["ExecStart"]), port), emitted.application))
        assert ask(port) == "hello"
        stack.enter_context(running(nginx, tmp_path))
        assert ask(front) == "hello"


def test_the_container_command_answers(emitted: Emitted, ports: Ports) -> None:
    port = ports.take(18000)
    [command] = [line for line in (emitted.files / "Dockerfile").read_text().splitlines() if line.startswith("CMD ")]

    words = json.loads(command.removeprefix("CMD "))

    assert "0.0.0.0:8000" in words
    with running(on_port(words, port), emitted.application):
        assert ask(port) == "hello"


def test_the_suite_is_benched(
    emitted: Emitted, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments: list[str | Path] = ["-R", "20", "-d", "1s", "--warmup", "0", "--output", tmp_path / "out"]

    said = rush_hour(capsys, "bench", emitted.files / "suite.toml", *arguments)

    assert said.code in {0, 4}, said.err  # other programs may use the machine
    assert "gunicorn: " in said.err
    assert (tmp_path / "out" / "result.json").exists()
