"""`rush-hour history`: from a directory of results to what is said of them, and the exit code."""

import json
from pathlib import Path

import pytest
from commands.in_process import Said, rush_hour
from history_documents import commit, days, document, latencies_us, write
from made_systems import Maker

Capture = pytest.CaptureFixture[str]
STEADY, SLOWER = latencies_us((30, 1000)), latencies_us((30, 1000), (6, 1080))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_change_is_told_with_its_size_its_commits_and_its_day(capsys: Capture, make: Maker) -> None:
    write(Path("results"), days(make, SLOWER))

    said = rush_hour(capsys, "history", "results")

    assert (said.code, said.err) == (0, "")
    answer, _, heading, conditions, *_ = said.out.splitlines()
    assert answer.startswith("p50 of app became ")
    assert answer.endswith(f" % slower between {commit(29)[:8]} and {commit(30)[:8]} on 2026-10-31.")
    assert heading == "app: 36 documents, 2026-10-01 02:30 to 2026-11-05 02:30 UTC"
    assert conditions == "1,000/s on 100 connections for 20 s, 2 cores of Fast"


def test_a_steady_history_says_so(capsys: Capture, make: Maker) -> None:
    write(Path("results"), days(make, STEADY))

    said = rush_hour(capsys, "history", "results", "--fail-on-new-change")

    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("app: no change over 30 documents.\n")


def test_unlike_things_are_series_of_their_own(capsys: Capture, make: Maker) -> None:
    write(Path("results/app"), days(make, STEADY))
    write(Path("results/other"), days(make, STEADY, name="other"))
    write(Path("results/labelled"), days(make, STEADY, label="nightly"))

    said = rush_hour(capsys, "history", "results")

    assert said.out.startswith("app (no label), app (nightly) and other: no change over 90 documents.\n")
    chosen = rush_hour(capsys, "history", "results", "--system", "app", "--label", "nightly")
    assert chosen.out.startswith("app: no change over 30 documents.\n")


def test_what_cannot_be_trusted_is_left_out_and_counted(capsys: Capture, make: Maker) -> None:
    made = days(make, STEADY)
    write(Path("results"), [*made, document(make, 40, 9000, trusted=False), made[3]])

    said = rush_hour(capsys, "history", "results")

    assert said.out.startswith("app: no change over 30 documents.\n")
    assert said.out.endswith(
        "! 1 measurement is left out: not to be trusted, or cut short (--untrusted has them in).\n"
        "! 1 measurement is left out: there already, in another file.\n"
    )
    assert "2026-11-10 02:30 ?" in rush_hour(capsys, "history", "results", "--untrusted").out


def test_where_nothing_can_be_trusted_nothing_passes(capsys: Capture, make: Maker) -> None:
    write(Path("results"), days(make, [1000, 1000], trusted=False))

    said = rush_hour(capsys, "history", "results", "--fail-on-new-change")

    assert said.code == 4
    assert said.err == "not confirmed: no document has a figure that can be trusted; measure again\n"
    assert rush_hour(capsys, "history", "results").code == 0


def test_a_new_change_fails_when_a_rerun_of_one_commit_confirms_it(capsys: Capture, make: Maker) -> None:
    made = days(make, SLOWER)
    write(Path("once"), made)
    write(Path("twice"), [*made, document(make, 36, 1085, code=commit(35))])
    write(
        Path("dirty"), [document(make, day, us, code=f"{commit(min(day, 34))}-dirty") for day, us in enumerate(SLOWER)]
    )

    once, twice, dirty = (rush_hour(capsys, "history", d, "--fail-on-new-change") for d in ("once", "twice", "dirty"))

    assert (once.code, twice.code, dirty.code) == (4, 1, 4)
    assert once.err.startswith("not confirmed: p50 became ")
    assert once.err.endswith("; measure the same commit again\n")
    assert twice.err.startswith("new: p50 became ")
    assert rush_hour(capsys, "history", "twice").code == 0


def test_a_change_that_is_no_longer_new_or_one_for_the_better_fails_nothing(capsys: Capture, make: Maker) -> None:
    write(Path("old"), days(make, latencies_us((30, 1000), (15, 1100))))
    write(Path("better"), days(make, latencies_us((30, 1000), (6, 900))))

    for directory in ("old", "better"):
        assert rush_hour(capsys, "history", directory, "--fail-on-new-change").code == 0
    assert rush_hour(capsys, "history", "old", "--fail-on-new-change", "--new-within", "15").code == 4


