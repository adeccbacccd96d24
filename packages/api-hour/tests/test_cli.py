"""The command line: the published forms, exit codes, and what is said about bad input."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from recorded_daemon import clear_options, leave_process_alone, run_recorded

import api_hour
from api_hour import cli
from api_hour.config import Location, TcpBind, UnixBind
from api_hour.config.target_text import FORMS as TARGET_FORMS

COMMANDS = ("api_hour", "api-hour")


@pytest.fixture(autouse=True)
def no_options_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clear_options(monkeypatch, tmp_path)


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str]:
    """Run a command line that cannot work; return its exit code and all it wrote to standard error."""
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    output = capsys.readouterr()
    assert output.out == ""
    return caught.value.code, output.err


# The published forms.


def test_the_published_command_line_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main_yaml = tmp_path / "etc" / "benchmarks" / "main" / "main.yaml"
    main_yaml.parent.mkdir(parents=True)
    main_yaml.touch()

    command_line = "-ac -b unix:/tmp/api_hour.sock -b 0.0.0.0:8008 benchmarks:Container"
    settings, spec = run_recorded(monkeypatch, *command_line.split())

    assert settings.auto_config
    assert settings.binds() == (UnixBind(path="/tmp/api_hour.sock"), TcpBind(host="0.0.0.0", port=8008))  # noqa: S104
    assert spec.target == "benchmarks:Container"
    assert spec.chdir == str(tmp_path)
    assert spec.main_yaml == str(main_yaml)


@pytest.mark.parametrize("arguments", [["-w4"], ["-w", "4"], ["--workers", "4"], ["--workers=4"]])
def test_the_number_of_workers_has_a_short_and_a_long_form(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, _ = run_recorded(monkeypatch, *arguments, "app:Container")

    assert settings.workers == 4


@pytest.mark.parametrize("arguments", [["--config_dir", "conf"], ["--config_dir=conf"]])
def test_the_configuration_directory_is_made_absolute(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf" / "main").mkdir(parents=True)
    (tmp_path / "conf" / "main" / "main.yaml").touch()

    _, spec = run_recorded(monkeypatch, *arguments, "app:Container")

    assert spec.main_yaml == str(tmp_path / "conf" / "main" / "main.yaml")


def test_the_target_may_come_before_the_options(monkeypatch: pytest.MonkeyPatch) -> None:
    settings, spec = run_recorded(monkeypatch, "app.sub:Container", "-w4", "-ac", "--config_dir", _config_dir())

    assert (settings.workers, settings.auto_config, spec.target) == (4, True, "app.sub:Container")


def test_the_daemon_changes_to_the_directory_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "log.ini").touch()

    _, spec = run_recorded(monkeypatch, "--chdir", "below", "--logconfig", "log.ini", "app:Container")

    assert spec.chdir == str(tmp_path / "below") == str(Path.cwd())
    assert spec.log.logconfig == tmp_path / "log.ini"


def test_the_workers_are_given_backlog_and_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    timeouts = ("--graceful-timeout", "1.5", "--drain-timeout", "2.5", "-t", "3.5")
    _, spec = run_recorded(monkeypatch, "--backlog", "7", *timeouts, "app:Container")

    assert (spec.worker.backlog, spec.worker.graceful_timeout_s) == (7, 1.5)
    assert (spec.worker.drain_timeout_s, spec.worker.heartbeat_timeout_s) == (2.5, 3.5)


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out == f"{api_hour.__version__}\n"


@pytest.mark.parametrize("command", [[], ["stop"], ["reload"], ["status"]])
def test_the_help_has_words_and_no_types(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    cli.run([*command, "--help"])

    said = capsys.readouterr().out
    assert re.findall(r"--\S+ (?:-\w )?(?:INT|FLOAT|STR)\b|default: (?:False|None|\(\)|\d+\.0\])", said) == []


def test_the_help_names_every_option_and_its_environment_variable(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--help"]) == 0

    text = capsys.readouterr().out
    for word in (
        "TARGET",
        "--bind",
        "-b",
        "--workers",
        "-w",
        "WEB_CONCURRENCY",
        "--auto_config",
        "-ac",
        "--config_dir",
    ):
        assert word in text


def test_the_template_s_command_line_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of dev_server.sh, which the cookiecutter template of 0.8.2 writes."""
    main_yaml = tmp_path / "etc" / "app" / "main" / "main.yaml"
    main_yaml.parent.mkdir(parents=True)
    main_yaml.touch()

    settings, _ = run_recorded(monkeypatch, "-w", "1", "-t", "999999", "-ac", "app:Container")

    assert (settings.workers, settings.heartbeat_timeout_s, settings.auto_config) == (1, 999999, True)


