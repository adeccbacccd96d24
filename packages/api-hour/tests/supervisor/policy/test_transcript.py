"""The last events, for whoever looks for a reason."""

from decided import (
    alive,
    ready,
    serving,
    tell,
)

from api_hour.supervisor.policy.events import (
    Tick,
)
from api_hour.supervisor.policy.transcript import EVENT_LOG_LENGTH


def test_the_event_log_keeps_the_last_events_and_neither_heartbeats_nor_ticks() -> None:
    decisions = serving(1)

    for number in range(EVENT_LOG_LENGTH + 10):
        tell(decisions, ready(1), Tick(), alive(1), at_s=float(number))

    assert len(decisions.transcript.event_log) == EVENT_LOG_LENGTH
    assert decisions.transcript.event_log[0] == (10.0, ready(1))
    assert decisions.transcript.event_log[-1] == (float(EVENT_LOG_LENGTH + 9), ready(1))
