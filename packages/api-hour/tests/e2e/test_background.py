"""A daemon in the background, found again by its pid file; users, titles and the service manager's sockets."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from daemon_process import Address, connect, end_in_time, kill_left, read_all, watched
from event_loops import TIMEOUT_S
from issued import Issuer, copy_files, subject_of
from started_process import POLL_S

from api_hour.process.pidfile import running_pid

PROGRAM = Path(sys.executable).with_name("api_hour")

# Needs no module that a user without rights on the interpreter's directory could not import.
APP = """
import os
import api_hour

async def answer(reader, writer):
    writer.write(repr({
        "pid": os.getpid(), "uid": os.getuid(), "gid": os.getgid(), "groups": os.getgroups(),
        "umask": os.umask(0o22), "listen": [name for name in os.environ if name.startswith("LISTEN_")],
    }).replace("'", '"').encode())
    writer.close()

class Container(api_hour.Container):
    def make_servers(self):
        return [answer]
"""

PID_FILE = Path("a.pid")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in a directory of its own; a daemon that is left there is killed."""
    monkeypatch.chdir(tmp_path)
    Path("app.py").write_text(APP)
    Path("a.log").touch()
    yield
    monkeypatch.chdir(tmp_path)
    if (pid := running_pid(PID_FILE)) is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    kill_left(Path("a.log"))


