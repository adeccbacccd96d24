import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.core.counting import Records, ShareCounts
from rush_hour.core.records import (
    BAD,
    BYTES_READ,
    CONNECT_FAILED,
    FAILED,
    GOOD,
    REQUEST_SHIFT,
    SECOND,
    SENT,
    STALLED_NS,
    TOTAL,
    tag_of,
)

MS_NS = 1_000_000


def records(*rows: tuple[int, int, int, int]) -> Records:
    return np.array(rows, dtype=np.int64).reshape(len(rows), 4)


RUN = records(
    (1 * MS_NS, 0, 0, SENT),
    (2 * MS_NS, 0, 0, SENT),
    (10 * MS_NS, 9 * MS_NS, 1 * MS_NS, tag_of(GOOD, 200)),
    (20 * MS_NS, 8 * MS_NS, 2 * MS_NS, tag_of(BAD, 503)),
    (4096, 0, 0, tag_of(TOTAL, BYTES_READ)),
    (1_000_200_000, 7, 300_000, SECOND),
    (3 * MS_NS, 0, 0, SENT),
    (0, 0, 0, tag_of(FAILED, 1)),
    (0, 0, 0, tag_of(CONNECT_FAILED, 0)),
    (8192, 0, 0, tag_of(TOTAL, BYTES_READ)),
    (5 * MS_NS, 0, 0, tag_of(TOTAL, STALLED_NS)),
    (2_000_100_000, 6, 100_000, SECOND),
)


def test_records_become_counts_and_distributions() -> None:
    share = ShareCounts()

    share.feed(RUN)

    assert [share.total(kind) for kind in (SENT, GOOD, BAD, FAILED, CONNECT_FAILED)] == [3, 1, 1, 1, 1]
    assert share.statuses(GOOD, BAD) == {200: 1, 503: 1}
    assert share.statuses(BAD) == {503: 1}
    assert share.by_name(FAILED, {1: "timeout"}) == {"timeout": 1}
    assert share.by_name(CONNECT_FAILED, {}) == {"0": 1}
    assert (share.totals[BYTES_READ], share.totals[STALLED_NS]) == (8192, 5 * MS_NS)
    assert [one.total for one in (share.latency, share.service_time, share.latency_bad)] == [1, 1, 1]
    assert (share.read_lag.total, share.send_lag.total, share.send_lag.max_us) == (2, 3, 3000)
    assert share.open_connections == 6


def test_each_second_is_told_when_it_is_over() -> None:
    first, second = ShareCounts().feed(RUN)

    assert (first.second, first.at_s, first.open_connections, first.pause_us) == (1, 1.0002, 7, 300)
    assert (first.sent, first.good, first.bad, first.failed) == (2, 1, 1, 0)
    assert (first.latency.total, first.send_lag.total) == (1, 2)
    assert (second.second, second.sent, second.failed, second.open_connections) == (2, 1, 1, 6)
    assert second.latency.total == 0


def test_seconds_that_a_stalled_process_skipped_are_not_numbered_again() -> None:
    share = ShareCounts()

    intervals = share.feed(records((1_000_000_000, 1, 0, SECOND), (4_500_000_000, 1, 0, SECOND)))
    intervals += share.feed(records((5_000_000_000, 1, 0, SECOND)))

    assert [interval.second for interval in intervals] == [1, 2, 5]


@given(st.lists(st.integers(0, len(RUN)), max_size=4))
def test_any_cut_of_the_records_gives_the_same(cuts: list[int]) -> None:
    whole, parts = ShareCounts(), ShareCounts()
    intervals = whole.feed(RUN)

    bounds = [0, *sorted(cuts), len(RUN)]
    cut = [interval for begin, end in itertools.pairwise(bounds) for interval in parts.feed(RUN[begin:end])]

    assert [(one.second, one.sent, one.good, one.latency.total) for one in cut] == [
        (one.second, one.sent, one.good, one.latency.total) for one in intervals
    ]
    assert parts.counts.tolist() == whole.counts.tolist()
    assert parts.latency.counts.tolist() == whole.latency.counts.tolist()


def test_requests_with_names_are_counted_apart_and_together() -> None:
    second = 1 << REQUEST_SHIFT
    share, together = ShareCounts(requests=2), ShareCounts()
    of_the_second = RUN.copy()
    of_the_second[:, -1] |= np.where(np.isin(RUN[:, -1] & 7, [SENT, GOOD, BAD, FAILED]), second, 0)

    for counts in (share, together):
        counts.feed(RUN)
    share.feed(of_the_second)
    together.feed(RUN)
    share.add_uncounted({tag_of(GOOD, 200) | second: 3})

    assert [int(one.kinds[GOOD]) for one in share.requests] == [1, 4]
    assert [int(one.kinds[SENT]) for one in share.requests] == [3, 3]
    assert [int(one.kinds[FAILED]) for one in share.requests] == [1, 1]
    assert [one.latency.total for one in share.requests] == [1, 1]
    assert share.statuses(GOOD, BAD) == {200: 5, 503: 2}
    assert share.latency.counts.tolist() == together.latency.counts.tolist()


def test_records_without_durations_are_in_the_counts_alone() -> None:
    share = ShareCounts()

    share.add_uncounted({SENT: 5, tag_of(GOOD, 200): 4})

    assert (share.total(SENT), share.total(GOOD), share.latency.total) == (5, 4, 0)


def test_what_came_after_the_last_second_of_a_process_that_was_killed_is_counted() -> None:
    share = ShareCounts()
    share.feed(RUN)
    assert share.close() is None

    share.feed(records((1 * MS_NS, 0, 0, SENT), (1 * MS_NS, 0, 0, tag_of(GOOD, 200))))
    interval = share.close()

    assert interval is not None
    assert (interval.second, interval.sent, interval.good, interval.open_connections) == (3, 1, 1, 6)
    assert share.latency.total == 2


def test_phases_are_counted_apart_and_together_with_the_requests_of_each() -> None:
    share, together = ShareCounts(requests=2, phases=3), ShareCounts()
    is_counted = np.isin(RUN[:, -1] & 7, [SENT, GOOD, BAD, FAILED])
    for number in (0, 3, 5):  # the first request in the first phase, the second one in the others
        records_of = RUN.copy()
        records_of[:, -1] |= np.where(is_counted, number << REQUEST_SHIFT, 0)
        share.feed(records_of)
        together.feed(RUN)
    share.add_uncounted({tag_of(GOOD, 200) | 5 << REQUEST_SHIFT: 7})

    assert [int(one.kinds[SENT]) for one in share.phases] == [3, 3, 3]
    assert [int(one.kinds[GOOD]) for one in share.phases] == [1, 1, 8]
    assert [int(one.kinds[GOOD]) for one in share.requests] == [1, 9]
    assert [one.finished for one in share.phases] == [3, 3, 10]
    assert [(one.latency.total, one.send_lag.total) for one in share.phases] == [(1, 3)] * 3
    assert share.latency.counts.tolist() == together.latency.counts.tolist()


def test_phases_of_requests_without_names_are_counted() -> None:
    share = ShareCounts(phases=2)
    in_second_phase = RUN.copy()
    in_second_phase[:, -1] |= np.where(RUN[:, -1] & 7 == GOOD, 1 << REQUEST_SHIFT, 0)

    share.feed(in_second_phase)
    share.add_uncounted({tag_of(BAD, 503) | 1 << REQUEST_SHIFT: 2})

    assert [[int(one.kinds[kind]) for kind in (SENT, GOOD, BAD)] for one in share.phases] == [[3, 0, 1], [0, 1, 2]]
    assert share.statuses(BAD) == {503: 3}
