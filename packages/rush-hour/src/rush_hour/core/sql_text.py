"""Statements of SQL as kinds: the same text for all that differ in their constants alone.

Constants are left out also because they may be somebody's secrets. A text that was cut, as a database cuts those that
it shows, may end anywhere, and loses all of a constant that it ends in. Comments go too: some have the request in them.

Pure.
"""

import re

CHARACTERS_LIMIT = 300  # of a kind's text
CONSTANT = "?"
_TOKEN = re.compile(
    r"""
    (?P<space>     (?: \s+ | --[^\n]* | /\*.*?(?:\*/|\Z) )+ )
  | (?P<constant>  [eE]' (?: [^'\\] | \\. | '' )* (?: ' | \\?\Z )
                 | (?: [bBxXnN] | [uU]& )? ' (?: [^'] | '' )* (?: ' | \Z )
                 | \$ (?P<tag> [^\W\d]\w* | ) \$ .*? (?: \$(?P=tag)\$ | \Z )
                 | \$\d+
                 | \d [\w.]* (?: (?<=[eE]) [+-]\d+ )? )
  | (?P<name>      " (?: [^"] | "" )* (?: " | \Z ) | [^\W\d][\w$]* )
    """,
    re.VERBOSE | re.DOTALL,
)
_CONSTANTS = re.compile(r"\?(?:, ?\?)+(?=\))")


def kind_of(statement: str) -> str:
    """Return a statement without its constants and comments, its spaces folded, cut where it is long."""
    text = _CONSTANTS.sub("?, ...", _TOKEN.sub(_without_constant, statement)).strip().rstrip(";").rstrip()
    return text if len(text) <= CHARACTERS_LIMIT else f"{text[:CHARACTERS_LIMIT]}..."


def _without_constant(token: re.Match[str]) -> str:
    if token.lastgroup == "space":
        return " "
    return token[0] if token.lastgroup == "name" else CONSTANT
