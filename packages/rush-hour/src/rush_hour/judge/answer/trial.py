"""The answer of a trial: which contender holds most, which of the others may be as good, what is not installed. Pure.

API-Hour (2 workers) holds most: 2,410/s (2,290-2,530) with p99 < 250ms. Not to be told apart from it: Granian.
"""

from collections.abc import Sequence
from dataclasses import replace

from rush_hour.results.document import Document
from rush_hour.results.trial import Contender, Trial
from rush_hour.units import format_per_s, join_names

NAMES_SHOWN = 3  # of contenders that are ties with the best


def answer_trial(document: Document) -> str:
    """Return what a trial found, in a sentence or two."""
    trial = document.trial
    assert trial is not None, "the document of a try has one"
    best = [one for one in trial.contenders if one.place is not None]
    if not best:
        return f"{trial.target}: no server was found that meets {trial.objective}."
    first, ties = best[0], ties_of(trial)
    sentence = f"{full_name(first)} holds most: {rate_text(first)} with {trial.objective}."
    if ties:
        names = [full_name(one) for one in ties[:NAMES_SHOWN]]
        names += [f"{more} more"] if (more := len(ties) - NAMES_SHOWN) > 0 else []
        sentence += f" Not to be told apart from it: {join_names(names)}."
    return sentence


def ties_of(trial: Trial) -> list[Contender]:
    """Return the contenders that may be as good as the best."""
    return [one for one in trial.contenders[1:] if one.place is not None and one.place.first == 1]


def full_name(contender: Contender) -> str:
    """Return a contender's name for reading: the server's, and its settings."""
    return f"{contender.title} ({contender.settings})" if contender.settings else contender.title


def rate_text(contender: Contender) -> str:
    """Return the rate of one that has one, with its interval."""
    rate = format_per_s(contender.rate_per_s or 0.0)
    if contender.high_per_s is None:
        return f"at least {rate}/s"
    low, high = format_per_s(contender.low_per_s or 0.0), format_per_s(contender.high_per_s)
    return f"{rate}/s ({low}–{high})"


def rank_text(contender: Contender) -> str:
    """Return the rank, or the ranks that it may have: `1`, `2-4`."""
    place = contender.place
    if place is None:
        return "-"
    return str(place.first) if place.first == place.last else f"{place.first}–{place.last}"


def trial_lines(document: Document) -> list[str]:
    """Return how it was tried."""
    trial = document.trial
    assert trial is not None, "the document of a try has one"
    tried = len(trial.contenders)
    servers = len({one.server for one in trial.contenders})
    kind = f"{trial.interface.upper()}{f', {trial.framework}' if trial.framework else ''}"
    front = ", nginx before each" if trial.front else ""
    differ = 100 * 1.96 * 2**0.5 * trial.restart_spread
    minutes = f"{trial.took_s / 60:.1f} minutes" if trial.took_s >= 60 else f"{trial.took_s:.0f} s"
    what = f"{kind}; {_counted(tried, 'contender')} of {_counted(servers, 'server')}{front}"
    return [
        f"{what}; {_counted(len(trial.rounds), 'round')} in {minutes}",
        f"two starts of one server differ by up to {differ:.0f} % (95 %): contenders whose ranks overlap are ties",
    ]


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"


def out_of(trial: Trial) -> Sequence[Contender]:
    """Return the contenders that have no rate."""
    return [one for one in trial.contenders if one.place is None]


def command_of(document: Document) -> str | None:
    """Return the best contender's command line; None where there is none."""
    trial = document.trial
    if trial is None or not trial.contenders or trial.contenders[0].place is None:
        return None
    name = trial.contenders[0].name
    return next((system.command_line for system in document.systems if system.name == name), None)


def judged(document: Document) -> Document:
    """Return a trial with the best contender alone, which speaks for all of it; another document as it is."""
    trial = document.trial
    if trial is None or not trial.contenders:
        return document
    name = trial.contenders[0].name
    return replace(document, systems=[system for system in document.systems if system.name == name])
