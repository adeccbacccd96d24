"""Problems of a front: directives of nginx that are none, or that the rig sets itself."""

import re

from rush_hour.rig.suite.problems import Problem
from rush_hour.rig.suite.system_spec import Front

_DIRECTIVE = re.compile(r"[a-z][a-z0-9_]*")
_DIRECTIVE_VALUE = re.compile(r"[^\s;{}#'\"\\]+(?: [^\s;{}#'\"\\]+)*")
_OWN_DIRECTIVES = frozenset(
    {"access_log", "daemon", "error_log", "events", "http", "include", "listen", "load_module", "location",
     "master_process", "pid", "proxy_pass", "server", "upstream", "user", "uwsgi_pass"}
)  # fmt: skip  # of nginx, that the rig sets itself or that take it out of the rig's hands


def option_problems(front: Front | None) -> list[Problem]:
    """Return what is wrong with the options of a front."""
    problems: list[Problem] = []
    for name, value in ({} if front is None else front.options).items():
        key = ("front", "options", name)
        if not _DIRECTIVE.fullmatch(name):
            problems.append((key, f"expected the name of a directive of nginx, got {name!r}"))
        elif name in _OWN_DIRECTIVES:
            problems.append((key, "expected a directive that the rig does not set itself"))
        elif not _DIRECTIVE_VALUE.fullmatch(str(value)):
            problems.append((key, f"expected a value without quotes, braces, ';', '#' and line ends, got {value!r}"))
    return problems
