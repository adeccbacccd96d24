import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from commands.in_process import Said, rush_hour
from jsonschema import Draft202012Validator
from load_runs import request_of
from profiles import profile_of
from scripted_server import ScriptedServer

from rush_hour.commands import load as load_command
from rush_hour.core.arrivals import Constant
from rush_hour.core.expectation import Expectation
from rush_hour.core.profile.profile import LoadProfile, Phase
from rush_hour.core.profiled_arrivals import ProfiledEven, ProfiledPoisson
from rush_hour.core.schedule import Schedule
from rush_hour.judge.answer.answer import answer
from rush_hour.load.plan import LoadPlan
from rush_hour.load.run import Observer
from rush_hour.report.page_file import page
from rush_hour.results.document import RequireFacts
from rush_hour.results.file import json_schema, read_document
from rush_hour.results.run import Doubt, Histograms, LoadResult, PlanFacts, Run, Verdict

Capture = pytest.CaptureFixture[str]
Serve = Callable[..., ScriptedServer]
SHORT = ("-R100", "-t1", "-c4", "-d500ms")
DOUBT = Doubt(code="generator-saturated", message="the generator was busy.", hint="Use more processes.")


def run_in(path: Path) -> Run:
    """Return the one run of a load's document."""
    [system] = read_document(path).systems
    [run] = system.runs
    return run


@pytest.fixture
def url(serve: Serve) -> str:
    """The address of a server that answers `hello`."""
    return serve().url


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, plan: PlanFacts, result: LoadResult) -> Callable[..., list[LoadPlan]]:
    """Make a known report of every load, and return the plans that were asked for."""

    def set_up(*, trusted: bool = True, is_interrupted: bool = False) -> list[LoadPlan]:
        plans: list[LoadPlan] = []
        verdict = Verdict(trusted=trusted, warnings=[] if trusted else [DOUBT])
        nothing = Histograms(latency_us=None, service_time_us=None, send_lag_us=None, latency_bad_us=None)
        run = Run(plan=plan, result=replace(result, histogram=nothing), verdict=verdict, is_interrupted=is_interrupted)

        def measure(load_plan: LoadPlan, _parts: object, _observer: Observer) -> Run:
            plans.append(load_plan)
            return run

        monkeypatch.setattr(load_command, "measure", measure)
        return plans

    return set_up


def test_a_real_load_is_summed_up_and_written(capsys: Capture, url: str, tmp_path: Path) -> None:
    said = rush_hour(capsys, "load", url, *SHORT, "--warmup", "300ms", "--json", tmp_path / "r.json")

    run = run_in(tmp_path / "r.json")
    assert said.code == (0 if run.verdict.trusted else 4)
    assert run.plan == PlanFacts(
        url=url, rate_per_s=100.0, duration_s=0.5, warmup_s=0.3, connections=4, processes=1, arrivals="constant",
        timeout_s=2.0, seed=1,
    )  # fmt: skip
    assert run.result.requests_due == 50
    assert run.result.responses_good == run.result.responses_total > 0
    assert said.out.startswith(f"{answer(read_document(tmp_path / 'r.json'))}\n")
    assert f"\n\n{url}\n100/s on 4 connections for 0.5 s, 1 process\n\ngoodput " in said.out
    assert f"{run.result.good_ratio:.2%} of the 50 requests due" in said.out
    assert said.err == "connecting\nwarming up\nmeasuring\n"
    Draft202012Validator(json_schema()).validate(json.loads((tmp_path / "r.json").read_text()))


def test_a_page_may_be_written(
    capsys: Capture, url: str, measured: Callable[..., list[LoadPlan]], tmp_path: Path
) -> None:
    measured()
    files = ("--json", tmp_path / "r.json", "--html", tmp_path / "r.html")

    assert rush_hour(capsys, "load", url, "-R5", *files).code == 0

    assert (tmp_path / "r.html").read_text(encoding="utf-8") == page([read_document(tmp_path / "r.json")])


