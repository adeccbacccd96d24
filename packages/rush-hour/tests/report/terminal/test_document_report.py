import io
from dataclasses import replace

from made_systems import Maker, bench, load, system
from profiled_runs import profiled_run
from rich.console import Console

from rush_hour.core.profile.profile import LoadProfile
from rush_hour.report.harmless import harmless
from rush_hour.report.terminal.document_report import documents_report
from rush_hour.results.document import Document


def text_of(*documents: Document) -> str:
    console = Console(file=io.StringIO(), width=200, markup=False, emoji=False, highlight=False)
    console.print(documents_report(documents))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_several_documents_begin_with_what_they_say_together(make: Maker) -> None:
    one, other = bench(make.holding("a"), label="before"), load(make.run())

    text = text_of(one, other)

    assert text.startswith(
        "http://127.0.0.1:8008/agents and a hold 1,000/s with 99.9 % within 1.00 ms and 9.71 ms.\n"
        "These figures can be trusted.\n\n\na holds 1,000/s: 99.9 % of the answers within 9.71 ms"
    )
    assert text.count("These figures can be trusted.") == 3


def test_what_a_terminal_would_obey_is_not_printed(make: Maker) -> None:
    hostile = system("\x1b[2Ja\x07\u202eb", make.run(), reason="\x1b]0;x\x07 first\n\tsecond\r", status="failed")

    text = text_of(bench(hostile))

    assert not {"\x1b", "\x07", "\u202e", "\r"} & set(text)
    assert "first\n" in text


def test_what_is_harmless_stays_as_it_is(make: Maker) -> None:
    document = bench(make.holding("å 日本\n\t"), make.stopping("b", 5.0))

    assert harmless(document) == document


def test_what_a_terminal_would_obey_is_not_printed_of_a_profile(make: Maker) -> None:
    run = profiled_run(make, "soak:100/8s")
    assert run.plan.profile is not None
    phases = tuple(replace(phase, name=f"\x1b]0;{phase.name}\x07") for phase in run.plan.profile.phases)
    profile = LoadProfile(text="\x1b[2J\u202e", phases=phases)
    hostile = replace(
        run,
        plan=replace(run.plan, profile=profile),
        result=replace(run.result, phases=[replace(one, name="\x1b[2J") for one in run.result.phases]),
    )

    assert not {"\x1b", "\x07", "\u202e"} & set(text_of(bench(system("a", hostile)), load(hostile)))
