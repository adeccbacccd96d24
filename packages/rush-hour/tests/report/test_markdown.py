import re
from dataclasses import replace
from html import unescape

import pytest
from made_systems import Maker, bench, latency, load, system, used
from markdown_it import MarkdownIt
from profiled_runs import profiled_run

from rush_hour.report.markdown import LEFT_OUT, LIMIT_BYTES, markdown, plain
from rush_hour.results.document import Document
from rush_hour.results.run import Doubt

MISSED = Doubt(code="rate-missed", message="9 of 10 were sent.", hint="Lower the rate.")
HOSTILE = (
    "a|b `c` *d* _e_ [f](http://x) ![g](http://x) <script>alert(1)</script> <!-- & &lt; "
    "\\| ~~h~~ @somebody #12 :tada: $i$"
)


@pytest.fixture
def make_pair(make: Maker) -> Document:
    """One that holds, and one that does not."""
    slow = system("slow", make.run(MISSED, goodput_per_s=500.0, resources=used(server=19.0)))
    return bench(system("fast", make.run(latency_us=latency(8_000))), slow)


def test_markdown_has_the_answer_first_and_then_trust_tables_and_remarks(make_pair: Document) -> None:
    assert (
        markdown([make_pair])
        == """\
**fast holds 1,000/s with 99.9 % within 8.00 ms; slow stops at 500/s: its CPU is full.**

These figures can be trusted.

1,000/s on 100 connections for 10 s<br>2 cores (Fast), 1 B<br>Linux 6

| system | verdict | good/s | of offered | over time | p50 ms | p90 ms | p99 ms | max ms |
| -- | -- | --: | -- | -- | --: | --: | --: | --: |
| fast | holds | 1,000 | ━━━━━━━━ | ▇▇▇▇▇▇▇▇ | 1.00 | 2.00 | 4.00 | 24.0 |
| slow | does not hold | 500 | ━━━━···· | ▇▇▇▇▇▇▇▇ | 1.00 | 1.00 | 1.00 | 1.00 |

| system | server CPU µs | generator CPU µs | peak memory B |
| -- | --: | --: | --: |
| fast | - | - | - |
| slow | 3,800 | 0 | 1.00 |

- **slow**: 9 of 10 were sent. *Lower the rate.*
"""
    )


def test_a_load_has_its_distributions(make: Maker) -> None:
    text = markdown([load(make.run(MISSED), label="before")])

    assert text.startswith("**http://127.0.0.1:8008/agents holds 1,000/s: 99.9 % of the answers within 1.00 ms of")
    assert "\n### before\n" in text
    assert "\n| in ms | p50 | p90 | p99 | p99.9 | max |\n| -- | --: | --: | --: | --: | --: |\n" in text
    assert "\n| latency (from due) | 1.00 | 1.00 | 1.00 | 1.00 | 1.00 |\n" in text
    assert text.endswith("\n- 9 of 10 were sent. *Lower the rate.*\n")


def rendered(text: str) -> str:
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough").render(text))


def shown(html: str) -> str:
    """Return what a reader sees."""
    return unescape(re.sub(r"<[^>]*>", "", re.sub(r"<!-- -->", "", html)))


def test_what_others_said_is_text_and_nothing_else(make: Maker) -> None:
    assert shown(rendered(plain(HOSTILE))).strip() == HOSTILE

    doubt = Doubt(code="x", message=HOSTILE, hint=HOSTILE)
    document = bench(system(HOSTILE, make.run(doubt)), system("b", status="failed", reason=f"{HOSTILE}\n\n# {HOSTILE}"))

    html = rendered(markdown([replace(document, label=HOSTILE)]))

    assert set(re.findall(r"<(\w+)", html)) <= {
        "p", "strong", "em", "h3", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "br",
    }  # fmt: skip
    assert html.count("<tr>") == 1 + 2
    assert not re.search(r"@\w", html)


def test_ends_of_lines_stay_and_begin_nothing() -> None:
    assert plain("a\n- b\n\n# c") == "a<br>- b<br><br># c"
    assert plain("a" * 3_000) == "a" * 2_000 + "..."


def test_a_summary_is_never_longer_than_github_takes(make: Maker) -> None:
    names = [f"system {number} {'x' * 1_900}" for number in range(400)]
    systems = [replace(make.holding(name), notes=[name]) for name in names]

    text = markdown([bench(*systems)])

    assert len(text.encode()) <= LIMIT_BYTES
    assert text.endswith(LEFT_OUT)
    assert re.fullmatch(r"- \*\*system \d+ x+\*\*: system \d+ x+", text.removesuffix(LEFT_OUT).splitlines()[-1])


def test_what_a_terminal_would_obey_is_not_in_it() -> None:
    assert "\x1b" not in markdown([bench(system("\x1b[31ma", status="failed"))])


def test_markdown_has_the_phases_of_a_profile(make: Maker) -> None:
    text = markdown([bench(system("a|b", profiled_run(make, "steps:100,500/4s", (400, 1500))))])

    assert (
        """
Phases of a\\|b:

| phase | offered | due | good/s | not good | p50 ms | p99 ms | max ms |
| -- | --: | --: | --: | --: | --: | --: | --: |
| step 1 | 100/s | 400 | 100 | 0 | 0.500 | 2.00 | 12.0 |
| step 2 | 500/s | 2,000 | 375 | 500 | 0.500 | 2.00 | 12.0 |
"""
        in text
    )
