"""What Python servers log (Gunicorn 27, uWSGI 2.0.30, uvicorn 0.54, API-Hour), and what applications raise in them."""

import re

from rush_hour.judge.explain.nginx_signs import MORE_BACKLOG
from rush_hour.judge.explain.postgres_signs import POSTGRES_SIGNS
from rush_hour.judge.explain.sign import Reach, Sign

CUT = ("502", "read:EOF", "read:ECONNRESET", "write:ECONNRESET", "write:EPIPE")
SEEN_BY_PROXY = frozenset({"upstream-closed", "upstream-reset"})
FAILED = ("500", "503", "502")

_PID = re.compile(r"\(pid: ?(?P<process>\d+)")
_UVICORN_PID = re.compile(r"process \[(?P<process>\d+)\]")
_API_HOUR_PID = re.compile(r", pid (?P<process>\d+)")

WORKER_KILLED = "worker-killed"
WORKER_CRASHED = "worker-crashed"
WORKER_TIMEOUT = "worker-timeout"
WORKER_LEFT = "worker-left"
OUT_OF_MEMORY = "out-of-memory"
MORE_MEMORY = (
    "Give the server more memory (memory.max of its control group, a container's --memory), lower {workers}, or have "
    "workers that grow replaced ({recycle})."
)
LOOK_AT_THE_CODE = (
    "Look for what ended it in the log above that line: a crash in C code, or an exit in the application."
)


def _crashed(program: str, words: tuple[str, ...], process: re.Pattern[str], shows: str) -> Sign:
    return Sign(
        code=WORKER_CRASHED,
        program=program,
        words=words,
        what="a worker crashed, or ended by itself, with all that it was answering",
        cause="server",
        advice=LOOK_AT_THE_CODE,
        outcomes=CUT,
        reach=Reach.SEVERAL,
        process=process,
        seen_as=SEEN_BY_PROXY,
        shows=shows,
    )


def _killed(program: str, words: tuple[str, ...], process: re.Pattern[str], shows: str) -> Sign:
    return Sign(
        code=WORKER_KILLED,
        program=program,
        words=words,
        what="a worker was killed by SIGKILL, with all that it was answering",
        cause="server",
        advice="Look for who sent it: the kernel for want of memory, the container, a watchdog.",
        outcomes=CUT,
        reach=Reach.SEVERAL,
        process=process,
        seen_as=SEEN_BY_PROXY,
        shows=shows,
    )


def _blocked(program: str, words: tuple[str, ...], process: re.Pattern[str] | None, shows: str) -> Sign:
    return Sign(
        code=WORKER_TIMEOUT,
        program=program,
        words=words,
        what="a worker was killed because it gave no sign of life, or answered for too long",
        cause="server",
        advice="Find what blocks it (a slow query, a call without a time limit), or raise {timeout}.",
        outcomes=(*CUT, "500"),
        reach=Reach.SEVERAL,
        process=process,
        seen_as=SEEN_BY_PROXY | {WORKER_LEFT},
        shows=shows,
    )


GUNICORN_SIGNS = (
    _blocked("gunicorn", ("WORKER TIMEOUT (pid:",), _PID, "WORKER TIMEOUT"),
    _killed("gunicorn", ("Worker (pid:", "was sent SIGKILL!"), _PID, "was sent SIGKILL!"),
    _crashed("gunicorn", ("Worker (pid:", "exited with code"), _PID, "exited with code"),
    *(
        _crashed("gunicorn", ("Worker (pid:", f"was sent {name}!"), _PID, f"was sent {name}!")
        for name in ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE")
    ),
)
UWSGI_SIGNS = (
    _blocked("uwsgi", ("HARAKIRI ON WORKER",), _PID, "HARAKIRI"),
    _killed("uwsgi", ("DAMN ! worker", "killed by signal 9 "), _PID, "died, killed by signal 9"),
    _crashed("uwsgi", ("DAMN ! worker", "died"), _PID, "DAMN ! worker died"),
    Sign(
        code="backlog-full",
        program="uwsgi",
        words=("listen queue of socket", "full !!!"),
        what="the server's accept queue was full; its backlog is too small, or the server too slow",
        cause="server",
        advice=MORE_BACKLOG,
        outcomes=("502", "connect:ETIMEDOUT"),
        reach=Reach.SEVERAL,
        shows="listen queue of socket full",
    ),
)
UVICORN_SIGNS = (
    _crashed("uvicorn", ("Child process [", "] died"), _UVICORN_PID, "Child process died"),
    Sign(
        code="server-limit",
        program="uvicorn",
        words=("Exceeded concurrency limit.",),
        what="the server refused more than its limit_concurrency allows",
        cause="server",
        advice="Raise uvicorn's --limit-concurrency, or use more workers.",
        outcomes=("503",),
    ),
)
API_HOUR_SIGNS = (
    *(
        _blocked("api_hour", (" worker ", words), None, words)
        for words in ("gave no sign of life in time: killed", "did not come up in time: killed")
    ),
    _killed("api_hour", (" worker ", ", ended by signal 9"), _API_HOUR_PID, "ended by signal 9"),
    *(
        _crashed("api_hour", (" worker ", f", ended by signal {number}"), _API_HOUR_PID, "ended by signal")
        for number in (11, 6, 7, 4, 8)
    ),
    *(
        _crashed("api_hour", (" worker ", f", ended with exit code {digit}"), _API_HOUR_PID, "ended with exit code")
        for digit in range(1, 10)
    ),
    Sign(
        code="request-timeout",
        program="api_hour",
        words=(" was not answered in time",),
        what="a request was not answered within the server's time limit",
        cause="server",
        advice="Make the request faster, or raise api_hour's --request-timeout.",
        outcomes=("503",),
        shows="was not answered in time",
    ),
    Sign(
        code="source-down",
        program="api_hour",
        words=("api_hour.engines: ", "cannot connect: "),
        what="a data source could not be reached, and what needs it was answered with 503",
        cause=None,
        advice="The line names the source and the reason.",
        outcomes=("503",),
        reach=Reach.SEVERAL,
        shows="cannot connect",
    ),
    Sign(
        code="server-limit",
        program="api_hour",
        words=("refused ", ": 503 ", "connections are open"),
        what="the server refused more connections than it allows",
        cause="server",
        advice="Raise api_hour's --max-connections, or use more workers.",
        outcomes=("503",),
        reach=Reach.SEVERAL,
    ),
    Sign(
        code="body-too-large",
        program="api_hour",
        words=("refused ", ": 413 "),
        what="the body of the request was larger than the server takes",
        cause="server",
        advice="Raise api_hour's --max-body.",
        outcomes=("413",),
        reach=Reach.SEVERAL,
        shows="refused: 413",
    ),
    Sign(
        code="server-open-files",
        program="api_hour",
        words=("cannot accept connections: ", "Too many open files"),
        what="the server had too many open files, and accepted no connection",
        cause="server",
        advice="Raise its limit of open files (ulimit -n, LimitNOFILE=).",
        outcomes=("connect:ETIMEDOUT", "timeout", "502"),
        reach=Reach.SEVERAL,
    ),
)
SERVER_SIGNS = (*GUNICORN_SIGNS, *UWSGI_SIGNS, *UVICORN_SIGNS, *API_HOUR_SIGNS)
MARKS = tuple(sorted({sign.words[0] for sign in SERVER_SIGNS}))  # a line without any of them is not looked at closely

