"""`rush-hour check`: from a result and what is required of it to an exit code."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from commands.in_process import Said, rush_hour
from compared_systems import repeated, run_of
from made_capacities import capacity
from made_systems import LATE, Maker, bench, load, system

from rush_hour.commands import check as check_command
from rush_hour.errors import OutputLost
from rush_hour.results.document import RequireFacts
from rush_hour.results.file import write_document

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def results(make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results, in the directory where commands run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    a, b = repeated(make, "a", 1000, 1001, 999), repeated(make, "b", 1200, 1201, 1199)
    for name, document in {
        "load.json": load(make.run()),
        "main.json": load(run_of(make, 1000)),
        "branch.json": load(run_of(make, 1200)),
        "untrusted.json": load(make.run(LATE, trusted=False)),
        "capacity.json": capacity(make),
        "empty.json": bench(),
        "hostile.json": bench(system("a\n::error::b\x1b[31m<b>", make.run()), system("c", make.run())),
        "own.json": replace(
            bench(a, b),
            require=RequireFacts(all=["p99 <= baseline * 1.1"], systems={"a": ["p99 < 2ms"]}, baseline="a"),
        ),
    }.items():
        write_document(Path(name), document)
    Path("results").mkdir()
    write_document(Path("results/result.json"), bench(a, b))


def test_what_is_met_is_code_0(capsys: Capture) -> None:
    said = rush_hour(capsys, "check", "load.json", "--require", "p99 < 2ms, good >= 99.9%")

    assert said == Said(
        0, "All 2 requirements are met.\n\nmet  p99 < 2ms      1.00 ms\nmet  good >= 99.9%    100 %\n", ""
    )


def test_what_is_not_met_is_code_1_and_by_how_much(capsys: Capture) -> None:
    said = rush_hour(capsys, "check", "load.json", "--require", "p99 < 500us", "--require", "good >= 99.9%")

    assert said == Said(
        1,
        "1 of 2 requirements is not met: p99 is 1.00 ms, not < 500 µs (100 % beyond).\n\n"
        "NOT MET  p99 < 500us    1.00 ms  100 % beyond\nmet      good >= 99.9%    100 %\n",
        "",
    )


def test_no_data_is_not_met(capsys: Capture) -> None:
    said = rush_hour(capsys, "check", "load.json", "--require", "memory < 1GiB")

    assert said.code == 1
    assert said.out.endswith("\nNO DATA  memory < 1GiB  it was not measured\n")


def test_what_cannot_be_trusted_is_code_4(capsys: Capture) -> None:
    said = rush_hour(capsys, "check", "untrusted.json", "--require", "p99 < 500us")

    assert said.code == 4
    assert said.out.splitlines()[0] == (
        "Whether the requirement is met cannot be told: p99 < 500 µs (its figures cannot be trusted: the load "
        "generator was late)."
    )


def test_a_baseline_is_another_result_or_a_system_of_the_same(capsys: Capture) -> None:
    text = "p99 <= baseline * 1.1"

    apart = rush_hour(capsys, "check", "branch.json", "--require", text, "--baseline", "main.json")
    within = rush_hour(capsys, "check", "results", "--require", text, "--baseline", "results/result.json:a")
    one = rush_hour(capsys, "check", "results:a", "--require", text, "--baseline", "results:b")

    assert apart.code == within.code == 1
    assert "p99 is 1.20 ms, not <= 1.10 ms (9.1 % beyond)" in apart.out
    assert within.out.splitlines()[2:] == ["NOT MET  p99 <= baseline * 1.1  1.20 ms  <= 1.10 ms  9 % to 9.1 % beyond"]
    assert one.code == 0


def test_a_result_that_was_required_something_is_asked_for_it(capsys: Capture) -> None:
    said = rush_hour(capsys, "check", "own.json")

    assert said.code == 1
    assert [line.split("  ")[0] for line in said.out.splitlines()[2:]] == ["met", "NOT MET"]
    assert rush_hour(capsys, "check", "own.json", "--require", "p99 < 2ms").code == 0
    assert rush_hour(capsys, "check", "own.json", "--baseline", "results:b").code == 0


def test_each_form_goes_to_its_file_whatever_the_verdict(capsys: Capture) -> None:
    files = {
        "--junit": "x.xml", "--markdown": "x.md", "--json": "x.json", "--smaller-is-better": "smaller.json",
        "--bigger-is-better": "bigger.json", "--bencher": "bencher.json",
    }  # fmt: skip

    said = rush_hour(
        capsys, "check", "load.json", "--require", "p99 < 500us, good >= 99.9%",
        *(word for pair in files.items() for word in pair),
    )  # fmt: skip

    assert (said.code, said.err) == (1, "")
    assert ET.parse("x.xml").getroot().tag == "testsuites"  # noqa: S314  # it was just made
    assert Path("x.md").read_text(encoding="utf-8").startswith("**1 of 2 requirements is not met")
    assert json.loads(Path("x.json").read_bytes())["exit_code"] == 1
    assert [len(json.loads(Path(name).read_bytes())) for name in ("smaller.json", "bigger.json", "bencher.json")] == [
        1, 1, 1,
    ]  # fmt: skip


def test_for_github_there_are_annotations_and_a_job_summary(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("summary.md").write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")

    said = rush_hour(capsys, "check", "hostile.json", "--require", "p99 < 500us", "--github")

    assert (said.code, said.err) == (1, "")
    lines = said.out.splitlines()
    stop, end = lines[0], next(number for number, line in enumerate(lines) if line == f"::{lines[0][17:]}::")
    assert stop.startswith("::stop-commands::")
    assert len(stop) > 40
    assert lines[end + 1 :] == [
        (
            "::error title=Not met%3A p99 < 500us::p99 of a ::error::b\N{REPLACEMENT CHARACTER}[31m<b> is 1.00 ms, not "
            "< 500 µs (100 %25 beyond)"
        ),
        "::error title=Not met%3A p99 < 500us::p99 of c is 1.00 ms, not < 500 µs (100 %25 beyond)",
    ]
    summary = Path("summary.md").read_text(encoding="utf-8")
    assert summary.startswith("before\n**None of 2 requirements is met")
    assert "<b>" not in summary


def test_outside_of_github_there_is_no_job_summary(capsys: Capture) -> None:
    said = rush_hour(capsys, "check", "load.json", "--require", "p99 < 1s", "--github")

    assert said.code == 0
    assert said.err == ("rush-hour: --github: no job summary is written: GITHUB_STEP_SUMMARY does not name its file.\n")


def test_nothing_is_said_to_github_that_is_not_asked_for(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")

    assert "::" not in rush_hour(capsys, "check", "load.json", "--require", "p99 < 500us").out
    assert not Path("summary.md").exists()


def test_a_name_of_several_lines_is_one(capsys: Capture) -> None:
    said = rush_hour(capsys, "check", "hostile.json", "--require", "p99 < 500us")

    assert not any(line.startswith("::") for line in said.out.splitlines())
    assert "\x1b" not in said.out


def test_what_cannot_be_written_is_lost_and_the_rest_is_not(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "no/summary.md")

    said = rush_hour(capsys, "check", "load.json", "--require", "p99 < 1s", "--github", "--json", "x.json")

    assert (said.code, said.err) == (
        1, "rush-hour: no/summary.md: the job summary cannot be written: No such file or directory.\n"
    )  # fmt: skip
    assert Path("x.json").exists()


def test_a_lost_file_is_told(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(path: Path, _data: bytes) -> None:
        raise OutputLost(f"{path}: gone")

    monkeypatch.setattr(check_command, "write_output", lose)

    said = rush_hour(capsys, "check", "load.json", "--require", "p99 < 1s", "--json", "x.json")

    assert (said.code, said.err) == (1, "rush-hour: x.json: gone\n")


UNFIT = (
    "expected the result of a load or bench, got that of a capacity (capacity.json), whose runs are of different loads."
)


def itself(text: str) -> str:
    return (
        "--baseline: expected another result than DOCUMENT, or a system of it behind a colon; "
        f"got {text!r}, which is what is checked."
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            "load.json",
            (
                "--require: expected an objective such as 'p99 < 100ms, good >= 99.9%'; got none, and the "
                "result has none of its own."
            ),
        ),
        (
            "load.json --require p99<5",
            (
                "--require: clause 'p99<5': expected a duration with its unit, such as 100ms, 300us or 2s, or "
                "baseline * 1.05; got '5'."
            ),
        ),
        (
            "load.json --require p99<baseline",
            "--require: clause 'p99<baseline': expected --baseline with it, a result to compare with.",
        ),
        (
            "load.json --require p99<1s --baseline main.json",
            "--baseline: expected a requirement with it, such as 'p99 <= baseline * 1.05'; none speaks of it.",
        ),
        ("load.json --require p99<baseline --baseline ./load.json", itself("./load.json")),
        ("results:a --require p99<baseline --baseline results:a", itself("results:a")),
        ("results:c --require p99<1s", "DOCUMENT: expected a system of results (a or b), got 'c'."),
        ("none.json --require p99<1s", "none.json: the result cannot be read: No such file or directory."),
        ("capacity.json --require p99<1s", f"DOCUMENT: {UNFIT}"),
        ("load.json --require p99<baseline --baseline capacity.json", f"--baseline: {UNFIT}"),
        (
            "empty.json --require p99<1s",
            "DOCUMENT: expected a result with a system, got empty.json, in which nothing was measured.",
        ),
        (
            "load.json --require p99<1s --junit no/x",
            "no/x: the result cannot be written: No such file or directory.",
        ),
        (
            "load.json --require p99<1s --smaller-is-better x --bigger-is-better x",
            "--bigger-is-better: expected another file than that of --smaller-is-better, got 'x'.",
        ),
        (
            "results --require p99<1s --json results/result.json",
            "--json: expected another file than that of DOCUMENT, got 'results/result.json'.",
        ),
        (
            "branch.json --require p99<baseline --baseline main.json --junit main.json",
            "--junit: expected another file than that of --baseline, got 'main.json'.",
        ),
    ],
)
def test_bad_input_is_told_in_one_line(capsys: Capture, arguments: str, message: str) -> None:
    assert rush_hour(capsys, "check", *arguments.split()) == Said(2, "", f"rush-hour: {message}\n")


def test_a_system_of_which_nothing_is_required_is_an_error(capsys: Capture, make: Maker) -> None:
    document = replace(bench(system("a", make.run())), require=RequireFacts(systems={"b": ["p99 < 1s"]}))
    write_document(Path("x.json"), document)

    assert rush_hour(capsys, "check", "x.json") == Said(
        2, "", "rush-hour: --require: expected a requirement of what is checked; there is none of x.json.\n"
    )
