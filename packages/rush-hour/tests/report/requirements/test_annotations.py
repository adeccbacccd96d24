"""Annotations of GitHub: escaped as its runner reads them, ten at most, the worst first."""

from urllib.parse import unquote

from checked_systems import checked
from made_systems import LATE, Maker, bench, load, system

from rush_hour.report.requirements.annotations import annotations


def test_what_is_not_met_is_an_error_and_what_cannot_be_told_a_warning(make: Maker) -> None:
    done = checked(load(make.run()), "p99 < 2ms, p99.99 < 1s, p99 < 500us, memory < 1GiB")
    url = make.plan.url

    assert annotations(done) == [
        f"::error title=Not met%3A p99 < 500us::p99 of {url} is 1.00 ms, not < 500 µs (100 %25 beyond)",
        f"::error title=No data%3A memory < 1GiB::memory of {url}: no data (it was not measured)",
        (
            f"::warning title=Cannot tell%3A p99.99 < 1s::p99.99 of {url} < 1.00 s (it says little of 10,000 good "
            "answers; 100,000 are needed)"
        ),
    ]


def test_all_that_is_met_is_not_told_of(make: Maker) -> None:
    assert annotations(checked(load(make.run()), "p99 < 2ms")) == []


def test_nothing_in_a_name_ends_a_line_or_a_property(make: Maker) -> None:
    name = "a\r\n::error::b%0A::stop-commands::x,file=y"
    request = "q\n::warning::z,line: 3"
    document = bench(system(name, make.run()), system("b", make.run(LATE, trusted=False)))

    lines = annotations(checked(document, f'p99["{request}"] < 1ms'))

    assert len(lines) == 2
    for line in lines:
        assert len(line.splitlines()) == 1
        _, kind, _ = line.split("::", 2)
        assert kind.split(" ", 1)[0] in {"error", "warning"}
        assert "," not in kind
        assert kind.split(" ", 1)[1].startswith("title=")
    assert "%250A" in lines[0]
    assert "b%0A::stop-commands::x,file=y" in unquote(lines[0])


def test_there_are_ten_at_most_and_the_last_says_how_many_more(make: Maker) -> None:
    texts = ", ".join(f"p99 < {limit}us" for limit in range(100, 1100, 50))

    lines = annotations(checked(load(make.run()), texts))

    assert len(lines) == 10
    assert "p99 < 100us" in lines[0]
    assert lines[-1] == "::error title=And more::10 more requirements are not met, or it cannot be told"
    assert len(annotations(checked(load(make.run()), ", ".join(texts.split(", ")[:10])))) == 10