def test_a_page_that_cannot_be_written_takes_nothing_else_with_it(
    capsys: Capture, url: str, measured: Callable[..., list[LoadPlan]], tmp_path: Path
) -> None:
    measured()

    said = rush_hour(capsys, "load", url, "-R5", "--json", tmp_path / "r.json", "--html", "/dev/full")

    assert (said.code, said.err) == (
        1, "rush-hour: /dev/full: the result cannot be written: No space left on device.\n"
    )  # fmt: skip
    assert read_document(tmp_path / "r.json").kind == "load"


def test_a_real_load_in_wrk2s_words(capsys: Capture, url: str) -> None:
    said = rush_hour(capsys, "load", "--wrk2", *SHORT, "-L", url)

    lines = said.out.splitlines()
    assert lines[0] == f"Running 0s test @ {url}"
    assert lines[1] == "  1 threads and 4 connections"
    assert re.fullmatch(r"    Latency  +[\d.]+[um]?s +[\d.]+[um]?s +[\d.]+[um]?s +[\d.]+%", lines[3])
    assert "  Latency Distribution (HdrHistogram - Recorded Latency)" in lines
    assert re.fullmatch(r"  \d\d requests in \d+\.\d\d(ms|s), [\d.]+KB read", lines[-3])
    assert re.fullmatch(r"Requests/sec: +\d+\.\d\d", lines[-2])
    assert re.fullmatch(r"Transfer/sec: +[\d.]+KB", lines[-1])


def test_a_load_on_a_unix_socket(capsys: Capture, serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("s") / "x.sock"
    serve(unix=path)

    said = rush_hour(capsys, "load", "http://localhost/", *SHORT, "--unix", path)

    assert "of the 50 requests due" in said.out
    assert re.search(r"^answers +\d+   200: \d+ *$", said.out, re.MULTILINE)


def test_options_have_the_published_spelling(
    capsys: Capture, url: str, measured: Callable[..., list[LoadPlan]]
) -> None:
    plans = measured()

    rush_hour(capsys, "load", "-t12", "-c400", "-d5m", "-R", "4k", "-T", "500ms", "-H", "A: b", "-H", "C:d", url)

    [plan] = plans
    assert plan.schedule == Schedule(arrivals=Constant(rate_per_s=4000.0), duration_s=300.0, connections=400)
    assert (plan.processes, plan.timeout_s, plan.warmup) == (12, 0.5, None)
    assert request_of(plan).data.split(b"\r\n")[2:4] == [b"A: b", b"C: d"]


def test_defaults_are_those_of_wrk2(capsys: Capture, url: str, measured: Callable[..., list[LoadPlan]]) -> None:
    plans = measured()

    rush_hour(capsys, "load", url, "-R5")

    [plan] = plans
    assert plan.schedule == Schedule(arrivals=Constant(rate_per_s=5.0), duration_s=10.0, connections=10)
    assert (plan.processes, plan.timeout_s) == (2, 2.0)
    assert request_of(plan).expectation.body == b"hello"


def test_a_trusted_run_is_exit_code_0_and_another_4(
    capsys: Capture, url: str, measured: Callable[..., list[LoadPlan]]
) -> None:
    measured(trusted=True)
    assert rush_hour(capsys, "load", url, "-R5").code == 0

    measured(trusted=False)
    said = rush_hour(capsys, "load", url, "-R5")
    assert said.code == 4
    assert "\nDo not trust these figures: the load generator was the bottleneck.\n" in said.out
    assert said.out.endswith("\n\n! the generator was busy.\n  Use more processes.\n")


@pytest.mark.parametrize(
    ("text", "trusted", "code", "verdict"),
    [
        ("p99 < 2ms", True, 0, "met  p99 < 2ms  1.00 ms"),
        ("p99 < 500us", True, 1, "NOT MET  p99 < 500us  1.00 ms  100 % beyond"),
        ("memory < 1GiB", True, 1, "NO DATA  memory < 1GiB  it was not measured"),
        ("p99.99 < 1s", True, 4, "cannot tell  p99.99 < 1s  it says little of 10,000 good answers; 100,000 are needed"),
        (
            "p99 < 500us",
            False,
            4,
            "cannot tell  p99 < 500us  its figures cannot be trusted: the load generator",
        ),
    ],
)
def test_what_is_required_is_told_of_after_the_figures_and_decides_the_exit_code(
    capsys: Capture, url: str, measured: Callable[..., list[LoadPlan]], tmp_path: Path, *, text: str, trusted: bool,
    code: int, verdict: str,
) -> None:  # fmt: skip
    measured(trusted=trusted)

    said = rush_hour(capsys, "load", url, *SHORT, "--require", text, "--json", tmp_path / "r.json")

    assert (said.code, said.err) == (code, "")
    assert said.out.splitlines()[-1].startswith(verdict)
    assert read_document(tmp_path / "r.json").require == RequireFacts(all=[text])
    assert rush_hour(capsys, "check", tmp_path / "r.json").code == code


def test_what_was_interrupted_has_its_own_exit_code_whatever_was_required(
    capsys: Capture, url: str, measured: Callable[..., list[LoadPlan]]
) -> None:
    measured(is_interrupted=True)

    said = rush_hour(capsys, "load", url, *SHORT, "--require", "p99 < 1us")

    assert said.code == 130
    assert said.out.endswith("cannot tell  p99 < 1us  it was interrupted\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--require", "p99 < 5"),
            (
                "--require: clause 'p99 < 5': expected a duration with its unit, such as 100ms, 300us or 2s, or "
                "baseline * 1.05; got '5'."
            ),
        ),
        (
            ("--require", "p99 < baseline"),
            (
                "--require: clause 'p99 < baseline': expected no baseline: a load has none. Write the result with "
                "--json, and compare it with rush-hour check --baseline."
            ),
        ),
        (
            ("--require", "p99 < 1s", "--wrk2"),
            "--require: expected no --wrk2 with it, whose exit code says nothing of the figures.",
        ),
    ],
)
def test_what_cannot_be_required_is_told_before_anything_is_sent(
    capsys: Capture, url: str, measured: Callable[..., list[LoadPlan]], arguments: tuple[str, ...], message: str
) -> None:
    plans = measured()

    assert rush_hour(capsys, "load", url, *SHORT, *arguments) == Said(2, "", f"rush-hour: {message}\n")
    assert plans == []


