"""All signs, and the tables of docs/rush-hour/errors.md; a test holds them against what is there."""

from rush_hour.judge.explain.generator_signs import CONNECT_SIGNS, FAULT_SIGNS, GENERATOR, STALLED, UNEXPLAINED
from rush_hour.judge.explain.nginx_signs import NGINX_SIGNS, OTHER_OF_NGINX
from rush_hour.judge.explain.postgres_signs import OTHER_OF_POSTGRES, POSTGRES_SIGNS
from rush_hour.judge.explain.server_signs import EXCEPTION, EXCEPTION_SIGNS, KERNEL_DROPS, KERNEL_KILL, SERVER_SIGNS
from rush_hour.judge.explain.settings import ANY, SETTINGS, fill_in_advice
from rush_hour.judge.explain.sign import Sign

SIGNS: tuple[Sign, ...] = (
    *NGINX_SIGNS,
    OTHER_OF_NGINX,
    *SERVER_SIGNS,
    *(sign for sign in EXCEPTION_SIGNS if sign not in POSTGRES_SIGNS),
    EXCEPTION,
    *POSTGRES_SIGNS,
    OTHER_OF_POSTGRES,
    KERNEL_DROPS,
    KERNEL_KILL,
    *FAULT_SIGNS.values(),
    STALLED,
    *CONNECT_SIGNS,
)
HEAD = ("| code | who says so | what happened | made by | what helps |", "|---|---|---|---|---|")


def table() -> list[str]:
    """Return the lines of the table: one row for each code and what it means."""
    rows: dict[tuple[str, str], list[Sign]] = {}
    for sign in SIGNS:
        rows.setdefault((sign.code, sign.what), []).append(sign)
    lines = [_row(code, what, signs) for (code, what), signs in rows.items()]
    rest = f"| `{UNEXPLAINED}` | {GENERATOR} | no log and no counter says why | not known | the ends of the logs |"
    return [*HEAD, *lines, rest]


def settings_table() -> list[str]:
    """Return the lines of the table of the servers' settings that advice speaks of."""
    head = ["| | " + " | ".join(ANY.values()) + " |", "|---" * (len(ANY) + 1) + "|"]
    rows = [f"| {program} | " + " | ".join(own.get(key, "") for key in ANY) + " |" for program, own in SETTINGS.items()]
    return [*head, *rows]


def _row(code: str, what: str, signs: list[Sign]) -> str:
    programs = ", ".join(dict.fromkeys(sign.program for sign in signs))
    advice = " ".join(dict.fromkeys(fill_in_advice(sign.advice, "") for sign in signs))
    return f"| `{code}` | {programs} | {what or 'the words of the log'} | {signs[0].cause or 'see below'} | {advice} |"