def api_hour(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself."""
    return subprocess.run([PROGRAM, *arguments], check=False, capture_output=True, text=True, timeout=TIMEOUT_S)


def launch(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Start a daemon in the background, with one worker on `a.sock`."""
    options = ("-D", "-w1", "-p", str(PID_FILE), "-b", "unix:a.sock", "--log-file", "a.log")
    return api_hour(*options, *arguments, "app:Container")


def ask(path: Address = "a.sock") -> dict[str, object]:
    with connect(path) as client:
        answer: dict[str, object] = json.loads(read_all(client))
    return answer


def daemon_pid() -> int:
    pid = running_pid(PID_FILE)
    assert pid is not None, Path("a.log").read_text()
    return pid


def wait_for_log(text: str) -> None:
    end_at_s = time.monotonic() + TIMEOUT_S
    while not Path("a.log").exists() or text not in Path("a.log").read_text():
        assert time.monotonic() < end_at_s, f"no {text!r} in the log:\n{Path('a.log').read_text()}"
        time.sleep(POLL_S)


def title(pid: object) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0")


def test_what_is_printed_goes_to_the_log_s_new_file_after_a_reload() -> None:
    Path("app.py").write_text(APP + '\nprint("imported", flush=True)\n')
    Path("conf.toml").write_text('log_file = "a.log"\nworkers = 1\npid = "a.pid"\nbind = "unix:a.sock"\n')
    assert api_hour("-D", "-c", "conf.toml", "app:Container").returncode == 0
    assert Path("a.log").read_text().count("imported\n") == 1

    Path("a.log").rename("first.log")
    Path("conf.toml").write_text(Path("conf.toml").read_text().replace("a.log", "b.log"))
    os.kill(daemon_pid(), signal.SIGHUP)
    Path("a.log").symlink_to("b.log")  # where this module looks
    wait_for_log("reload done")

    assert Path("b.log").read_text().count("imported\n") == 1
    assert Path("first.log").read_text().count("imported\n") == 1
    assert api_hour("stop", "--pid", "a.pid").returncode == 0


def test_it_serves_when_the_command_has_ended_and_is_stopped_through_its_pid_file() -> None:
    ended = launch()
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    with watched([daemon_pid()]) as supervisor:
        assert ask()["listen"] == []

        ended = api_hour("stop", "--pid", "a.pid")

        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
        assert end_in_time(supervisor)
    assert not PID_FILE.exists()
    assert not Path("a.sock").exists()


def test_its_processes_have_titles() -> None:
    assert launch("--name", "demo").returncode == 0

    assert title(daemon_pid()) == "api_hour: supervisor demo"
    assert title(ask()["pid"]) == "api_hour: worker 1 demo"
    assert api_hour("stop", "-p", "a.pid").returncode == 0


def test_it_says_why_it_does_not_serve() -> None:
    Path("app.py").write_text("1 / 0")

    ended = launch()

    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr == "api_hour: no worker came up; the last said: ZeroDivisionError: division by zero\n"
    assert not PID_FILE.exists()
    assert "Traceback" in Path("a.log").read_text()


def test_a_second_one_with_the_same_pid_file_is_refused_and_the_first_goes_on() -> None:
    assert launch().returncode == 0
    pid = daemon_pid()

    ended = launch("-b", "unix:b.sock")

    assert ended.returncode == 3
    ended = api_hour("-w1", "-p", "a.pid", "-b", "unix:b.sock", "app:Container")
    assert (ended.returncode, ended.stderr.splitlines()[-1]) == (
        3,
        (
            f"api_hour: --pid {Path.cwd()}/a.pid: the daemon with process id {pid} holds it; "
            "stop that one or choose another file."
        ),
    )
    assert not Path("b.sock").exists()
    assert daemon_pid() == pid
    assert ask()
    assert api_hour("stop", "-p", "a.pid").returncode == 0


def test_a_reload_finds_the_daemon_through_the_same_configuration() -> None:
    Path("conf.toml").write_text(
        """
pid = "a.pid"
bind = "unix:a.sock"
workers = 1
log_file = "a.log"
daemon = true
"""
    )
    assert api_hour("-c", "conf.toml", "app:Container").returncode == 0
    first_pid = ask()["pid"]

    assert api_hour("reload", "-c", "conf.toml").returncode == 0

    wait_for_log("reload done")
    assert ask()["pid"] != first_pid
    assert api_hour("stop", "-c", "conf.toml", "app:Container").returncode == 0


def test_a_reload_finds_the_daemon_through_its_directory_of_configuration() -> None:
    for name, text in {
        "main/main.yaml": "",
        "api_hour/gunicorn_conf.py": "pidfile = 'a.pid'\nbind = 'unix:a.sock'\nworkers = 1\nerrorlog = 'a.log'\n",
    }.items():
        path = Path("etc", "app", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert api_hour("-ac", "-D", "app:Container").returncode == 0

    assert api_hour("reload", "-ac", "app:Container").returncode == 0

    wait_for_log("reload done")
    assert api_hour("stop", "-ac", "app:Container").returncode == 0


def test_a_successor_takes_over_the_pid_file() -> None:
    assert launch().returncode == 0
    with watched([first_pid := daemon_pid()]) as first:
        os.kill(first_pid, signal.SIGUSR2)
        assert end_in_time(first)

    assert daemon_pid() != first_pid
    assert ask()
    assert api_hour("stop", "-p", "a.pid").returncode == 0
    assert not PID_FILE.exists()


@pytest.mark.parametrize("command", ["stop", "reload"])
def test_a_daemon_that_does_not_run_is_exit_code_1(command: str) -> None:
    ended = api_hour(command, "--pid", "a.pid")

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "api_hour: no daemon runs that holds a.pid; nothing was done.\n"


def test_a_daemon_that_takes_too_long_to_stop_goes_on_ending() -> None:
    hook = "    async def shutdown(self):\n        import asyncio\n        await asyncio.sleep(60)\n"
    Path("app.py").write_text(APP + hook)
    assert launch("--graceful-timeout", "60").returncode == 0

    ended = api_hour("stop", "-p", "a.pid", "--timeout", "0.1")

    assert (ended.returncode, ended.stderr) == (
        1,
        "api_hour: --timeout: the daemon that holds a.pid has not ended within 0.1 s; it goes on.\n",
    )


@pytest.fixture
def open_directory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory that every user may read: those of pytest are its own user's."""
    directory = Path(tempfile.mkdtemp(prefix="api_hour_test_"))
    directory.chmod(0o755)
    (directory / "app.py").write_text(APP)
    yield directory
    shutil.rmtree(directory)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_the_workers_are_another_user_and_the_supervisor_is_not(open_directory: Path) -> None:
    options = ("--chdir", str(open_directory), "--user", "nobody", "--umask", "027", "--unix-mode", "0640")
    ended = launch(*options, "-b", f"unix:{open_directory}/b.sock")
    assert ended.returncode == 0, ended.stderr

    answer = ask(f"{open_directory}/b.sock")

    assert (answer["uid"], answer["gid"], answer["umask"]) == (65534, 65534, 0o027)
    assert 0 not in list(map(int, answer["groups"]))  # type: ignore[call-overload]  # a list, as the application says
    assert Path(f"/proc/{daemon_pid()}").stat().st_uid == 0
    socket_file = (open_directory / "b.sock").stat()
    assert (socket_file.st_uid, socket_file.st_mode & 0o777) == (65534, 0o640)
    assert PID_FILE.stat().st_uid == 0
    assert api_hour("stop", "-p", "a.pid").returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_a_private_key_that_only_root_may_read_is_served_and_renewed(open_directory: Path, tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    files, new = issuer.issue("old"), issuer.issue("new")
    Path(str(files.key)).chmod(0o600)
    bind = f"unix:{open_directory}/b.sock,cert={files.cert},key={files.key}"
    ended = launch("--chdir", str(open_directory), "--user", "nobody", "-b", bind)
    assert ended.returncode == 0, ended.stderr

    def shown() -> str:
        with (
            connect(f"{open_directory}/b.sock") as client,
            issuer.client_context().wrap_socket(client, server_hostname="localhost") as tls,
        ):
            assert b'"uid": 65534' in tls.recv(1 << 16)
            return subject_of(tls)

    assert shown() == "old"
    copy_files(new, files)
    Path(str(files.key)).chmod(0o600)
    end_at_s = time.monotonic() + TIMEOUT_S
    while shown() != "new":
        assert time.monotonic() < end_at_s, Path("a.log").read_text()
        time.sleep(POLL_S)
    assert api_hour("stop", "-p", "a.pid").returncode == 0


def test_the_sockets_of_the_service_manager_are_served_beside_those_of_bind(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as given:
        fd = given.fileno()
        # Only the process itself knows the id that LISTEN_PID must name.
        script = f'export LISTEN_PID=$$ LISTEN_FDS=1; exec "$0" -w1 -b unix:a.sock app:Container 3<&{fd} {fd}<&-'
        with subprocess.Popen(
            ["bash", "-c", script, PROGRAM], pass_fds=[fd], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        ) as process:
            try:
                assert process.stderr is not None
                for line in process.stderr:
                    if "serves" in line:
                        break
                for address in ("a.sock", given.getsockname()):
                    assert ask(address)["listen"] == []
                process.terminate()
                process.communicate(timeout=TIMEOUT_S)
                assert process.returncode == 0
            finally:
                process.kill()
