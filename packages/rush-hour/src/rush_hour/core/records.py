"""Records that a process of the load generator writes while it runs: four whole numbers each.

The last word is the tag: which kind of record it is, and a code, such as a status. It is never 0: a record whose tag
is 0 is not there. This module says what the words mean to both sides: the loop that writes, and the process that
counts.

    kind             words                                                 code
    SENT             send lag, 0, 0                                        0
    GOOD, BAD        latency, service time, read lag                       status
    FAILED           0, 0, 0                                               the number of the error's name
    CONNECT_FAILED   0, 0, 0                                               the number of the error's name
    SECOND           time since the start, open connections, longest pause 0
    TOTAL            the value so far, 0, 0                                which: one of the totals below

Where a plan has several requests with names, the tags of SENT, GOOD, BAD and FAILED have the number of the request
above the code; from a limit on, requests share the last number. Where it has a profile, that number is the phase in
which the request was due, times how many names there are, and the name's own.

Durations, and instants after the start, are in nanoseconds. Pure.
"""

SENT, GOOD, BAD, FAILED, CONNECT_FAILED, SECOND, TOTAL = range(1, 8)
KIND_BITS = 3
KIND_MASK = (1 << KIND_BITS) - 1
CODE_BITS = 10  # three-digit statuses, and the names of errors
CODES = 1 << CODE_BITS
REQUEST_SHIFT = KIND_BITS + CODE_BITS
TAG_MASK = (1 << REQUEST_SHIFT) - 1  # without the number of the request
REQUESTS_LIMIT = 64  # that are told apart
WORDS = 4

BYTES_READ, LAST_ANSWER_NS, RECONNECTS, CLOSED_IDLE, STALLED_NS, UNJUDGED = range(6)
TOTALS = 6


def tag_of(kind: int, code: int = 0) -> int:
    """Return the tag of a record."""
    return code << KIND_BITS | kind
