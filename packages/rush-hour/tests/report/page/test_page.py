"""The page as text: complete, alone, and nothing in it but what was written into it."""

import base64
import hashlib
import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from sample_documents import FAILED, HOSTILE, bench, hostile, profiled, run_of, six_systems, system

from rush_hour.report.page.page import render_page
from rush_hour.results.document import Document, System
from rush_hour.results.evidence import LogLine, PartLog
from rush_hour.results.resources import ProcessUsage

VENDOR = files("rush_hour.report.page") / "vendor" / "uplot"
SIZE_LIMIT_BYTES = 500_000
VOID = {"meta", "br", "input", "link"}


class Outline(HTMLParser):
    """The elements of a page, and whether each is closed by its own end."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.headings: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.attributes |= found.keys()
        if "id" in found:
            self.ids.append(str(found["id"]))
        if tag == "a":
            self.links.append(str(found["href"]))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes |= dict(attrs).keys()

    def handle_endtag(self, tag: str) -> None:
        if self.open.pop() != tag:
            self.unbalanced.append(tag)


def everything() -> list[Document]:
    """A bench with a failed system, and another with repeats."""
    return [
        bench(system("one", 1, seconds=3, bad_per_s=10), FAILED, label="before"),
        bench(system("one", 5, seconds=3, runs=3), label="after"),
    ]


@pytest.fixture(scope="module")
def page() -> str:
    """Documents with everything."""
    return render_page(everything())


def test_elements_are_closed_ids_are_unique_and_links_lead_somewhere(page: str) -> None:
    outline = Outline(page)

    assert (outline.open, outline.unbalanced) == ([], [])
    assert len(set(outline.ids)) == len(outline.ids)
    assert {link.removeprefix("#") for link in outline.links} <= set(outline.ids)
    assert all(link.startswith("#") for link in outline.links)


def test_headings_leave_no_level_out(page: str) -> None:
    levels = [int(heading[1]) for heading in Outline(page).headings]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_nothing_is_styled_or_run_but_by_hash(page: str) -> None:
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    [script] = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)

    sources = {
        name: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for name, text in (("style-src", style), ("script-src", script))
    }
    assert policy.replace("&#39;", "'") == (
        f"default-src 'none'; style-src 'sha256-{sources['style-src']}'; script-src 'sha256-{sources['script-src']}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    outline = Outline(page)
    assert not {name for name in outline.attributes if name.startswith("on") or name in {"style", "src", "srcset"}}


def test_nothing_is_fetched(page: str) -> None:
    without_licence = page.replace("https://github.com/leeoniya/uPlot", "").replace("http://www.w3.org/2000/svg", "")

    addresses = set(re.findall(r"https?://[\w.:-]+", without_licence))

    assert addresses <= {"http://127.0.0.1:8008"}  # what was asked, as text


@pytest.mark.parametrize("seconds", [300, 3600])
def test_a_page_of_six_systems_is_small_however_long_they_ran(seconds: int) -> None:
    document = six_systems(seconds)
    large = replace(document, systems=[with_much_to_say(one) for one in document.systems])

    assert len(render_page([large]).encode()) < SIZE_LIMIT_BYTES


def with_much_to_say(of: System) -> System:
    """A system with 16 workers, and three logs of as many lines as are kept."""
    [run] = of.runs
    assert run.resources is not None
    workers = [
        ProcessUsage(pid=number, name="gunicorn: worker", cpu_s=1.234567, max_rss_bytes=51_234_816, connections=25)
        for number in range(16)
    ]
    server = replace(run.resources.server, processes=workers)
    lines = [LogLine(number=number, text="nothing in particular, at length. " * 4) for number in range(900, 930)]
    return replace(
        of,
        runs=[replace(run, resources=replace(run.resources, server=server))],
        logs=[PartLog(role="server", name=f"{number}.log", lines=lines, lines_total=929) for number in range(3)],
    )


def test_what_a_document_holds_is_text_whatever_it_is() -> None:
    harmless = bench(system("one", 1, seconds=2))
    document = bench(hostile(system("one", 1, seconds=2)), command_line=HOSTILE, label=HOSTILE, commit=HOSTILE)

    page, of_harmless = Outline(render_page([document])), Outline(render_page([harmless]))

    assert (page.open, page.unbalanced) == ([], [])
    assert page.attributes == of_harmless.attributes
    assert render_page([document]).count("<script") == 2


def test_a_document_without_a_run_has_a_page() -> None:
    page = render_page([bench(FAILED)])

    assert Outline(page).open == []
    assert "last line of its log" in page


def test_a_run_of_which_little_is_known_has_a_page() -> None:
    run = run_of(1, seconds=2)
    histogram = replace(run.result.histogram, latency_us=None, service_time_us=None, send_lag_us=None)
    bare = replace(
        run, resources=None, explained_errors=[],
        result=replace(
            run.result, latency_us=None, service_time_us=None, send_lag_us=None, histogram=histogram, timeline=[],
            requests=[], slowest=[], responses_good=0, responses_total=0,
        ),
    )  # fmt: skip
    document = bench(replace(system("one", 1, seconds=2), runs=[bare], logs=[]), suite=None, machine=None, kind="load")

    assert Outline(render_page([document])).open == []


def test_the_plotting_library_is_the_one_that_was_looked_at() -> None:
    lines = (VENDOR / "SHA256SUMS").read_text().splitlines()

    assert len(lines) == 3
    for line in lines:
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest
    assert "Permission is hereby granted" in (VENDOR / "LICENSE").read_text()


def test_the_phases_of_a_profile_have_a_table_and_what_became_of_latencies() -> None:
    page = render_page([profiled("spike:200..2000/20s/60s", good_ratio=0.5)])

    assert '<a href="#phases">Phases</a>' in page
    assert "http://127.0.0.1:8008/agents: 200/s to 2,000/s (spike:200..2000/20s/60s); latencies in ms." in page
    assert re.findall(r'<tr><th scope="row">(before|peak|after)</th>', page) == ["before", "peak", "after"]
    assert re.search(r'<p class="note">After the phase &#39;peak&#39;, which ended at 40 s, latencies ', page)


def test_a_page_without_a_profile_has_no_phases(page: str) -> None:
    assert 'id="phases"' not in page
    assert 'href="#phases"' not in page
