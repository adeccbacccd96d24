"""`rush-hour compare`: from result files to what is said of them."""

from pathlib import Path

import pytest
from commands.in_process import Said, rush_hour
from compared_systems import repeated
from made_capacities import capacity
from made_systems import LATE, Maker, bench, load, system

from rush_hour.results.file import write_document

Capture = pytest.CaptureFixture[str]
SAME = "are the same within ±2 %: good answers/s, p50, p99, p99.9, CPU per answer and peak memory.\n"


@pytest.fixture(autouse=True)
def results(make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results of benches, in the directory where commands run."""
    monkeypatch.chdir(tmp_path)
    a, b = repeated(make, "a", 1000, 1001, 1000), repeated(make, "b", 1200, 1201, 1200)
    for name, document in {
        "main": bench(a, b, label="main"),
        "branch": bench(a, b, label="branch"),
        "alone": bench(a),
        "untrusted": bench(system("a", make.run(LATE, trusted=False))),
        "others": bench(system("x"), system("y")),
    }.items():
        Path(name).mkdir()
        write_document(Path(name, "result.json"), document)


def test_systems_of_one_result_are_compared(capsys: Capture) -> None:
    said = rush_hour(capsys, "compare", "main:a", "main/result.json:b")

    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("b is slower than a: p50 +20.0 % ± 0.1 %, p99 ")
    assert "3 blocks, in each of which both were started once; ratios are of one block.\n" in said.out


def test_two_results_are_compared_system_by_system(capsys: Capture) -> None:
    said = rush_hour(capsys, "compare", "main", "branch/result.json")

    assert said.out.startswith(f"a (branch) and a (main) {SAME}b (branch) and b (main) {SAME}")


def test_a_margin_is_kept(capsys: Capture) -> None:
    said = rush_hour(capsys, "compare", "main:a", "main:b", "--margin", "30%")

    assert said.out.startswith("b and a are the same within ±30 %: ")


def test_other_forms_go_to_standard_output_or_a_file(capsys: Capture) -> None:
    printed = rush_hour(capsys, "compare", "main:a", "main:b", "--format", "markdown")

    assert printed.out.startswith("**b is slower than a: ")
    assert rush_hour(capsys, "compare", "main:a", "main:b", "--format", "markdown", "-o", "x.md") == Said(0, "", "")
    assert Path("x.md").read_text(encoding="utf-8") == printed.out
    text = rush_hour(capsys, "compare", "main:a", "main:b")
    assert rush_hour(capsys, "compare", "main:a", "main:b", "-o", "x.txt") == Said(0, "", "")
    assert Path("x.txt").read_text(encoding="utf-8") == text.out


def test_a_page_has_what_is_compared_alone(capsys: Capture) -> None:
    said = rush_hour(capsys, "compare", "main:a", "branch:a", "--format", "html")

    assert said.out.endswith("\npage: comparison.html\n")
    page = Path("comparison.html").read_text(encoding="utf-8")
    assert "a (branch) and a (main) are the same" in page
    assert 'id="system-1"' in page
    assert 'id="system-2"' not in page
    printed = rush_hour(capsys, "compare", "main:a", "branch:a", "--format", "html", "-o", "-")
    assert printed.out == page


def test_what_cannot_be_compared_at_all_has_an_exit_code_of_its_own(capsys: Capture) -> None:
    said = rush_hour(capsys, "compare", "alone", "untrusted")

    assert said == Said(4, "untrusted cannot be compared with alone: the figures of untrusted cannot be trusted.\n", "")


def test_a_system_may_have_colons_in_its_name(capsys: Capture, make: Maker) -> None:
    write_document(Path("load.json"), load(make.run()))

    said = rush_hour(capsys, "compare", "load.json:http://127.0.0.1:8008/agents", "load.json")

    assert (said.code, said.err) == (0, "")


def test_the_longest_beginning_that_is_there_is_the_file(capsys: Capture, make: Maker) -> None:
    for name, of in (("x", "a"), ("x:y", "b")):
        write_document(Path(name), bench(system(of, make.run())))

    assert rush_hour(capsys, "compare", "x:y:b", "x:a").code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("main", "none"), "none: the result cannot be read: No such file or directory."),
        (("main:c", "main:a"), "FIRST: expected a system of main (a or b), got 'c'."),
        (("main", "others"), "SECOND: expected a system that FIRST has too (a and b), got x and y."),
        (
            ("main", "branch", "--margin", "2"),
            "--margin: expected a share above 0% and below 100%, such as 2%; got '2'.",
        ),
        (
            ("main", "branch", "--margin", "0%"),
            "--margin: expected a share above 0% and below 100%, such as 2%; got '0%'.",
        ),
        (("main", "branch", "--format", "csv"), "--format: expected one of text, markdown, html, got 'csv'."),
        (("main", "branch", "-o", "no/x"), "no/x: the result cannot be written: No such file or directory."),
        (
            ("main", "branch", "-o", "branch/result.json"),
            "--output: expected another file than the result itself, got 'branch/result.json'.",
        ),
    ],
)
def test_bad_input_is_told_in_one_line(capsys: Capture, arguments: tuple[str, ...], message: str) -> None:
    assert rush_hour(capsys, "compare", *arguments) == Said(2, "", f"rush-hour: {message}\n")


def test_a_capacity_is_compared_with_nothing(capsys: Capture, make: Maker) -> None:
    write_document(Path("capacity.json"), capacity(make))

    said = rush_hour(capsys, "compare", "main", "capacity.json")

    assert (said.code, said.err) == (
        2,
        (
            "rush-hour: SECOND: expected the result of a load or bench, got that of a capacity (capacity.json), "
            "whose runs have different rates; compare the intervals that `rush-hour report` shows.\n"
        ),
    )