def test_the_workers_are_told_their_name_their_log_and_their_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["--log-level", "debug", "--log-file", "a.log", "-p", "a.pid", "--chdir", "below"]
    (tmp_path / "below").mkdir()

    settings, spec = run_recorded(monkeypatch, *arguments, "-n", "demo", "app:Container")

    assert (spec.name, spec.log.log_level, spec.log.log_file) == ("demo", "debug", tmp_path / "a.log")
    assert settings.pid_file == tmp_path / "a.pid"
    assert spec.identity is None


def test_the_processes_are_named_after_the_target_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_recorded(monkeypatch, "app:Container")[1].name == "app:Container"


def test_the_bits_of_new_files_are_set_for_the_whole_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.umask(0o022)
    try:
        run_recorded(monkeypatch, "--umask", "027", "app:Container")
        assert os.umask(0o022) == 0o027
    finally:
        os.umask(before)


def test_what_gunicorn_would_have_done_is_named_and_why_it_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "conf.py").write_text("preload_app = True\nsendfile = True\nssl_context = print\n")

    settings, _ = run_recorded(monkeypatch, "-c", "conf.py", "app:Container")

    assert settings.workers == os.cpu_count()
    assert caplog.messages == [
        (
            "conf.py: preload_app does nothing here: each worker imports the application itself, in a fresh "
            "interpreter, so that a reload takes new code and no thread, connection or lock is forked"
        ),
        "conf.py: sendfile does nothing here: only whole files are sent by it, and always",
        "conf.py: ssl_context does nothing here",
    ]


# Bad input.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Parameter TARGET requires an argument."),
        ([":Container"], f"TARGET: expected {TARGET_FORMS}; got ':Container'."),
        (["app:A:B"], f"TARGET: expected {TARGET_FORMS}; got 'app:A:B'."),
        (["a/b.py:C"], f"TARGET: expected {TARGET_FORMS}; got 'a/b.py:C'. The module of that file is a.b."),
        (["app:C", "more"], "expected one TARGET; what is 'more'? See api_hour --help."),
        (["--nope", "app:C"], "Unknown option: --nope."),
        (["-b"], "Parameter -b requires an argument."),
        (
            ["-b", "nowhere", "app:C"],
            (
                "-b: expected HOST:PORT, [IPV6]:PORT, unix:PATH, unix:@NAME, udp:HOST:PORT, udp:[IPV6]:PORT or fd://N, "
                "such as 127.0.0.1:8000; got 'nowhere'."
            ),
        ),
        (["-w", "many", "app:C"], "-w: expected a whole number; got 'many'."),
        (["-w0", "app:C"], "-w: expected 1 or more, got 0."),
        (["--backlog", "0", "app:C"], "--backlog: expected 1 or more, got 0."),
        (
            ["--graceful-timeout", "-1", "app:C"],
            "--graceful-timeout: expected 0 or more, got -1.0.",
        ),
        (
            ["--boot-timeout", "nan", "app:C"],
            "--boot-timeout: expected 0 or more, got nan.",
        ),
        (["--config_dir", "no", "app:C"], "--config_dir: expected a directory, got 'no'."),
        (["--chdir", "no", "app:C"], "--chdir: expected a directory, got 'no'."),
        (["-c", "no", "app:C"], "-c: expected a file, got 'no'."),
        (["--pid", "no/a.pid", "app:C"], "--pid: expected a file in a directory that exists, got 'no/a.pid'."),
        (["--log-file", ".", "app:C"], "--log-file: expected a file in a directory that exists, got '.'."),
        (["--umask", "8", "app:C"], "--umask: expected up to three octal digits, such as 0660; got '8'."),
        (["--unix-mode", "rw", "app:C"], "--unix-mode: expected up to three octal digits, such as 0660; got 'rw'."),
        (["--user", "no such", "app:C"], "--user: expected the name or number of a user; there is no 'no such'."),
        (["--group", "no such", "app:C"], "--group: expected the name or number of a group; there is no 'no such'."),
        (
            ["--log-level", "loud", "app:C"],
            "--log-level: expected one of trace, debug, info, warning, error, critical; got 'loud'.",
        ),
        (["--max-rss", "1T", "app:C"], "--max-rss: expected bytes, such as 512M or 2G; got '1T'."),
        (["stop", "--timeout", "-1"], "--timeout: expected 0 or more, got -1.0."),
        (["reload", "--workers", "3"], "Unknown option: --workers."),
        (["--logconfig", "no", "app:C"], "--logconfig: expected a file, got 'no'."),
    ],
)
def test_a_wrong_command_line_is_one_message_and_exit_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert complaint(capsys, *arguments) == (2, f"api_hour: {message}\n")


@pytest.mark.parametrize("name", ["WEB_CONCURRENCY", "API_HOUR_WORKERS"])
def test_a_wrong_environment_variable_is_named(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, "many")

    assert complaint(capsys, "app:C") == (
        2,
        f"api_hour: {name} in the environment: expected a whole number; got 'many'.\n",
    )


