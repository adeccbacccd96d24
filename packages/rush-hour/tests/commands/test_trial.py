"""What `rush-hour try` refuses before anything is started; whole trials are in `e2e`."""

import os
from pathlib import Path

import pytest
from commands.in_process import rush_hour

from rush_hour.commands.trial_options import TrialPlaceOptions, parse_counts, parse_cpus, parse_loops
from rush_hour.errors import UsageError

WSGI = "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'hello']\n"


@pytest.fixture
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An application in the working directory."""
    (tmp_path / "app.py").write_text(WSGI)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["app.py:app/"], "APP: expected MODULE:OBJECT, such as shop.main:app; got 'app.py:app/'."),
        (["app:app", "--path", "no slash"], "--path: expected a path that starts with '/', got 'no slash'."),
        (
            ["app:app", "--budget", "soon"],
            "--budget: expected a duration above 0, such as 10s, 500ms or 5m; got 'soon'.",
        ),
        (["app:app", "--workers", "1,0"], "--workers: expected a whole number above 0, such as 400 or 10k; got '0'."),
        (
            ["app:app", "--loops", "asyncio,trio"],
            "--loops: expected event loops among asyncio, uvloop, with commas; got 'asyncio,trio'.",
        ),
        (["app:app", "--server", "uvicorn"], "--server: uvicorn serves ASGI, and app:app is an application of WSGI: "),
        (
            ["app:app", "--max-connections", "5"],
            "--max-connections: expected at least as many as --connections (10), got 5.",
        ),
        (["app:app", "--cpus", "1-0"], "--cpus: expected numbers of CPUs, such as 0,1 or 0-3; got '1-0'."),
        (["app:app", "--load-cpus", "²"], "--load-cpus: expected numbers of CPUs, such as 0,1 or 0-3; got '²'."),
        (["app:app", "--emit", "app.py"], "--emit: app.py cannot be made: File exists."),
        (
            ["app:app", "--emit", "."],
            "--emit: expected a new or an empty directory, and . has files; name another one.",
        ),
        (["app:app", "--resume", "out"], "out/result.json: "),
        (["app:app", "--resume", "out", "--label", "x"], "--resume: expected no --label with it: it goes on where it "),
        (["app:app", "--empty-threads"], "Unknown option: --empty-threads."),
        (["app:app", "--slo", "p98 < 1ms"], "--slo: clause 'p98 < 1ms': expected a metric"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_started(
    application: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    said = rush_hour(capsys, "try", *arguments)

    assert said.code == 2
    assert said.err.removeprefix("rush-hour: ").startswith(message)
    assert not (application / "rush-hour-results").exists()


def test_a_path_and_a_file_of_requests_exclude_each_other(
    application: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (application / "requests.toml").write_text('[[requests]]\npath = "/"\n')

    said = rush_hour(capsys, "try", "app:app", "--path", "/", "--requests", "requests.toml")

    assert (said.code, said.err) == (2, "rush-hour: --path: expected either a path or --requests, got both.\n")


def test_where_no_server_is_installed_each_is_named_with_what_brings_it(
    application: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = rush_hour(capsys, "try", "app:app", "--server", "mod_wsgi")

    assert said.code == 3
    assert said.err.startswith("rush-hour: no server that serves app:app is installed for ")
    assert said.err.endswith(
        ". Install some, or let --fetch do it for the while:\nApache with mod_wsgi: pip install mod_wsgi\n"
    )


def test_numbers_have_commas_between_them_and_each_counts_once() -> None:
    assert parse_counts("4, 1,4", what="--workers") == (4, 1)
    assert parse_loops("uvloop,asyncio", what="--loops") == ("uvloop", "asyncio")


def test_cpus_are_numbers_or_spans_that_may_be_used_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 1, 2, 5})
    assert parse_cpus("0-2,5,5", what="--cpus") == (0, 1, 2, 5)

    with pytest.raises(UsageError) as caught:
        parse_cpus("3", what="--cpus")
    assert str(caught.value) == "--cpus: expected CPUs among those that may be used here, 0,1,2,5; got '3'."
    with pytest.raises(UsageError) as caught:
        parse_cpus("a", what="--cpus")
    assert str(caught.value) == "--cpus: expected numbers of CPUs, such as 0,1 or 0-3; got 'a'."


def test_servers_may_use_all_cpus_where_the_load_alone_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 1, 2, 5})

    assert TrialPlaceOptions().server_cpus is None
    assert TrialPlaceOptions(load_cpus=(0,)).server_cpus == (0, 1, 2, 5)
    assert TrialPlaceOptions(cpus=(1,), load_cpus=(0,)).server_cpus == (1,)
