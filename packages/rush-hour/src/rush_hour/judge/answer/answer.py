"""The answer of a document: what was asked for, in a sentence or two, made from the figures and claiming no more.

    API-Hour holds 4,000/s with 99.9 % within 9.7 ms; Flask on uWSGI stops at 3,125/s: its CPU is full.

Terminal, page and Markdown begin with it. Pure: documents in, sentences out, without colour or markup.
"""

from collections.abc import Sequence

from rush_hour.judge.answer.alone import answer_alone
from rush_hour.judge.answer.capacity import answer_capacity
from rush_hour.judge.answer.imported import answer_of_imported
from rush_hour.judge.answer.labels import labels_of
from rush_hour.judge.answer.standing import Standing, standing_of
from rush_hour.judge.answer.together import answer_together
from rush_hour.judge.answer.trial import answer_trial
from rush_hour.judge.compare.pairs import comparisons_of, is_paired
from rush_hour.judge.compare.sentence import answer_of_comparisons
from rush_hour.results.document import Document

TITLE_LIMIT = 28  # characters of a title in a sentence; of longer ones the system's name stands there


def answer(document: Document) -> str:
    """Return the answer of one document."""
    return answer_of([document])


def answer_of(documents: Sequence[Document]) -> str:
    """Return the answer of documents, as if all of their systems were of one.

    Each capacity, trial and pair of revisions has a sentence; what was imported has one where there is nothing else.
    """
    imported = [document for document in documents if document.kind == "import"]
    if imported and len(imported) == len(documents):
        return answer_of_imported(imported)
    measured = [document for document in documents if document.kind != "import"]
    capacities = [document for document in measured if document.capacity is not None]
    trials = [document for document in measured if document.trial is not None]
    pairs = [document for document in measured if is_paired(document)]
    others = [one for one in measured if one.capacity is None and one.trial is None and not is_paired(one)]
    sentences = [answer_capacity(document, is_named=len(documents) > 1) for document in capacities]
    sentences += [answer_trial(document) for document in trials]
    sentences += [answer_of_comparisons(comparisons_of(document)) for document in pairs]
    return " ".join([*([_answer_of(others)] if others or not sentences else []), *sentences])


def _answer_of(documents: Sequence[Document]) -> str:
    standings = standings_of(documents)
    if not standings:
        return "Nothing was measured."
    return answer_alone(standings[0]) if len(standings) == 1 else answer_together(standings)


def standings_of(documents: Sequence[Document]) -> list[Standing]:
    """Return how each system of each document did, under names that are good for a sentence and told apart."""
    names = [_names(document) for document in documents]
    labels = labels_of(documents)
    standings: list[Standing] = []
    for number, document in enumerate(documents):
        elsewhere = {name for other, theirs in enumerate(names) if other != number for name in theirs}
        for system, name in zip(document.systems, names[number], strict=True):
            full_name = f"{name} ({labels[number]})" if name in elsewhere else name
            cores = None if document.machine is None else document.machine.cores
            standings.append(standing_of(system, name=full_name, cores=cores))
    return standings


def _names(document: Document) -> list[str]:
    """Return what to call the systems: titles where all are short, and otherwise names."""
    titles = [system.title for system in document.systems]
    are_short = all(0 < len(title) <= TITLE_LIMIT and "," not in title for title in titles)
    if are_short and len(set(titles)) == len(titles):
        return titles
    return [system.name for system in document.systems]
