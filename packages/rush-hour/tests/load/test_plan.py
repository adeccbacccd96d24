import pickle
from dataclasses import replace

import pytest
from load_runs import plan_for

from rush_hour.core.arrivals import ClosedLoop, Poisson
from rush_hour.core.schedule import Schedule
from rush_hour.errors import UsageError
from rush_hour.load.plan import parse_url
from rush_hour.load.transport.tls import Tls
from rush_hour.results.run import PlanFacts


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8008",
        "ftp://x/",
        "http:///path",
        "http://x:0/",
        "http://x:99999/",
        "http://[::1/",
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_url(url)

    assert str(caught.value) == (
        f"URL: expected http:// or https:// and HOST:PORT/PATH, such as http://127.0.0.1:8008/agents; got {url!r}."
    )


def test_what_cannot_be_sent_is_told_with_its_place() -> None:
    with pytest.raises(UsageError) as caught:
        parse_url("http://x/a\tb")

    assert str(caught.value) == (
        "URL: expected visible ASCII characters alone; '\\t' is character 11 of it; percent-encode it: %09."
    )


def test_the_facts_of_a_plan_are_those_of_its_schedules() -> None:
    schedule = Schedule(arrivals=Poisson(rate_per_s=50, seed=3), duration_s=4, connections=7, max_requests=9)
    plan = replace(
        plan_for("http://127.0.0.1/"),
        schedule=schedule,
        warmup=schedule.warm_up(2),
        seed=3,
        connection_per_request=True,
    )

    assert plan.facts() == PlanFacts(
        url="http://127.0.0.1/", rate_per_s=50, duration_s=4, warmup_s=2, connections=7, processes=2,
        arrivals="poisson", timeout_s=2.0, seed=3, max_requests=9, connection_per_request=True,
    )  # fmt: skip
    closed = plan_for("http://127.0.0.1/", arrivals=ClosedLoop()).facts()
    assert (closed.rate_per_s, closed.arrivals, closed.warmup_s) == (None, "closed-loop", 0)


def test_a_plan_can_travel() -> None:
    plan = plan_for("http://127.0.0.1/", tls=Tls(server_name="x"))

    assert pickle.loads(pickle.dumps(plan)) == plan  # noqa: S301  # our own