def test_a_newest_document_that_surprises_asks_for_a_rerun(capsys: Capture, make: Maker) -> None:
    write(Path("results"), days(make, [*STEADY, 1300]))

    said = rush_hour(capsys, "history", "results", "--fail-on-new-change")

    assert said.code == 4
    assert "; the newest document of app surprises (p50 +3" in said.out
    assert "not confirmed: p50 of the newest document surprises; measure the same commit again\n" in said.err


def test_every_night_after_a_step_asks_for_a_rerun_until_it_is_certain(capsys: Capture, make: Maker) -> None:
    for nights in (1, 2, 3):
        made = [*latencies_us((12, 1000)), *[1300] * nights]
        write(Path(f"{nights}"), days(make, made))
    said = [rush_hour(capsys, "history", f"{nights}", "--fail-on-new-change") for nights in (1, 2, 3)]

    assert [one.code for one in said] == [4, 4, 4]
    assert said[2].err.startswith("not confirmed: p50 became 29 % slower ")


def test_other_forms_go_to_standard_output_or_a_file(capsys: Capture, make: Maker) -> None:
    write(Path("results"), days(make, SLOWER))

    markdown = rush_hour(capsys, "history", "results", "--format", "markdown")
    as_json = rush_hour(capsys, "history", "results", "--format", "json", "-o", "x.json")
    page = rush_hour(capsys, "history", "results", "--format", "html")

    assert markdown.out.startswith("**p50 of app became ")
    assert as_json == Said(0, "", "")
    [series] = json.loads(Path("x.json").read_bytes())["series"]
    assert len(series["documents"]) == 36
    [change] = series["figures"][1]["changes"]
    assert (change["first"]["commit"], change["state"], change["is_worse"]) == (commit(30), "unconfirmed", True)
    assert page.out.endswith("\npage: history.html\n")
    assert Path("history.html").stat().st_size < 500_000


def test_order_is_that_of_time_and_the_newest_can_be_chosen(capsys: Capture, make: Maker) -> None:
    write(Path("results"), days(make, SLOWER)[::-1])

    whole = rush_hour(capsys, "history", "results", "--format", "json")
    last = rush_hour(capsys, "history", "results", "--last", "5")

    times = [one["started_at"] for one in json.loads(whole.out)["series"][0]["documents"]]
    assert times == sorted(times)
    assert last.out.startswith("app: no change over 5 documents.\n")
    assert "too few to tell (5 of 6)" in last.out


def test_no_result_is_written_over(capsys: Capture, make: Maker) -> None:
    write(Path("results"), days(make, [1000, 1001]))
    result = Path("results/000/result.json")
    before = result.read_bytes()

    said = rush_hour(capsys, "history", "results", "--format", "json", "-o", str(result))

    assert said == Said(2, "", f"rush-hour: --output: expected another file than the result itself, got '{result}'.\n")
    assert result.read_bytes() == before
    for _ in range(2):
        assert rush_hour(capsys, "history", "results", "--format", "json", "-o", "results/x.json").code == 0


def test_json_without_figures_is_counted(capsys: Capture) -> None:
    Path("results").mkdir()
    Path("results/x.json").write_text("[]")

    assert rush_hour(capsys, "history", "results").err.endswith("; got 1 file of JSON without figures.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none",), "DIR: expected a directory with result files below it, got 'none'."),
        (
            ("empty",),
            (
                "DIR: expected result files below empty, as `load --json FILE`, `bench` and `capacity` write them; "
                "got none."
            ),
        ),
        (("results", "--system", "x"), "--system: expected app; got 'x'."),
        (("results", "--label", "x"), "--label: expected none: no document has one; got 'x'."),
        (
            ("results", "--metric", "rps"),
            "--metric: expected goodput, p50, p99, p99.9, cpu, memory or capacity, got 'rps'.",
        ),
        (("results", "-o", "no/x"), "no/x: the result cannot be written: No such file or directory."),
        (
            ("results", "--format", "json", "-o", "results/000/result.json"),
            "--output: expected another file than the result itself, got 'results/000/result.json'.",
        ),
    ],
)
def test_bad_input_is_told_in_one_line(capsys: Capture, make: Maker, arguments: tuple[str, ...], message: str) -> None:
    Path("empty").mkdir()
    write(Path("results"), days(make, [1000]))

    assert rush_hour(capsys, "history", *arguments) == Said(2, "", f"rush-hour: {message}\n")
