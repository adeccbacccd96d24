"""What the load generator itself saw: what its own machine had not enough of, and how connecting failed."""

from rush_hour.core.faults import GENERATOR_FAULTS, GENERATOR_PREFIX
from rush_hour.judge.explain.nginx_signs import MORE_BACKLOG
from rush_hour.judge.explain.sign import Reach, Sign

GENERATOR = "rush-hour"

_CODES = {
    "EADDRNOTAVAIL": "generator-ports",
    "EMFILE": "generator-open-files",
    "ENFILE": "machine-open-files",
    "ENOBUFS": "generator-buffers",
    "ENOMEM": "generator-memory",
}
FAULT_SIGNS = {
    name: Sign(
        code=_CODES[name],
        program=GENERATOR,
        words=(name,),
        what=f"{what}: that says nothing of the server",
        cause="generator",
        advice=advice,
        outcomes=(GENERATOR_PREFIX + name,),
        reach=Reach.SEVERAL,
    )
    for name, (what, advice) in GENERATOR_FAULTS.items()
}
STALLED = Sign(
    code="generator-stalled",
    program=GENERATOR,
    words=("stalled",),
    what="the load generator itself stood still: what was in flight then may have failed by its own doing",
    cause="generator",
    advice="Measure again, with a core left for the load generator.",
)
CONNECT_SIGNS = tuple(  # what was made by whoever stands in front
    Sign(code=code, program=GENERATOR, words=(name,), what=what, cause=None, advice=advice, outcomes=(name,))
    for code, name, what, advice in (
        (
            "connection-refused",
            "connect:ECONNREFUSED",
            "nobody listened where the load was sent",
            "It was gone, or not there yet: its log says why.",
        ),
        (
            "socket-gone",
            "connect:ENOENT",
            "the unix socket to which the load was sent was gone",
            "It was gone, or not there yet: its log says why.",
        ),
        ("backlog-full", "connect:EAGAIN", "the accept queue of the unix socket was full", MORE_BACKLOG),
    )
)
UNEXPLAINED = "unexplained"
