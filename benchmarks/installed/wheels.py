"""The two packages as their users have them: wheels, in empty environments, and what their READMEs say.

On the oldest and the newest supported CPython that is here. Of each package, first without extras: every command has
its help, and what needs an extra says so. Then with them: the indented lines of its README are run as they stand, but
on a free port and for a second each.

    python benchmarks/installed/wheels.py
"""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from interpreters import REPOSITORY, find_interpreters

PACKAGES = ("api-hour", "rush-hour")
STEP_TIMEOUT_S = 300
READY_TIMEOUT_S = 30
COMMANDS = {
    "api-hour": (("api_hour",), ("api_hour", "reload"), ("api_hour", "stop"), ("api_hour", "status")),
    "rush-hour": (
        ("rush-hour",),
        *(
            ("rush-hour", command)
            for command in (
                "init",
                "bench",
                "try",
                "load",
                "capacity",
                "compare",
                "check",
                "history",
                "report",
                "import",
                "serve",
                "database",
                "doctor",
            )
        ),
        ("wrk2",),
    ),
}
NEEDS_THE_RIG = """\
name = "rig"
title = "Needs the rig"
database = { load = [] }
systems = [{ name = "a", title = "A", command = "true {port}" }]
requests = [{ path = "/" }]
"""
SUITE = """\
name = "suite"
title = "The suite of the README"
requests = [{ path = "/" }]
load = { rate = 10, connections = 2, warmup = "0" }
[[systems]]
name = "before"
title = "The standard library's server"
command = "python -m http.server {port} --bind 127.0.0.1 --directory {run_directory}"
[[systems]]
name = "after"
title = "The standard library's server again"
command = "python -m http.server {port} --bind 127.0.0.1 --directory {run_directory}"
"""
APPLICATION = """\
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]
"""
SERVERS = ("gunicorn", "waitress")  # of the README's application
SHORTER = (
    (r"(-d|--duration) ?\d+[sm]", r"\1 1s"),
    (r"--rate 4k", "--rate 50"),
    (r"--repeats \d+", "--repeats 2 --duration 1s"),
    (r"--workers \d+", "--workers 1 --rate 50 --connections 5 --duration 1s"),
    (r"( capacity .*)", r"\1 --budget 30s"),
    (r"( doctor)$", r"\1 --calibrate 1s"),
)
# One of them, of each command; the last of a doctor.
SAID = (
    "hold",
    "do not trust",
    "requests in",
    "runs in",
    "100.00%",
    "than",
    "be compared",
    "be told",
    "measures well",
    "measure well",
)


def main() -> None:
    """Try both packages on each CPython, and end with what went wrong."""
    with tempfile.TemporaryDirectory(prefix="wheels-") as name:
        directory = Path(name)
        wheels = build_wheels(directory)
        for python in interpreters():
            for package in PACKAGES:
                say(f"{package} on {python}, without extras")
                try_without_extras(package, wheels[package], python, directory)
            say(f"the READMEs on {python}")
            try_readmes(wheels, python, directory)


def interpreters() -> list[str]:
    """Return the oldest and the newest supported CPython that is here."""
    found = [*find_interpreters().values()] or [sys.executable]
    return list(dict.fromkeys([found[0], found[-1]]))


def build_wheels(directory: Path) -> dict[str, Path]:
    """Build the wheels from copies of the packages, so that nothing is left in the tree."""
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("build", "*.egg-info", "__pycache__", "tests")
        shutil.copytree(REPOSITORY / "packages" / package, directory / package, ignore=ignored)
    sources = [str(directory / package) for package in PACKAGES]
    run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", *sources], directory)
    return {package: next(directory.glob(f"{package.replace('-', '_')}-*.whl")) for package in PACKAGES}


def try_without_extras(package: str, wheel: Path, python: str, directory: Path) -> None:
    """Install a wheel alone; see that every command has its help, and that what needs an extra names it."""
    with environment(python, [str(wheel)], directory) as programs:
        for command in COMMANDS[package]:
            run([str(programs / command[0]), *command[1:], "--help"], directory)
        if package == "rush-hour":
            (directory / "rig.toml").write_text(NEEDS_THE_RIG)
            said = run([str(programs / "rush-hour"), "bench", "rig.toml"], directory, codes=(3,))
            expect("pip install 'rush-hour[rig]'" in said, said)