# What the last line of a traceback says: an exception, and its text.
EXCEPTION_SIGNS = (
    *(sign for sign in POSTGRES_SIGNS if sign.reach is not Reach.SEVERAL),
    Sign(
        code="database-queue-full",
        program="python",
        words=("connection to server", "failed: Resource temporarily unavailable"),
        what="the database's accept queue was full: too many connections were opened at once",
        cause="database",
        advice="Keep connections in a pool instead of opening one for each request, or raise max_connections.",
        outcomes=FAILED,
        reach=Reach.AT_MOST_ONE,
        shows="Resource temporarily unavailable",
    ),
    Sign(
        code="database-gone",
        program="python",
        words=("connection to server", "failed: Connection refused"),
        what="nobody listened where the database should be",
        cause="database",
        advice="Look whether it runs, and whether DATABASE_URL is right.",
        outcomes=FAILED,
        reach=Reach.AT_MOST_ONE,
        shows="Connection refused",
    ),
    Sign(
        code=WORKER_LEFT,
        program="python",
        words=("SystemExit: ",),
        what="a worker was asked to end, or ended itself, while it answered",
        cause="server",
        advice="The traceback shows what it did then.",
        outcomes=FAILED,
        reach=Reach.AT_MOST_ONE,
        shows="SystemExit",
    ),
    Sign(
        code="memory-error",
        program="python",
        words=("MemoryError",),
        what="the application ran out of the memory that its process may have",
        cause="server",
        advice="Raise the limit of its address space (ulimit -v, uWSGI's --limit-as), or need less.",
        outcomes=FAILED,
        reach=Reach.AT_MOST_ONE,
    ),
    Sign(
        code="server-open-files",
        program="python",
        words=("[Errno 24] Too many open files",),
        what="the server had too many open files",
        cause="server",
        advice="Raise its limit of open files (ulimit -n, LimitNOFILE=).",
        outcomes=FAILED,
        reach=Reach.AT_MOST_ONE,
    ),
)
EXCEPTION = Sign(
    code="application-error",
    program="python",
    words=(),
    what="the application raised an exception",
    cause="server",
    advice="The log has the traceback.",
    outcomes=(*FAILED, "read:EOF"),  # the last one of uWSGI, which sends nothing then
    reach=Reach.AT_MOST_ONE,
    seen_as=SEEN_BY_PROXY,
    shows="",
)
KERNEL_KILL = Sign(
    code=OUT_OF_MEMORY,
    program="kernel",
    words=("Killed process",),
    what="the kernel killed a process for want of memory, with all that it was answering",
    cause=None,  # the role whose process it was
    advice=MORE_MEMORY,
    outcomes=CUT,
    reach=Reach.SEVERAL,
    process=re.compile(r"Killed process (?P<process>\d+)"),
    seen_as=SEEN_BY_PROXY,
)
KERNEL_DROPS = Sign(
    code="backlog-full",
    program="kernel",
    words=("ListenOverflows",),
    what="connections were dropped: the accept queue was full; the backlog is too small, or the program too slow",
    cause=None,  # the role whose socket it was
    advice=MORE_BACKLOG,
    outcomes=("connect:ETIMEDOUT",),
    reach=Reach.SEVERAL,
)