def test_doubts_stay_out_of_wrk2s_words(capsys: Capture, url: str, measured: Callable[..., list[LoadPlan]]) -> None:
    measured(trusted=False)

    said = rush_hour(capsys, "load", "--wrk2", url, "-R5")

    assert said.out.splitlines()[-1].startswith("Transfer/sec: ")
    assert said.err == "generator-saturated: the generator was busy. Use more processes.\n"


def test_a_run_that_ended_is_exit_code_0_for_wrk2(
    capsys: Capture, url: str, measured: Callable[..., list[LoadPlan]]
) -> None:
    for facts in ({"trusted": False}, {"is_interrupted": True}):
        measured(**facts)
        assert rush_hour(capsys, "load", "--wrk2", url, "-R5").code == 0


def test_an_interrupted_run_is_summed_up_and_written_too(
    capsys: Capture, url: str, measured: Callable[..., list[LoadPlan]], tmp_path: Path
) -> None:
    measured(is_interrupted=True)

    said = rush_hour(capsys, "load", url, "-R5", "--json", tmp_path / "r.json")

    assert said.code == 130
    assert " held 1,000/s for 10.0 of 10 s, until it was interrupted: " in said.out
    assert "\nThese figures can be trusted.\n" in said.out
    assert read_document(tmp_path / "r.json").kind == "load"


