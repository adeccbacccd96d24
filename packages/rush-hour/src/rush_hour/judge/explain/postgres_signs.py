"""What PostgreSQL's log says (PostgreSQL 18), in English: with another lc_messages nothing is known."""

from rush_hour.judge.explain.sign import Reach, Sign

POSTGRESQL = "postgresql"
FAILED = ("500", "503", "502")  # what applications make of an exception
FEWER_CONNECTIONS = (
    "Lower {workers} or the size of their pools, put a pooler such as PgBouncer before it, or raise max_connections."
)

POSTGRES_SIGNS = (
    *(
        Sign(
            code="database-full",
            program=POSTGRESQL,
            words=(words,),
            what="the database refused a connection: all that it allows were in use",
            cause="database",
            advice=FEWER_CONNECTIONS,
            outcomes=FAILED,
            reach=Reach.AT_MOST_ONE,
        )
        for words in (
            "sorry, too many clients already",
            "remaining connection slots are reserved",
            "too many connections for role",
            "too many connections for database",
        )
    ),
    Sign(
        code="database-deadlock",
        program=POSTGRESQL,
        words=("deadlock detected",),
        what="transactions waited for each other, and the database cancelled one",
        cause="server",
        advice="Lock rows in the same order everywhere, or try the transaction again.",
        outcomes=FAILED,
        reach=Reach.AT_MOST_ONE,
    ),
    Sign(
        code="statement-timeout",
        program=POSTGRESQL,
        words=("canceling statement due to statement timeout",),
        what="a statement took longer than statement_timeout",
        cause="database",
        advice="Make the statement faster (an index), or raise statement_timeout.",
        outcomes=FAILED,
        reach=Reach.AT_MOST_ONE,
    ),
    Sign(
        code="lock-timeout",
        program=POSTGRESQL,
        words=("canceling statement due to lock timeout",),
        what="a statement waited for a lock for longer than lock_timeout",
        cause="database",
        advice="Hold locks for a shorter time, or raise lock_timeout.",
        outcomes=FAILED,
        reach=Reach.AT_MOST_ONE,
    ),
    Sign(
        code="statement-cancelled",
        program=POSTGRESQL,
        words=("canceling statement due to user request",),
        what="the server cancelled a statement: its own time limit was over, or nobody waited any more",
        cause="server",
        advice="Make the statement faster, or raise the time limit of the driver.",
        outcomes=(*FAILED, "504"),
        reach=Reach.AT_MOST_ONE,
    ),
    Sign(
        code="idle-in-transaction",
        program=POSTGRESQL,
        words=("terminating connection due to idle-in-transaction timeout",),
        what="the database ended a connection that had begun a transaction and did nothing",
        cause="server",
        advice="End transactions before doing something else, or raise idle_in_transaction_session_timeout.",
        outcomes=FAILED,
        reach=Reach.AT_MOST_ONE,
    ),
    Sign(
        code="database-crashed",
        program=POSTGRESQL,
        words=("(PID ", ") was terminated by signal"),
        what="a process of the database crashed or was killed, and all connections were cut",
        cause="database",
        advice="Look at the database's log and the kernel's; signal 9 is what the kernel sends for want of memory.",
        outcomes=FAILED,
        reach=Reach.SEVERAL,
        shows="was terminated by signal",
    ),
    Sign(
        code="database-ended",
        program=POSTGRESQL,
        words=("terminating connection due to administrator command",),
        what="somebody ended connections of the database, or all of it",
        cause="database",
        advice="",
        outcomes=FAILED,
        reach=Reach.AT_MOST_ONE,
    ),
    *(
        Sign(
            code="database-out-of-memory",
            program=POSTGRESQL,
            words=(f"  {words}",),
            what="the database ran out of memory",
            cause="database",
            advice=advice,
            outcomes=FAILED,
            reach=Reach.AT_MOST_ONE,
            shows=words,
        )
        for words, advice in (
            ("out of memory", "Lower work_mem or the number of connections, or give it more memory."),
            ("out of shared memory", "Raise max_locks_per_transaction."),
        )
    ),
)
OTHER_OF_POSTGRES = Sign(
    code="database-error",
    program=POSTGRESQL,
    words=(),
    what="",
    cause=None,
    advice="",
    outcomes=FAILED,
    reach=Reach.AT_MOST_ONE,
    shows="",
)