def try_readmes(wheels: dict[str, Path], python: str, directory: Path) -> None:
    """Run the lines of both READMEs: one package's server is what the other's load is put on."""
    port = free_port()
    (directory / "hello.py").write_text(python_block(REPOSITORY / "packages" / "api-hour" / "README.md"))
    (directory / "suite.toml").write_text(SUITE)
    (directory / "app.py").write_text(APPLICATION)
    [serve] = readme_lines("api-hour", port)
    with (
        environment(python, [with_extras("api-hour", wheels)], directory) as programs,
        background([str(programs / serve[0]), *serve[1:]], directory),
    ):
        wait_for_answer(f"http://127.0.0.1:{port}/", b'{"hello":"world"}')
        with environment(python, [with_extras("rush-hour", wheels), *SERVERS], directory) as ours:
            for words in readme_lines("rush-hour", port):
                said = run([str(ours / words[0]), *words[1:]], directory, codes=(0, 4))
                expect(any(one in said for one in SAID), said)
            for results in ("results", "repeats", "rush-hour-results"):  # of the README, and of what names none
                shutil.rmtree(directory / results)


def with_extras(package: str, wheels: dict[str, Path]) -> str:
    """Return what to install: the wheel, with the extras that the README names."""
    [extras] = re.findall(rf"^    pip install '{package}(\[.+\])'$", readme(package), re.MULTILINE)
    return f"{wheels[package]}{extras}"


def readme_lines(package: str, port: int) -> list[list[str]]:
    """Return the words of each command line in a README, made short; without the installation."""
    lines = re.findall(r"^    ((?:api_hour|rush-hour|wrk2) .+)$", readme(package), re.MULTILINE)
    expect(bool(lines), f"the README of {package} has no command line")
    return [shlex.split(_shorter(line).replace(":8000", f":{port}")) for line in lines]


def _shorter(line: str) -> str:
    """Return a command line that takes a second or so."""
    for pattern, short in SHORTER:
        line = re.sub(pattern, short, line)
    return line


def python_block(path: Path) -> str:
    """Return the first block of Python in a document."""
    [block, *_] = re.findall(r"^```python\n(.*?)^```$", path.read_text(), re.MULTILINE | re.DOTALL)
    return str(block)


def readme(package: str) -> str:
    """Return the README of a package."""
    return (REPOSITORY / "packages" / package / "README.md").read_text()


@contextmanager
def environment(python: str, requirements: Sequence[str], directory: Path) -> Iterator[Path]:
    """Make an empty environment, install into it, yield the directory of its programs, and remove it."""
    place = Path(tempfile.mkdtemp(prefix="environment-", dir=directory))
    try:
        run([python, "-m", "venv", str(place)], directory)
        pip = [str(place / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        run([*pip, *requirements], directory)
        yield place / "bin"
    finally:
        shutil.rmtree(place)


@contextmanager
def background(command: list[str], directory: Path) -> Iterator[None]:
    """Run a program meanwhile; it must end well, or what it said is shown."""
    log_path = directory / "background.log"
    with (
        log_path.open("wb") as log,
        subprocess.Popen(
            command, cwd=directory, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STEP_TIMEOUT_S)
            finally:
                process.kill()
    said = log_path.read_text(errors="replace")
    expect(process.returncode == 0, f"{shlex.join(command)} ended with {process.returncode}:\n{said}")


def run(command: list[str], directory: Path, *, codes: Sequence[int] = (0,)) -> str:
    """Run a program, and return all that it says; it must end with one of these codes."""
    done = subprocess.run(
        command,
        cwd=directory,
        env=os.environ | {"PIP_ROOT_USER_ACTION": "ignore"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=STEP_TIMEOUT_S,
    )
    expect(done.returncode in codes, f"{shlex.join(command)} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def wait_for_answer(url: str, body: bytes) -> None:
    """Wait until a URL is answered with a body."""
    give_up_at_s = time.monotonic() + READY_TIMEOUT_S
    while True:
        try:
            with urllib.request.urlopen(url, timeout=READY_TIMEOUT_S) as answer:  # noqa: S310  # ours, on loopback
                expect(answer.read() == body, f"{url} was answered otherwise")
                return
        except OSError:
            expect(time.monotonic() < give_up_at_s, f"{url} was not answered")
            time.sleep(0.05)


def free_port() -> int:
    """Return a port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def expect(is_so: object, otherwise: str) -> None:
    """End the program with a message unless something is so."""
    if not is_so:
        sys.exit(f"wheels: {otherwise}")


def say(text: str) -> None:
    """Say what is tried now."""
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    main()
