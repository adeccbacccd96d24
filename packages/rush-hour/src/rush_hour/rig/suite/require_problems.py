"""Problems of what a suite requires of its systems."""

from rush_hour.errors import UsageError
from rush_hour.judge.require.requirements import clauses_of
from rush_hour.rig.suite.choosing import is_meant, shown_names
from rush_hour.rig.suite.problems import Problem, under
from rush_hour.rig.suite.suite import Suite


def require_problems(suite: Suite) -> list[Problem]:
    """Return what is wrong with the `[require]` of a suite whose matrices are expanded."""
    require = suite.require
    if require is None:
        return []
    has_baseline = require.baseline is not None
    problems: list[Problem] = []
    if require.all is not None:
        problems += _objective_problems(("all",), require.all, has_baseline=has_baseline)
    elif not require.systems:
        problems.append(((), "expected 'all' or 'systems' in it, objectives such as \"p99 < 100ms\""))
    for pattern, text in require.systems.items():
        if not any(is_meant(system, pattern) for system in suite.systems):
            what = f"expected one of {shown_names(suite)}, or a pattern of them; got {pattern!r}"
            problems.append((("systems", pattern), what))
        problems += _objective_problems(("systems", pattern), text, has_baseline=has_baseline)
    if has_baseline and require.baseline not in {system.name for system in suite.systems}:
        problems.append((("baseline",), f"expected one of {shown_names(suite)}; got {require.baseline!r}"))
    return under(("require",), problems)


def _objective_problems(key_path: tuple[str, ...], text: str, *, has_baseline: bool) -> list[Problem]:
    try:
        clauses = clauses_of([text], what="")
    except UsageError as error:
        return [(key_path, str(error).removeprefix(": ").rstrip("."))]
    unmeasured = next((clause for clause in clauses if clause.is_of_baseline and not has_baseline), None)
    if unmeasured is None:
        return []
    what = "expected 'baseline' beside it, the name of the system to compare with"
    return [(key_path, f"clause {unmeasured.text!r}: {what}")]