RATE = "--rate: expected requests per second above 0, such as 500 or 2.5k; got {!r}."
DURATION = "expected a duration above 0, such as 10s, 500ms or 5m; got {!r}."
COUNT = "expected a whole number above 0, such as 400 or 10k; got {!r}."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-R0",), RATE.format("0")),
        (("-R=-5",), RATE.format("-5")),
        (("--rate", "fast"), RATE.format("fast")),
        (("-R", "9" * 400), RATE.format("9" * 400)),
        (("-R5", "-d0"), "--duration: " + DURATION.format("0")),
        (("-R5", "-d", "5min"), "--duration: " + DURATION.format("5min")),
        (("-R5", "--duration", "9" * 400), "--duration: " + DURATION.format("9" * 400)),
        (("-R5", "--warmup", "soon"), "--warmup: " + DURATION.format("soon")),
        (("-R5", "-T0"), "--timeout: " + DURATION.format("0")),
        (("-R5", "-c0"), "--connections: " + COUNT.format("0")),
        (("-R5", "-t1.5"), "--threads: " + COUNT.format("1.5")),
        (("-R5", "-t12", "-c4"), "--threads: expected at most as many as --connections (4), got 12."),
        (
            ("-R5", "-H", "no colon"),
            "--header: expected 'Name: value' in visible ASCII, got 'no colon': it has no colon.",
        ),
        (("-R5", "--body-file", "/proc/self/mem"), "--body-file: /proc/self/mem cannot be read: Input/output error."),
        (("-R5", "--json", "/none/r.json"), "/none/r.json: the result cannot be written: No such file or directory."),
        (("-R5", "--json", "x", "--html", "./x"), "--html: expected another file than that of --json, got 'x'."),
        (
            ("-R5", "--target-file", __file__, "--hlog", __file__),
            f"--hlog: expected another file than that of --target-file, got {__file__!r}.",
        ),
    ],
)
def test_bad_input_is_told_before_anything_is_sent(
    capsys: Capture, serve: Serve, arguments: tuple[str, ...], message: str
) -> None:
    server = serve()

    said = rush_hour(capsys, "load", server.url, *arguments)

    assert said == Said(2, "", f"rush-hour: {message}\n")
    assert server.connections == 0


