"""Signs of the database, as it was looked at."""

from collections.abc import Sequence

from rush_hour.judge.tail.seconds import Second
from rush_hour.judge.tail.signs.sign import Facts, Sign, longest_s
from rush_hour.units import format_duration_us

LONG_STATEMENT_S = 0.25  # a statement is seen by chance, on average half-way through
LONG_STATEMENT_RATIO = 3.0  # and how much longer than in the usual second it must have been executed
BUSY_RATIO = 0.9  # of the database's connections that execute statements
BUSY_CONNECTIONS = 4  # of fewer, all execute a statement by chance
IDLE_IN_TRANSACTION_RATIO = 0.5  # of the database's connections


def _waits_for_locks(second: Second, _facts: Facts) -> bool:
    return any(look.waiting for look in second.looks)


def _says_locks(seconds: Sequence[Second], _facts: Facts) -> str:
    waiting = max(look.waiting for second in seconds for look in second.looks)
    return f"up to {waiting:,} statement{'s' if waiting > 1 else ''} waited for locks in the database"


def _has_long_statement(second: Second, facts: Facts) -> bool:
    return longest_s(second) >= max(LONG_STATEMENT_S, LONG_STATEMENT_RATIO * facts.usual_longest_s)


def _says_long_statement(seconds: Sequence[Second], _facts: Facts) -> str:
    oldest_s = max(longest_s(second) for second in seconds)
    return f"the database was executing a statement that had begun up to {format_duration_us(1e6 * oldest_s)} before"


def _has_busy_connections(second: Second, _facts: Facts) -> bool:
    return any(
        look.connections >= BUSY_CONNECTIONS and look.active >= BUSY_RATIO * look.connections for look in second.looks
    )


def _says_busy_connections(seconds: Sequence[Second], _facts: Facts) -> str:
    look = max((look for second in seconds for look in second.looks), key=lambda look: look.active)
    return f"{look.active:,} of the {look.connections:,} connections to the database were executing statements"


def _has_no_connection_left(second: Second, facts: Facts) -> bool:
    limit = facts.max_connections
    return limit is not None and any(look.connections >= limit > 0 for look in second.looks)


def _says_no_connection_left(_seconds: Sequence[Second], facts: Facts) -> str:
    return f"all {facts.max_connections:,} connections that the database allows were taken"


def _idles_in_transaction(second: Second, _facts: Facts) -> bool:
    return any(
        look.idle_in_transaction > 0 and look.idle_in_transaction >= IDLE_IN_TRANSACTION_RATIO * look.connections
        for look in second.looks
    )


def _says_idle_in_transaction(seconds: Sequence[Second], _facts: Facts) -> str:
    look = max((look for second in seconds for look in second.looks), key=lambda look: look.idle_in_transaction)
    return (
        f"{look.idle_in_transaction:,} of the {look.connections:,} connections to the database had begun a transaction "
        "and did nothing"
    )


_SAID = frozenset({"database-busy", "few-answers"})
OF_DATABASE = (
    Sign(
        code="database-locks",
        role="database",
        is_in=_waits_for_locks,
        says=_says_locks,
        hides=_SAID | {"database-slow-statement"},
    ),
    Sign(
        code="database-slow-statement",
        role="database",
        is_in=_has_long_statement,
        says=_says_long_statement,
        hides=_SAID,
    ),
    Sign(
        code="database-full",
        role="database",
        is_in=_has_no_connection_left,
        says=_says_no_connection_left,
        hides=_SAID,
    ),
    Sign(
        code="database-busy",
        role="database",
        is_in=_has_busy_connections,
        says=_says_busy_connections,
        hides=frozenset({"few-answers"}),
    ),
    Sign(
        code="database-idle-in-transaction",
        role="database",
        is_in=_idles_in_transaction,
        says=_says_idle_in_transaction,
    ),
)
