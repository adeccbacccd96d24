r"""Lines of the access log: `--access-log`, compiled once into a function.

Rule that must hold: whatever a client sends stays within its own field on its own line. In a format, quotes,
backslashes and all that is not printable ASCII become `\\xHH`; in JSON, strings are JSON's, and what is a control
character or changes how a line is shown is `\\uHHHH`.
"""

import re
from collections.abc import Callable

from api_hour.access_log.atoms import ATOMS, header_atom
from api_hour.access_log.entry import AccessEntry
from api_hour.access_log.json_lines import json_line
from api_hour.errors import ConfigError
from api_hour.http_token import TOKEN

LineMaker = Callable[[AccessEntry], str]

COMMON = '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s'
COMBINED = COMMON + ' "%(f)s" "%(a)s"'
NAMED = {"common": COMMON, "combined": COMBINED, "-": COMBINED}
JSON = "json"
OFF = "off"

_PART = re.compile(r"%%|%\(([^()]*)\)s|%")
_HEADER = re.compile(rf"\{{({TOKEN})\}}([io])")


def line_maker(text: str) -> LineMaker:
    """Return what makes a line of an entry.

    Args:
        text: `json`, `common`, `combined`, `-` (which is `combined`), or a format.

    Raises:
        ConfigError: the format has an atom that is not known, or none.
    """
    return json_line if text == JSON else _compile(NAMED.get(text, text))


def _compile(text: str) -> LineMaker:
    atoms: list[LineMaker] = []

    def take(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%%"
        atoms.append(_find_atom(match[1], text))
        return "%s"

    template = _PART.sub(take, text)
    if not atoms or not template.isprintable():
        raise ConfigError(
            f"--access-log: expected json, common, combined, off or a format such as {COMMON!r}; got {text!r}."
        )
    getters = tuple(atoms)
    return lambda entry: template % tuple([get(entry) for get in getters])


def _find_atom(name: str | None, text: str) -> LineMaker:
    if name in ATOMS:
        return ATOMS[name]
    header = _HEADER.fullmatch(name or "")
    if header is None:
        what = "a % without an atom (write %% for itself)" if name is None else f"the unknown atom %({name})s"
        known = " ".join(f"%({atom})s" for atom in sorted(ATOMS, key=str.lower))
        raise ConfigError(f"--access-log: {what} in {text!r}; known are {known} %({{Header}}i)s %({{Header}}o)s.")
    return header_atom(header[1], of_response=header[2] == "o")
