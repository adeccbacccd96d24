"""Users who log in, from a file to the figures: `load` and `bench` against a server that knows them."""

from pathlib import Path

import session_server as server_with_logins
from e2e.rush_hour_process import rush_hour_process
from load_runs import assert_answered_well

from rush_hour.results.file import read_document

WORKLOAD = (
    server_with_logins.LOGIN
    + """
[[requests]]
name = "who I am"
weight = 3
path = "/me"

[[requests]]
name = "write"
method = "POST"
path = "/notes"
headers = { X-CSRF = "{{csrf}}" }
json = { text = "of {{user}}" }
expect = { status = 201 }
"""
)
SUITE = """\
name = "notes"
title = "Notes of users"

[load]
rate = 100
connections = 10
processes = 1
duration = "1s"
warmup = "0.5s"

[[systems]]
name = "one"
title = "One"
command = "python server.py {port}"

[[systems]]
name = "other"
title = "Other"
command = "python server.py {port}"
"""


def write(directory: Path, name: str, text: str) -> Path:
    """Write a file, and the rows of its users."""
    (directory / "users.csv").write_text("user\nann\nbob\n")
    (directory / name).write_text(text)
    return directory / name


def test_a_load_of_users_who_log_in_is_all_good(tmp_path: Path) -> None:
    targets, result = write(tmp_path, "targets.toml", WORKLOAD), tmp_path / "result.json"

    with server_with_logins.session_server() as url:
        options = ("-R200", "-c10", "-t2", "-d1s", "--warmup", "500ms", "--target-file", targets, "--json", result)
        with rush_hour_process("load", url, *options, directory=tmp_path) as process:
            code = process.wait()

    assert code in {0, 4}, process.err
    assert "the body of /me changes with each user or request: it is not looked at" in process.err
    [system] = read_document(result).systems
    [run] = system.runs
    assert_answered_well(run.result, 200)
    assert [one.name for one in run.result.requests] == ["who I am", "write"]


def test_a_login_that_is_refused_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    targets = write(tmp_path, "targets.toml", WORKLOAD.replace("secret of", "guess of"))

    with (
        server_with_logins.session_server() as url,
        rush_hour_process("load", url, "-R5", "--target-file", targets, directory=tmp_path) as process,
    ):
        code = process.wait()

    assert code == 3
    assert process.err == (
        f"rush-hour: {targets}:9: session.requests[1]: expected status 303 for /login, got 401: wrong password\n"
        "If this is a good answer, say so: expect = { status = 401 }.\n"
    )


def test_a_bench_of_systems_with_users_compares_what_can_be_compared(tmp_path: Path) -> None:
    suite = write(tmp_path, "suite.toml", SUITE + WORKLOAD)
    (tmp_path / "server.py").write_text(Path(server_with_logins.__file__).read_text())

    with rush_hour_process("bench", suite, "--output", tmp_path / "out", directory=tmp_path) as process:
        code = process.wait()

    assert code in {0, 4}, process.err
    systems = read_document(tmp_path / "out" / "result.json").systems
    assert [system.status for system in systems] == ["ok", "ok"]
    for system in systems:
        [run] = system.runs
        assert_answered_well(run.result, 100)
        assert [one.name for one in run.result.requests] == ["who I am", "write"]
        assert "the body of /me changes with each user or request: it is not looked at." in system.notes


def test_ctrl_c_ends_sessions_that_are_beginning(tmp_path: Path) -> None:
    """The server answers the two logins before the load, and no other."""
    targets = write(tmp_path, "targets.toml", WORKLOAD)
    program = Path(server_with_logins.__file__).read_text()
    counts = 'OFFICE["sessions"] += 1'
    assert program.count(counts) == 1
    never = f"{counts}\n            if OFFICE['sessions'] > 2:\n                return"
    (tmp_path / "server.py").write_text(program.replace(counts, never))

    with server_with_logins.session_server(tmp_path / "server.py") as url:
        options = ("-R5", "-c4", "-t2", "--target-file", targets)
        with rush_hour_process("load", url, *options, directory=tmp_path) as process:
            process.wait_until_it_says("beginning sessions")
            process.press_ctrl_c()
            code = process.wait()

    assert code == 130
