"""Problems of the load that a suite offers."""

import math

from rush_hour.errors import UsageError
from rush_hour.load.workload.profile_file import read_profile
from rush_hour.rig.suite.matrix import matrix_of
from rush_hour.rig.suite.problems import Problem, duration_problem
from rush_hour.rig.suite.suite import LoadDefaults, Suite
from rush_hour.toml_file import TomlFile


def load_problems(load: LoadDefaults) -> list[Problem]:
    """Return what is wrong with the `[load]` of a suite."""
    problems = duration_problem(("load", "duration"), load.duration)
    problems += duration_problem(("load", "warmup"), load.warmup, zero_is_fine=True)
    problems += duration_problem(("load", "timeout"), load.timeout)
    for key, amount in (("rate", load.rate), ("connections", load.connections)):
        if not 0 < amount < math.inf:
            problems.append((("load", key), f"expected a number above 0, got {amount!r}"))
    if not 1 <= load.processes <= load.connections:
        problems.append((("load", "processes"), f"expected 1 to 'connections', got {load.processes!r}"))
    return problems


def profile_problems(file: TomlFile, suite: Suite) -> list[Problem]:
    """Return what is wrong with the profile of a suite, which takes the place of other keys."""
    if suite.load.profile is None:
        return []
    others = [key for key in ("rate", "duration") if key in file.document["load"]]
    if others:
        return [(("load", others[0]), "expected no such key beside 'profile', which says how much and for how long")]
    if any("rate" in matrix_of(system, suite.matrix) for system in suite.systems):
        return [(("load", "profile"), "expected no profile beside a matrix that has rates of its own")]
    try:
        read_profile(suite.load.profile, what="", directory=file.path.parent)
    except UsageError as error:
        return [(("load", "profile"), str(error).removeprefix(": ").rstrip("."))]
    return []
