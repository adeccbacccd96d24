"""`rush-hour import`: from what other tools wrote to a result, and what reports make of it."""

from pathlib import Path

import pytest
from commands.in_process import Said, rush_hour
from made_systems import Maker, bench

from rush_hour.results.file import read_document, write_document

Capture = pytest.CaptureFixture[str]
SAMPLES = Path(__file__).parents[1] / "imports" / "samples"
ANSWER = (
    "wrk had 1,303 good answers/s on 4 connections and a p99 of 107 ms, as wrk says; h2load had 7,992 good answers/s "
    "and no p99, as h2load says. Nothing of it was measured or checked here."
)


@pytest.fixture(autouse=True)
def imported(capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Said:
    """Two results, imported in the directory where commands run."""
    monkeypatch.chdir(tmp_path)
    return rush_hour(capsys, "import", SAMPLES / "wrk.txt", SAMPLES / "h2load.txt", "-o", "imported.json")


def test_what_tools_say_is_shown_with_dashes_for_what_they_do_not_say(imported: Said) -> None:
    assert (imported.code, imported.err) == (0, "")
    lines = imported.out.splitlines()
    assert lines[0] == ANSWER
    assert [line.split() for line in lines[3:6]] == [
        ["result", "tool", "load", "waiting", "percentiles", "of", "requests", "good/s", "failed",
         "ms", "ms", "ms", "ms"],
        ["wrk", "wrk", "closed", "left", "out", "histogram", "4,025", "1,303", "0", "2.36", "28.9", "107", "153"],
        ["h2load", "h2load", "closed", "left", "out", "percentiles", "10,000", "7,992", "4", "-", "-", "-", "12.5"],
    ]  # fmt: skip
    assert lines[7].startswith("! Waiting left out: ")
    assert lines[8] == "! h2load: h2load prints no percentiles."


def test_the_result_is_one_that_reports_read(capsys: Capture) -> None:
    document = read_document(Path("imported.json"))

    assert document.kind == "import"
    assert [(system.name, system.title) for system in document.systems] == [
        ("wrk", "http://127.0.0.1:18123/orders"), ("h2load", "h2load"),
    ]  # fmt: skip
    assert rush_hour(capsys, "report", "imported.json") == Said(0, f"{ANSWER}\n\npage: imported.html\n", "")
    page = Path("imported.html").read_text(encoding="utf-8")
    assert f'<p class="answer">{ANSWER}</p>' in page
    assert '<section id="imported"' in page
    assert '<section id="systems"' not in page
    markdown = rush_hour(capsys, "report", "imported.json", "--format", "markdown").out
    assert markdown.startswith(f"**{ANSWER}**\n\n| result | tool | load |")
    csv = rush_hour(capsys, "report", "imported.json", "--format", "csv").out.splitlines()
    assert csv[0].startswith("label,commit,started_at,kind,suite,system,title,status,verdict,reason,tool,load_model,")
    assert csv[2].endswith(",h2load,closed,left out,percentiles,,,,10000,9990,4,7992.0,1020.0,,,,,,,,12500.0")


def test_many_are_counted_and_files_of_one_name_told_apart_by_their_paths(capsys: Capture) -> None:
    Path("wrk.txt").write_bytes((SAMPLES / "wrk.txt").read_bytes())

    said = rush_hour(capsys, "import", "wrk.txt", SAMPLES / "wrk.txt", *SAMPLES.glob("hey.*"))

    assert said.out.startswith("4 results of other tools; nothing of it was measured or checked here.\n")
    assert f"\n{SAMPLES / 'wrk.txt'} " in said.out


def test_beside_a_result_of_our_own_both_are_shown(capsys: Capture, make: Maker) -> None:
    write_document(Path("own.json"), bench(make.holding("fast")))

    rush_hour(capsys, "report", "own.json", "imported.json", "-o", "both.html")

    page = Path("both.html").read_text(encoding="utf-8")
    assert "fast holds 1,000/s" in page
    assert '<section id="imported"' in page
    assert '<section id="systems"' in page
    text = rush_hour(capsys, "report", "own.json", "imported.json", "--format", "text").out
    assert text.startswith("fast holds 1,000/s")
    assert ANSWER in text
    assert ANSWER not in rush_hour(capsys, "report", "own.json", "imported.json", "--format", "markdown").out


def test_what_is_imported_is_not_overwritten(capsys: Capture) -> None:
    Path("wrk.txt").write_bytes(before := (SAMPLES / "wrk.txt").read_bytes())

    said = rush_hour(capsys, "import", "wrk.txt", "-o", "wrk.txt")

    assert said == Said(2, "", "rush-hour: --output: expected another file than the result itself, got 'wrk.txt'.\n")
    assert Path("wrk.txt").read_bytes() == before


def test_the_result_may_go_to_standard_output(capsys: Capture) -> None:
    Path("out.json").write_text(rush_hour(capsys, "import", SAMPLES / "wrk.txt", "-o", "-").out)

    assert [system.name for system in read_document(Path("out.json")).systems] == ["wrk"]


def test_an_import_has_no_runs_to_compare(capsys: Capture) -> None:
    assert rush_hour(capsys, "compare", "imported.json", "imported.json") == Said(
        2,
        "",
        "rush-hour: FIRST: expected a result of Rush Hour's own, got an import: its figures are of one run, and of "
        "what varies in it nothing is known; rush-hour report shows imports beside each other.\n",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "FILE: expected a result of another load generator; got none."),
        (("none",), "none: the file cannot be read: No such file or directory."),
        (("imported.json", "-o", "no/x"), "no/x: the result cannot be written: No such file or directory."),
    ],
)
def test_bad_input_is_told_in_one_line(capsys: Capture, arguments: tuple[str, ...], message: str) -> None:
    assert rush_hour(capsys, "import", *arguments) == Said(2, "", f"rush-hour: {message}\n")
