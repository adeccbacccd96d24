"""`rush-hour report`: from result files to what is made of them."""

import json
import webbrowser
from pathlib import Path

import pytest
from commands.in_process import Said, rush_hour
from made_systems import Maker, bench, load

from rush_hour.judge.answer.answer import answer
from rush_hour.report.page_file import page
from rush_hour.results.document import Document
from rush_hour.results.file import read_document, write_document

Capture = pytest.CaptureFixture[str]
OLD = Path(__file__).parents[1] / "results" / "documents" / "bench-1.json"


@pytest.fixture
def document(make: Maker) -> Document:
    """A bench of two systems."""
    return bench(make.holding("fast"), make.stopping("slow", 500.0))


@pytest.fixture
def result(document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The result of a bench, in the directory where commands run."""
    monkeypatch.chdir(tmp_path)
    path = Path("out/result.json")
    path.parent.mkdir()
    write_document(path, document)
    return path


def test_the_page_is_beside_the_result_and_the_answer_is_printed(
    capsys: Capture, result: Path, document: Document
) -> None:
    said = rush_hour(capsys, "report", result)

    assert said == Said(0, f"{answer(document)}\nThese figures can be trusted.\n\npage: out/report.html\n", "")
    assert Path("out/report.html").read_text(encoding="utf-8") == page([document])


def test_the_directory_of_a_bench_stands_for_its_result(capsys: Capture, result: Path) -> None:
    assert rush_hour(capsys, "report", result.parent).out.endswith("\npage: out/report.html\n")


def test_a_result_of_another_name_gives_its_page_that_name(capsys: Capture, result: Path) -> None:
    result.rename("load.json")

    assert rush_hour(capsys, "report", "load.json").out.endswith("\npage: load.html\n")
    assert Path("load.html").exists()


def test_several_results_are_one_page(capsys: Capture, result: Path, make: Maker, document: Document) -> None:
    other = load(make.run())
    write_document(Path("other.json"), other)

    assert rush_hour(capsys, "report", result, "other.json", "-o", "both.html").code == 0
    assert Path("both.html").read_text(encoding="utf-8") == page([document, other])


def test_text_is_what_a_bench_prints(capsys: Capture, result: Path, document: Document) -> None:
    printed = rush_hour(capsys, "report", result, "--format", "text")

    assert (printed.code, printed.err) == (0, "")
    assert printed.out.startswith(f"{answer(document)}\nThese figures can be trusted.\n\nA bench\n")
    rush_hour(capsys, "report", result, "--format", "text", "-o", "r.txt")
    assert Path("r.txt").read_text(encoding="utf-8") == printed.out


@pytest.mark.parametrize(
    ("form", "beginning"),
    [("markdown", "**fast holds "), ("csv", "label,commit,"), ("html", "<!doctype html>"), ("json", "{\n")],
)
def test_other_forms_go_to_standard_output_or_a_file(capsys: Capture, result: Path, form: str, beginning: str) -> None:
    printed = rush_hour(capsys, "report", result, "--format", form, "-o", "-")

    assert (printed.code, printed.err) == (0, "")
    assert printed.out.startswith(beginning)
    assert rush_hour(capsys, "report", result, "--format", form, "--output", "file") == Said(0, "", "")
    assert Path("file").read_text(encoding="utf-8") == printed.out


def test_json_is_the_result_in_its_present_form(capsys: Capture, result: Path) -> None:
    said = rush_hour(capsys, "report", OLD, "--format", "json")

    assert json.loads(said.out)["schema_version"] == 2
    result.write_text(said.out, encoding="utf-8")
    assert read_document(result) == read_document(OLD)


def test_open_shows_the_page(capsys: Capture, result: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def show(url: str) -> bool:
        opened.append(url)
        return len(opened) == 1

    monkeypatch.setattr(webbrowser, "open", show)

    assert rush_hour(capsys, "report", result, "--open").err == ""
    assert rush_hour(capsys, "report", result, "--open").err == ("no browser was found: open out/report.html in one\n")
    assert opened == 2 * [Path("out/report.html").resolve().as_uri()]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "FILE: expected a result file, or the directory of a bench; got none."),
        (("none.json",), "none.json: the result cannot be read: No such file or directory."),
        (("empty",), "empty/result.json: the result cannot be read: No such file or directory."),
        (("x.txt",), "x.txt: expected a result file: JSON is malformed: invalid character (byte 0)."),
        (
            ("out/result.json", "--format", "yaml"),
            "--format: expected one of html, text, markdown, csv, json, got 'yaml'.",
        ),
        (
            ("out/result.json", "--format", "csv", "--open"),
            "--open: expected a page in a file; leave out --format and -o, or name a file.",
        ),
        (
            ("out/result.json", "-o", "-", "--open"),
            "--open: expected a page in a file; leave out --format and -o, or name a file.",
        ),
        (
            ("out/result.json", "out/result.json", "--format", "json"),
            "--format: expected one FILE for json, got 2.",
        ),
        (
            ("out/result.json", "-o", "out/../out/result.json"),
            "--output: expected another file than the result itself, got 'out/../out/result.json'.",
        ),
        (("out/result.json", "-o", "none/x"), "none/x: the result cannot be written: No such file or directory."),
    ],
)
def test_bad_input_is_told_in_one_line(capsys: Capture, result: Path, arguments: tuple[str, ...], message: str) -> None:
    Path("x.txt").write_text("# no result")
    Path("empty").mkdir()
    before = set(Path().rglob("*"))

    assert rush_hour(capsys, "report", *arguments) == Said(2, "", f"rush-hour: {message}\n")
    assert set(Path().rglob("*")) == before


def test_a_page_that_cannot_be_written_is_no_half_a_page(capsys: Capture, result: Path) -> None:
    said = rush_hour(capsys, "report", result, "-o", "/dev/full")

    assert said == Said(1, "", "rush-hour: /dev/full: the result cannot be written: No space left on device.\n")
