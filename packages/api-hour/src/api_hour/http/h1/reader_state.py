"""The states of a connection's reader, and which may follow which.

```text
PROXY_HEADER ── HEAD ──┬── BODY ───────────┬── ANSWER ── HEAD, SUCCESSOR
                       ├── STREAMED_BODY ──┘
                       │        └── DISCARDED_BODY ── HEAD
                       └── TURN ── HEAD
```

OVER may follow each of them, and nothing follows OVER. Pure.
"""

from enum import Enum, unique


@unique
class State(Enum):
    """The state of a reader: it decides what is done with what comes."""

    PROXY_HEADER = "the header is read in which a proxy says who the client is"
    HEAD = "a request's head is read; while none has begun to come, the client may rest"
    BODY = "a body is read, and its request is answered when it is whole"
    STREAMED_BODY = "a body is read, and given to who answers"
    DISCARDED_BODY = "a body is read and thrown away: its request has been answered"
    ANSWER = "a request is answered, and what comes waits"
    TURN = "others have their turn, and what comes waits"
    SUCCESSOR = "another protocol is given what comes"
    OVER = "what comes is thrown away"


# By themselves: to look a member up in its class costs eight times as much on CPython 3.11, several times a request.
PROXY_HEADER, HEAD, BODY, STREAMED_BODY, DISCARDED_BODY, ANSWER, TURN, SUCCESSOR, OVER = State

FOLLOWERS: dict[State, frozenset[State]] = {
    PROXY_HEADER: frozenset({HEAD, OVER}),
    HEAD: frozenset({BODY, STREAMED_BODY, ANSWER, TURN, OVER}),
    BODY: frozenset({ANSWER, OVER}),
    STREAMED_BODY: frozenset({ANSWER, DISCARDED_BODY, SUCCESSOR, OVER}),
    DISCARDED_BODY: frozenset({HEAD, OVER}),
    ANSWER: frozenset({HEAD, SUCCESSOR, OVER}),
    TURN: frozenset({HEAD, OVER}),
    SUCCESSOR: frozenset({OVER}),
    OVER: frozenset(),
}