def test_a_result_does_not_take_the_place_of_the_profile(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    profile = Path("day.toml")
    profile.write_text('[[phases]]\nrate = 5\nduration = "1s"\n')

    said = rush_hour(capsys, "load", "http://127.0.0.1:9/", "--profile", "day.toml", "--json", "./day.toml")

    assert said.code == 2
    assert "--json: expected another file than that of --profile, got 'day.toml'." in said.err
    assert profile.read_text().startswith("[[phases]]")


def test_what_is_no_url_is_refused(capsys: Capture) -> None:
    assert rush_hour(capsys, "load", "localhost:8008", "-R5") == Said(
        2,
        "",
        "rush-hour: URL: expected http:// or https:// and HOST:PORT/PATH, "
        "such as http://127.0.0.1:8008/agents; got 'localhost:8008'.\n",
    )


def test_a_url_without_a_server_is_exit_code_3(capsys: Capture, free_port: int, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port}/"

    said = rush_hour(capsys, "load", url, "-R5", "--json", tmp_path / "r.json")

    assert said == Said(3, "", f"rush-hour: URL: unable to connect to 127.0.0.1:{free_port}: Connection refused.\n")
    assert list(tmp_path.iterdir()) == []


def test_a_unix_socket_without_a_server_is_exit_code_3(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "none.sock"

    assert rush_hour(capsys, "load", "http://localhost/", "-R5", "--unix", path) == Said(
        3, "", f"rush-hour: URL: unable to connect to unix:{path}: No such file or directory.\n"
    )


def test_a_probe_that_cannot_say_what_is_good_is_refused(capsys: Capture, serve: Serve) -> None:
    server = serve(lambda number: b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % number)

    said = rush_hour(capsys, "load", server.url, "-R5", "--expect-body", "probe")

    assert (said.code, said.err) == (
        2,
        (
            "rush-hour: --expect-body: expected the same body from the server twice; that of /agents changes "
            "with each request. Say what is good with any, sha256:HEX or json:TEXT.\n"
        ),
    )


def test_a_result_may_be_written_to_a_pipe(capsys: Capture, url: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    rush_hour(capsys, "load", url, *SHORT, "--json", pipe)

    document = json.loads(os.read(reader, 1 << 20))
    os.close(reader)
    assert document["systems"][0]["runs"][0]["result"]["requests_due"] == 50
    assert pipe.is_fifo()


def numbered(number: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n%09d" % number


def test_a_body_that_changes_with_each_request_is_said_before_the_load(
    capsys: Capture, serve: Serve, measured: Callable[..., list[LoadPlan]]
) -> None:
    plans = measured()
    note = (
        "the body of /agents changes with each request: it is not looked at "
        "(--expect-body any says so, json:TEXT and sha256:HEX do otherwise)\n"
    )

    said = rush_hour(capsys, "load", serve(numbered).url, "-R5")
    assert (said.code, said.err.count(note)) == (0, 1)
    assert request_of(plans[0]).expectation == Expectation(statuses=frozenset({200}))

    assert note not in rush_hour(capsys, "load", serve(numbered).url, "-R5", "--expect-body", "any").err


def test_a_body_that_changed_after_the_probe_is_named_and_ends_trust(
    capsys: Capture, serve: Serve, tmp_path: Path
) -> None:
    server = serve(lambda number: numbered(max(0, number - 1)))

    said = rush_hour(capsys, "load", server.url, *SHORT, "--json", tmp_path / "r.json")

    run = run_in(tmp_path / "r.json")
    assert not run.verdict.trusted
    assert run.result.first_bad is not None
    assert run.result.first_bad.is_guess
    assert "it changes with each request or with time, unless it is wrong.\n  Say what is good: --expect-body any" in (
        said.out
    )
    assert "The first bad answer had a body that differs from byte 8 on (9 bytes, expected 9): b'00000000" in said.out


def test_a_wrong_body_is_a_finding_where_the_right_one_was_said(capsys: Capture, url: str, tmp_path: Path) -> None:
    wrong = ("--expect-body", 'json:{"a": 1}', "--expect-status", "200")

    said = rush_hour(capsys, "load", url, *SHORT, *wrong, "--json", tmp_path / "r.json")

    run = run_in(tmp_path / "r.json")
    assert "body-changes" not in {doubt.code for doubt in run.verdict.warnings}
    assert "answered badly" in said.out
    assert ". The first bad answer had a body that is not JSON; it begins with b'hello'." in said.out


def test_an_unwanted_answer_ends_the_command_unless_it_was_said_to_be_good(capsys: Capture, serve: Serve) -> None:
    url = serve(lambda _number: b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone").url

    assert rush_hour(capsys, "load", url, *SHORT) == Said(
        3,
        "",
        "rush-hour: URL: expected status 2xx for /agents, got 404: none\n"
        "If this is a good answer, say so: --expect-status 404.\n",
    )
    out = rush_hour(capsys, "load", url, *SHORT, "--expect-status", "404").out
    assert "bad answers" not in out
    assert re.search(r"^answers +\d+   404: \d+ *$", out, re.MULTILINE)


def test_wrk2_loads_whatever_the_answer_and_calls_none_good_that_is_not(
    capsys: Capture, serve: Serve, tmp_path: Path
) -> None:
    url = serve(lambda _number: b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone").url

    said = rush_hour(capsys, "load", "--wrk2", url, *SHORT, "--json", tmp_path / "r.json")

    run = run_in(tmp_path / "r.json")
    assert said.code == 0
    assert f"  Non-2xx or 3xx responses: {run.result.responses_total}\n" in said.out
    assert "The first bad answer had status 404, expected 2xx. " in said.err
    assert run.result.responses_total > 0
    assert run.result.responses_good == 0


SECRETS = ("hunter2", "//me", "aHVudGVyMg", "bWU6aHVudGVyMg==")


@pytest.mark.parametrize("more", [(), ("--wrk2", "-L")], ids=["rush-hour", "wrk2"])
def test_credentials_are_sent_and_never_shown_or_stored(
    capsys: Capture, serve: Serve, tmp_path: Path, more: tuple[str, ...]
) -> None:
    server = serve()
    url = server.url.replace("http://", "http://me:hunter2@")
    headers = ("-H", "X-Api-Key: hunter2", "-H", "Cookie: id=hunter2")
    files = ("--json", tmp_path / "r.json", "--hlog", tmp_path / "r.hlog", "--csv", tmp_path / "r.csv")

    said = rush_hour(capsys, "load", url, *SHORT, *headers, *files, *more)

    lines = server.requests[0].split(b"\r\n")
    assert b"Authorization: Basic bWU6aHVudGVyMg==" in lines
    assert b"X-Api-Key: hunter2" in lines
    assert b"Host: %s" % url.partition("@")[2].partition("/")[0].encode() in lines
    told = [said.out, said.err, *(path.read_text() for path in tmp_path.iterdir())]
    assert len(told) == 5
    assert not [secret for secret in SECRETS for text in told if secret in text]


@pytest.mark.parametrize(
    "arguments",
    [
        ("http://me:hunter2@127.0.0.1:x/",),
        ("http://me:hun/ter2@127.0.0.1/",),
        ("me:hunter2@127.0.0.1",),
        ("http://me:hunter2@127.0.0.1:9/",),
        ("http://127.0.0.1:9/", "-H", "Authorization Bearer hunter2"),
        ("http://127.0.0.1:9/", "-H", "X-Api Key: hunter2"),
        ("http://me:hunter2@127.0.0.1:9/", "--unix", "/none"),
    ],
)
def test_no_error_shows_credentials(capsys: Capture, arguments: tuple[str, ...]) -> None:
    said = rush_hour(capsys, "load", *arguments, "-R5")

    assert said.code in {2, 3}
    assert "hunter2" not in said.err.replace("hun/ter2", "hunter2")


def test_credentials_of_a_target_file_are_sent_and_never_shown(capsys: Capture, serve: Serve, tmp_path: Path) -> None:
    server = serve()
    targets = tmp_path / "targets.toml"
    targets.write_text('[[requests]]\npath = "/"\nheaders = { Authorization = "Bearer hunter2" }\n')
    url = server.url.replace("http://", "http://me:other@")

    said = rush_hour(capsys, "load", url, *SHORT, "--target-file", targets, "--json", tmp_path / "r.json")

    assert server.requests[0].count(b"Authorization: ") == 1
    assert b"Authorization: Bearer hunter2" in server.requests[0]
    assert not [text for text in (said.out, said.err, (tmp_path / "r.json").read_text()) if "hunter2" in text]
    targets.write_text('[[requests]]\npath = "/"\nheaders = { Authorization = "Bearer hunter2\\n" }\n')
    assert "hunter2" not in rush_hour(capsys, "load", url, "-R5", "--target-file", targets).err


def test_a_profile_is_followed_by_either_name_and_kind_of_arrivals(
    capsys: Capture, url: str, measured: Callable[..., list[LoadPlan]]
) -> None:
    plans, profile = measured(), profile_of("spike:200..2k/10s/2m")

    rush_hour(capsys, "load", url, "--profile", profile.text, "--warmup", "5s")
    rush_hour(capsys, "load", url, "--load-profile", profile.text, "--arrivals", "poisson", "--seed", "7")

    even, poisson = plans
    assert even.schedule == Schedule(arrivals=ProfiledEven(followed=profile), duration_s=120.0, connections=10)
    assert even.warmup == Schedule(arrivals=Constant(rate_per_s=200.0), duration_s=5.0, connections=10)
    assert poisson.schedule.arrivals == ProfiledPoisson(followed=profile, seed=7)
    facts = even.facts()
    assert (facts.profile, facts.rate_per_s, facts.duration_s, facts.highest_per_s) == (profile, 350.0, 120.0, 2000.0)


def test_a_profile_may_stand_in_a_file(
    capsys: Capture, url: str, measured: Callable[..., list[LoadPlan]], tmp_path: Path
) -> None:
    plans, file = measured(), tmp_path / "day.toml"
    file.write_text("[[phases]]\nname = 'noon'\nrate = 5\nduration = '3s'\n")

    rush_hour(capsys, "load", url, "--profile", file)

    assert plans[0].facts().profile == LoadProfile(text=str(file), phases=(Phase.constant("noon", 5, 3),))


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        (("-R5",), "--rate"),
        (("-d5s",), "--duration"),
        (("--max-requests", "9"), "--max-requests"),
        (("--closed-loop",), "--closed-loop"),
        (("-d5s", "-R5", "--max-requests", "9"), "--rate, --duration or --max-requests"),
    ],
)
def test_a_profile_says_how_much_and_for_how_long_alone(
    capsys: Capture, url: str, arguments: tuple[str, ...], given: str
) -> None:
    said = rush_hour(capsys, "load", url, "--profile", "soak:5/8s", *arguments)

    assert said == Said(
        2,
        "",
        f"rush-hour: --profile: expected no {given} with it: "
        "the profile says how many requests are due, and for how long.\n",
    )


def test_a_real_load_with_a_profile_is_summed_up_and_written(capsys: Capture, url: str, tmp_path: Path) -> None:
    said = rush_hour(
        capsys, "load", url, "--profile", "steps:50,100/500ms", "-t1", "--json", tmp_path / "r.json",
        "--html", tmp_path / "r.html", "--csv", tmp_path / "r.csv", "--hlog", tmp_path / "r.hlog",
    )  # fmt: skip

    assert "\n50/s to 100/s (steps:50,100/500ms) on 10 connections for 1 s, 1 process\n" in said.out
    assert re.search(r"^step 2 +100/s +50 +[0-9.]+ +[0-9]+ ", said.out, re.MULTILINE)
    result = read_document(tmp_path / "r.json").systems[0].runs[0].result
    assert [(phase.name, phase.due) for phase in result.phases] == [("step 1", 25), ("step 2", 50)]
    assert sum(phase.good for phase in result.phases) == result.responses_good == 75 - result.unanswered_at_end
    assert "of http://127.0.0.1:" in (tmp_path / "r.hlog").read_text()
    assert ", 50/s to 100/s (steps:50,100/500ms)" in (tmp_path / "r.hlog").read_text()
    assert ">step 2</th>" in (tmp_path / "r.html").read_text()


def test_a_profile_in_wrk2s_words_is_an_average(capsys: Capture, url: str) -> None:
    said = rush_hour(capsys, "load", "--wrk2", url, "--profile", "steps:50,100/500ms", "-t1")

    assert said.out.startswith("Running 1s test @ ")
    assert re.search(r"^Requests/sec: +7[0-5]\.\d\d$", said.out, re.MULTILINE)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--repeats", "2"), "--repeats: expected --start COMMAND with it: what is repeated is a start of the server."),
        (("--start", "nothing-such -x"), "--start: expected a program, found no 'nothing-such'."),
        (("--start", "'"), '--start: expected a command, got "\'": No closing quotation.'),
        (("--start", ""), "--start: expected a command, got none."),
        (
            ("--start", "true", "--repeats", "2", "--hlog", "h"),
            "--hlog: expected one run for it, not several starts; --json and --html have all.",
        ),
        (("--start", "true", "--until", "p9 5"), "--until: expected goodput, p50, p99, p99.9, cpu or memory with how"),
    ],
)
def test_wrong_starts_are_told(capsys: Capture, more: tuple[str, ...], message: str) -> None:
    said = rush_hour(capsys, "load", "http://127.0.0.1:1/", *SHORT, *more)

    assert said.code == 2
    assert said.err.startswith(f"rush-hour: {message}")
