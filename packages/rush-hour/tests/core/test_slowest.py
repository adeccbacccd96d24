"""The slowest answers, as the loop gives them: those alone that took longer than the floor."""

from hypothesis import given
from hypothesis import strategies as st

from rush_hour.core.records import BAD, GOOD, REQUEST_SHIFT, tag_of
from rush_hour.core.slowest import ROOM, SLOWEST, SlowAnswer, Slowest


def offer(slowest: Slowest, latencies_ns: list[int]) -> int:
    """Offer answers as the loop does, and return how many were taken."""
    taken = 0
    for latency_ns in latencies_ns:
        if latency_ns > slowest.floor_ns:
            slowest.add(latency_ns, latency_ns, 0, 0, tag_of(GOOD, 200))
            taken += 1
    return taken


@given(st.lists(st.integers(min_value=0, max_value=500), max_size=1000))
def test_the_slowest_of_all_answers_are_kept_slowest_first(latencies_ns: list[int]) -> None:
    slowest = Slowest(0)

    offer(slowest, latencies_ns)

    assert [answer.latency_ns for answer in slowest.answers()] == sorted(latencies_ns, reverse=True)[:SLOWEST]


def test_what_is_kept_does_not_grow_where_each_answer_is_slower_than_the_one_before() -> None:
    slowest = Slowest(0)

    taken = offer(slowest, list(range(10_000)))

    assert taken == 10_000
    assert len(slowest._entries) < ROOM
    assert [answer.latency_ns for answer in slowest.answers()] == list(range(9_999, 9_989, -1))


def test_hardly_any_answer_is_taken_where_they_are_alike() -> None:
    assert offer(Slowest(0), [number % 97 for number in range(10_000)]) < 3 * ROOM


def test_an_answer_is_told_with_all_that_is_known_of_it() -> None:
    slowest = Slowest(1_000)

    slowest.add(300, 2_500, 2_400, 7, 5 << REQUEST_SHIFT | tag_of(BAD, 503))

    [answer] = slowest.answers()
    assert answer == SlowAnswer(
        due_ns=1_200, request=5, connection=7, latency_ns=300, service_time_ns=100, status=503, is_good=False
    )
