from hypothesis import given
from hypothesis import strategies as st

from rush_hour.core.uniform import uniform
from rush_hour.load.workload.mix import RequestMix
from rush_hour.load.workload.request import Request


def request(name: str) -> Request:
    return Request(method="GET", data=name.encode())


def test_a_mix_follows_its_weights() -> None:
    mix = RequestMix((request("often"), request("seldom")), (3.0, 1.0))

    often = sum(mix.get(number, 0).data == b"often" for number in range(10_000))

    assert 7_300 < often < 7_700


@given(st.integers(min_value=0, max_value=2**40), st.integers(min_value=0, max_value=1000))
def test_a_mix_gives_the_same_request_for_the_same_number(number: int, seed: int) -> None:
    requests = tuple(request(str(i)) for i in range(5))

    first = RequestMix(requests, (1, 2, 3, 4, 5), seed).get(number, 0)

    assert first in requests
    assert RequestMix(requests, (1, 2, 3, 4, 5), seed).get(number, 0) == first


def test_what_is_asked_has_nothing_to_do_with_when() -> None:
    """Gaps are drawn from the same seed: a mix drawn from the same numbers would follow them."""
    mix = RequestMix((request("a"), request("b")), (1, 1), seed=1)

    after_short_gaps = [mix.get(number, 0).data for number in range(4000) if uniform(1, number) > 0.5]

    assert 0.45 < after_short_gaps.count(b"a") / len(after_short_gaps) < 0.55
