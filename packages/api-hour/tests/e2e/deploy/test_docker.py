"""The Dockerfile of its page: its steps are run in a directory of their own, as far as that can be without an engine.

What is left out is what an engine does: the base image, layers, and the image's own file system, for which one
directory of this machine stands, whichever stage an instruction is of.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from daemon_process import Daemon, kill_left
from deployed import FILES, REPOSITORY, for_here
from dockerfile import Instruction, environment_of_image, instructions, stages
from monitored import MONITORED, document, monitor_of
from started_process import PROGRAMS, started

ROOT = "/srv"  # all that the image adds is below it
PYTHON_OF_IMAGE = "/usr/local/bin"
DOCKER_STOP_S = 10  # from its signal to KILL, unless said otherwise


class Image:
    """What the instructions have made, in a directory that everybody may read."""

    def __init__(self, directory: Path) -> None:
        self.root = directory
        self.path = for_here(environment_of_image()["PATH"], {ROOT: str(directory), PYTHON_OF_IMAGE: str(PROGRAMS)})

    def here(self, text: str) -> str:
        return re.sub(rf"{ROOT}\b", str(self.root), text)

    def run(self, command: Sequence[str], **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["/usr/bin/env", *[self.here(word) for word in command]],
            cwd=self.root,
            env=os.environ | {"PATH": self.path} | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """Carry out both stages; pip finds API-Hour's wheel in a directory, and its dependencies are those of the tests."""
    with tempfile.TemporaryDirectory(prefix="api-hour-image-") as name:
        root = Path(name) / "srv"
        root.mkdir()
        Path(name).chmod(0o755)
        made = Image(root)
        pip = {"PIP_NO_INDEX": "1", "PIP_PRE": "1", "PIP_NO_DEPS": "1", "PIP_FIND_LINKS": str(built_wheel(Path(name)))}
        for instruction in instructions():
            carry_out(instruction, made, pip | {"PIP_CONFIG_FILE": os.devnull})
        [packages] = (root / "venv" / "lib").glob("python*/site-packages")
        (packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
        yield made


def built_wheel(directory: Path) -> Path:
    """Build the wheel from a copy of the package, so that nothing is left in the tree; return where it is."""
    ignored = shutil.ignore_patterns("build", "*.egg-info", "__pycache__", "tests")
    shutil.copytree(REPOSITORY / "packages" / "api-hour", directory / "package", ignore=ignored)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--wheel-dir", directory / "wheels", directory / "package"], check=True, timeout=120)
    return directory / "wheels"


def carry_out(instruction: Instruction, image: Image, pip: dict[str, str]) -> None:
    match instruction.name:
        case "RUN":
            done = image.run(instruction.command, **pip)
            assert done.returncode == 0, done.stdout + done.stderr
        case "COPY" if instruction.options:
            source, target = instruction.rest.split(" ")
            assert source == target  # so the one directory will do for both stages
            assert Path(image.here(source)).exists()
        case "COPY":
            source, target = instruction.rest.split(" ")
            [found] = [path for path in (FILES / "docker" / source, FILES / source) if path.exists()]
            shutil.copy(found, image.here(target))


def one(name: str) -> Instruction:
    [found] = [instruction for instruction in stages()[""] if instruction.name == name]
    return found


def user() -> int | None:
    """Return the user of the image, if this one may become it, and it may then run this interpreter."""
    if os.geteuid() != 0:
        return None
    number = int(one("USER").rest.partition(":")[0])
    command = [sys.executable, "-c", "import api_hour"]
    try:
        subprocess.run(command, check=True, cwd="/", user=number, group=number, extra_groups=[])
    except (PermissionError, subprocess.CalledProcessError):
        return None
    return number


def test_what_starts_in_the_container_serves_is_healthy_and_ends_with_its_signal(image: Image) -> None:
    here = {"API_HOUR_BIND": MONITORED[1], "API_HOUR_MONITOR": MONITORED[3], "PATH": image.path}
    command = [*one("ENTRYPOINT").command, "-w1", *one("CMD").command]
    number = user()
    if number is not None:
        command = ["setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups", *command]
    with ExitStack() as stack:
        stack.callback(kill_left, image.root / "output.log")
        environment = environment_of_image() | here
        process = stack.enter_context(
            started(["/usr/bin/env", *command], directory=image.root, environment=environment)
        )
        running = Daemon(process)
        running.wait_ready(1)
        assert document(monitor_of(running), "/status")[1]["target"] == "app:app"
        assert uid_of(process.process.pid) == (number or os.geteuid())
        assert health(image, running).returncode == 0

        assert one("STOPSIGNAL").rest == "SIGTERM"
        process.process.terminate()
        assert process.wait() == 0
        assert health(image, running).returncode == 1  # 2 is reserved


def uid_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def health(image: Image, running: Daemon) -> "subprocess.CompletedProcess[str]":
    address = monitor_of(running)
    assert isinstance(address, tuple)
    return image.run([word.replace(":9000", f":{address[1]}") for word in one("HEALTHCHECK").command])


def test_what_is_installed_is_what_runs(image: Image) -> None:
    code = "import api_hour.cli, websockets; print(api_hour.cli.__file__)"

    assert image.run(["python", "-c", code]).stdout.startswith(str(image.root / "venv"))
    assert str(shutil.which("api_hour", path=image.path)).startswith(str(image.root / "venv"))


def test_the_image_is_as_its_page_says() -> None:
    [base] = stages()["base"][:1]
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+ AS base", base.rest)  # pinned, and both stages have it
    assert [stages()[name][0].rest for name in ("build", "")] == ["base AS build", "base"]
    assert "0" not in one("USER").rest.split(":")
    assert [each.name for each in stages()[""] if each.name in ("RUN", "CMD", "ENTRYPOINT")] == ["ENTRYPOINT", "CMD"]
    for instruction in instructions():
        if instruction.name in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
            assert instruction.command  # in exec form: no shell stands between the engine and the daemon
    exposed = {f"0.0.0.0:{port}" for port in one("EXPOSE").rest.split(" ")}
    assert exposed == {environment_of_image()[name] for name in ("API_HOUR_BIND", "API_HOUR_MONITOR")}


def test_what_is_copied_is_not_ignored() -> None:
    ignored, *wanted = (FILES / "docker" / ".dockerignore").read_text().split()
    copied = [each.rest.split(" ")[0] for each in instructions() if each.name == "COPY" and not each.options]

    assert ignored == "*"
    assert sorted(wanted) == sorted(f"!{name}" for name in copied)


def test_the_daemon_ends_before_docker_stop_kills_it() -> None:
    words = one("CMD").command

    assert float(words[words.index("--graceful-timeout") + 1]) + 2 <= DOCKER_STOP_S