def test_auto_config_without_a_directory_is_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert complaint(capsys, "-ac", "app:C") == (
        2,
        (
            f"api_hour: --auto_config: expected a directory {tmp_path}/etc/app; there is none. "
            "Name one with --config_dir.\n"
        ),
    )


def test_a_directory_without_the_main_file_is_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    leave_process_alone(monkeypatch)

    assert complaint(capsys, "--config_dir", str(tmp_path), "app:C") == (
        2,
        f"api_hour: --config_dir: expected a file {tmp_path}/main/main.yaml; there is none.\n",
    )


def test_a_taken_port_is_exit_code_3(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    leave_process_alone(monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        assert complaint(capsys, "-b", f"127.0.0.1:{port}", "app:C") == (
            3,
            (
                f"api_hour: --bind 127.0.0.1:{port}: another process listens there already; "
                "stop it or choose another address.\n"
            ),
        )


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("nowhere:C", "ConfigError: TARGET 'nowhere:C': no module 'nowhere' in {directory} or the environment."),
        ("app:Missing", "ConfigError: TARGET 'app:Missing': module 'app' has no 'Missing'."),
    ],
)
def test_a_target_that_cannot_be_imported_is_exit_code_3(target: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").touch()

    ended = _run_command("api_hour", "-w1", "-b", "127.0.0.1:0", target)

    assert ended.returncode == 3
    assert ended.stdout == ""
    last_line = ended.stderr.splitlines()[-1]
    assert last_line == f"api_hour: no worker came up; the last said: {reason.format(directory=tmp_path)}"
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_both_console_scripts_are_the_same_command(command: str) -> None:
    ended = _run_command(command, "no-module")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"api_hour: TARGET: expected {TARGET_FORMS}; got 'no-module'.\n"


def _run_command(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name(command)
    return subprocess.run([program, *arguments], check=False, capture_output=True, text=True, timeout=60)


def _config_dir() -> str:
    main_yaml = Path("conf", "main", "main.yaml")
    main_yaml.parent.mkdir(parents=True)
    main_yaml.touch()
    return "conf"


# Status.


def asked(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[object, bool]:
    """Run `api_hour status` and return whose status would be shown, and whether as JSON."""
    asked_for: list[tuple[object, bool]] = []

    def record(location: Location, *, as_json: bool) -> int:
        asked_for.append((location.monitor_bind(), as_json))
        return 0

    monkeypatch.setattr("api_hour.commands.status.status", record)
    assert cli.run(["status", *arguments]) == 0
    [found] = asked_for
    return found


def test_the_status_is_asked_for_where_the_monitor_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, "--monitor", "127.0.0.1:9000") == (TcpBind(host="127.0.0.1", port=9000), False)
    assert asked(monkeypatch, "--monitor", "unix:m.sock", "--json") == (UnixBind(path="m.sock"), True)
    monkeypatch.setenv("API_HOUR_MONITOR", "127.0.0.1:9001")
    assert asked(monkeypatch) == (TcpBind(host="127.0.0.1", port=9001), False)


def test_the_status_finds_the_monitor_in_the_daemon_s_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "etc" / "app" / "api_hour" / "gunicorn_conf.py"
    config.parent.mkdir(parents=True)
    config.write_text("monitor = 'unix:m.sock'\nworkers = 3\n")
    (tmp_path / "conf.toml").write_text("monitor = '127.0.0.1:9000'\nworkers = 3\n")

    assert asked(monkeypatch, "-c", str(config)) == (UnixBind(path="m.sock"), False)
    assert asked(monkeypatch, "-ac", "app:C") == (UnixBind(path="m.sock"), False)
    assert asked(monkeypatch, "-c", "conf.toml") == (TcpBind(host="127.0.0.1", port=9000), False)


@pytest.mark.parametrize("text", ["9000", "udp:127.0.0.1:9000", "fd://3"])
def test_a_monitor_needs_an_address_to_connect_to(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert complaint(capsys, "--monitor", text, "app:C") == (
        2,
        (
            "api_hour: --monitor: expected HOST:PORT, [IPV6]:PORT, unix:PATH or unix:@NAME, such as 127.0.0.1:9000; "
            f"got {text!r}.\n"
        ),
    )


def test_a_status_that_nobody_answers_is_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    assert complaint(capsys, "status", "--monitor", "unix:m.sock") == (
        3,
        "api_hour: no daemon answers at --monitor unix:m.sock: No such file or directory.\n",
    )


def test_without_watchfiles_a_reload_for_development_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    leave_process_alone(monkeypatch)

    assert complaint(capsys, "--reload", "-b", "127.0.0.1:0", "app:C") == (
        2,
        "api_hour: --reload: expected watchfiles to be installed; it is not. Install api-hour[reload].\n",
    )
