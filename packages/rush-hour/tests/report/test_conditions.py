from dataclasses import replace

import pytest
from made_systems import Maker, bench, load, system

from rush_hour.commands.showing import text_of
from rush_hour.judge.answer.standing import standing_of
from rush_hour.report.conditions import hindrance_lines, machine_lines, offer_line
from rush_hour.report.markdown import markdown
from rush_hour.report.page_file import page
from rush_hour.report.terminal.document_report import documents_report
from rush_hour.results.document import Document, MachineFacts
from rush_hour.results.health import Health
from rush_hour.results.run import LoadResult, PlanFacts


def line_of(plan: PlanFacts, result: LoadResult, *others: PlanFacts) -> str:
    maker = Maker(plan, result)
    return offer_line([standing_of(system("a", maker.run(plan=each))) for each in (plan, *others)])


def test_what_all_were_offered_is_told_once(plan: PlanFacts, result: LoadResult) -> None:
    same = replace(plan, rate_per_s=1000.0, connections=1200, duration_s=10.0, warmup_s=2.0)

    assert line_of(same, result, same) == "1,000/s on 1,200 connections for 10 s after 2 s of warm-up"


def test_what_differs_is_told_from_the_least_to_the_most(plan: PlanFacts, result: LoadResult) -> None:
    one = replace(plan, rate_per_s=1000.0, connections=1200, duration_s=10.0, warmup_s=0.0)
    more, less = replace(one, rate_per_s=4000.0), replace(one, rate_per_s=500.0, connections=20, duration_s=2.5)

    assert line_of(one, result, more, less) == "500/s to 4,000/s on 20 to 1,200 connections for 2.5 s to 10 s"


def test_of_what_was_not_measured_there_is_nothing_to_tell() -> None:
    assert offer_line([standing_of(system("a", status="failed"))]) == ""


FACTS = MachineFacts(cpu="Fast", cores=2, memory_bytes=2**30, kernel="6", system="Linux", limits={})
SLOW = replace(FACTS, health=Health(hinders={"governor": "frequency governor powersave", "steal": "steal 5.0 %"}))
LINE = "hinders trustworthy figures: frequency governor powersave and steal 5.0 % (rush-hour doctor)"


@pytest.fixture
def load_of(make: Maker) -> Document:
    """A load whose machine nobody has looked at."""
    return replace(load(make.run()), machine=FACTS, generators=[FACTS])


def test_what_hinders_on_a_machine_is_said_once(load_of: Document) -> None:
    local = replace(load_of, machine=SLOW, generators=[SLOW])

    assert hindrance_lines(local) == [f"The machine {LINE}"]
    assert machine_lines(local)[-1] == f"The machine {LINE}"


def test_of_a_server_elsewhere_what_hinders_is_the_load_generators(load_of: Document) -> None:
    assert hindrance_lines(replace(load_of, machine=None, generators=[SLOW])) == [
        f"The load generator's machine {LINE}"
    ]


def test_of_a_machine_on_which_nothing_hinders_nothing_is_said(load_of: Document) -> None:
    fit = replace(FACTS, health=Health(governor="performance", turbo=True, steal_ratio=0.0))

    assert hindrance_lines(load_of) == []
    assert hindrance_lines(replace(load_of, machine=fit, generators=[fit])) == []
    assert len(machine_lines(replace(load_of, machine=fit))) == 2


def test_every_report_says_what_hinders(load_of: Document, make: Maker) -> None:
    of_bench = replace(bench(make.holding("a"), make.holding("b")), machine=SLOW)

    assert f"\n\nThe machine {LINE}\n" in text_of(documents_report([replace(load_of, machine=SLOW)]))
    assert f"\nThe machine {LINE}\n" in text_of(documents_report([of_bench]))
    assert LINE in markdown([of_bench])
    assert LINE in page([of_bench])
