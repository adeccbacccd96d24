"""Entries: systems of several documents are told apart."""

from sample_documents import FAILED, bench

from rush_hour.report.page.entries import COLOURS, entries_of, measured


def test_a_system_of_one_document_has_its_own_names() -> None:
    [entry] = entries_of([bench(FAILED)])

    assert (entry.label, entry.name, entry.anchor, entry.colour) == ("Dead", "dead", "system-0", 0)
    assert measured([entry]) == []


def test_documents_are_told_apart_by_their_labels_or_what_else_differs() -> None:
    labelled = entries_of([bench(FAILED, label="before"), bench(FAILED, label="after")])
    committed = entries_of([bench(FAILED, commit="a" * 40), bench(FAILED, commit="b" * 40)])
    alike = entries_of([bench(FAILED), bench(FAILED)])

    assert [entry.name for entry in labelled] == ["dead (before)", "dead (after)"]
    assert [entry.name for entry in committed] == ["dead (aaaaaaaa)", "dead (bbbbbbbb)"]
    assert [entry.name for entry in alike] == ["dead (1)", "dead (2)"]


def test_colours_are_taken_again_after_the_last() -> None:
    entries = entries_of([bench(*[FAILED] * (COLOURS + 1))])

    assert entries[-1].colour == entries[0].colour
    assert entries[-1].anchor != entries[0].anchor
