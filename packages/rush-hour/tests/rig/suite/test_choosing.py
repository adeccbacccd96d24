import pytest
from msgspec.structs import replace

from rush_hour.errors import UsageError
from rush_hour.load.workload.specs import RequestSpec
from rush_hour.results.document import RequireFacts
from rush_hour.rig.suite.choosing import check_overrides, choose, choose_one, choose_requests, override, required
from rush_hour.rig.suite.matrix import expand
from rush_hour.rig.suite.suite import RequireSpec, Suite
from rush_hour.rig.suite.system_spec import SystemSpec

SUITE = Suite(
    name="s",
    title="S",
    requests=[RequestSpec(path="/")],
    systems=[SystemSpec(name=name, title=name, command="serve {port}") for name in ("one", "two", "three")],
)
VARIED = expand(
    replace(
        SUITE,
        systems=[
            SystemSpec(name=name, title=name, command="serve {port} {workers}")
            for name in ("gunicorn", "gunicorn-nginx", "uvicorn")
        ],
        matrix={"workers": [1, 2, 4, 8]},
    )
)


def chosen(suite: Suite, *only: str) -> list[str]:
    return [system.name for system in choose(suite, only)]


@pytest.mark.parametrize(
    ("only", "names"),
    [
        ((), ["one", "two", "three"]),
        (("two",), ["two"]),
        (("three", "one"), ["one", "three"]),
        (("two", "two"), ["two"]),
        (("t*",), ["two", "three"]),
        (("*e", "two"), ["one", "two", "three"]),
        (("[nt]?o",), ["two"]),
    ],
)
def test_the_systems_named_are_benched_in_the_suites_order(only: tuple[str, ...], names: list[str]) -> None:
    assert chosen(SUITE, *only) == names


def test_a_system_of_a_matrix_is_named_as_it_is_or_as_it_is_in_the_file() -> None:
    assert chosen(VARIED, "uvicorn-workers=2") == ["uvicorn-workers=2"]
    assert chosen(VARIED, "gunicorn") == [f"gunicorn-workers={number}" for number in (1, 2, 4, 8)]
    assert chosen(VARIED, "*=8") == [f"{name}-workers=8" for name in ("gunicorn", "gunicorn-nginx", "uvicorn")]


@pytest.mark.parametrize("pattern", ["four", "f*", "", "ONE"])
def test_what_names_no_system_is_told_with_the_known_ones(pattern: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose(SUITE, ["one", pattern])

    assert str(caught.value) == f"--only: expected one of one, two, three, or a pattern of them; got {pattern!r}."


def test_of_many_systems_few_are_told() -> None:
    with pytest.raises(UsageError) as caught:
        choose(VARIED, ["hypercorn"])

    assert str(caught.value) == (
        "--only: expected one of gunicorn-workers=1, gunicorn-workers=2, gunicorn-workers=4, gunicorn-workers=8, "
        "gunicorn-nginx-workers=1, gunicorn-nginx-workers=2, gunicorn-nginx-workers=4, gunicorn-nginx-workers=8, "
        "... and 4 more, or a pattern of them; got 'hypercorn'."
    )


def test_one_system_is_chosen_by_its_name() -> None:
    assert choose_one(SUITE, "two", what="SYSTEM").name == "two"

    with pytest.raises(UsageError) as caught:
        choose_one(SUITE, "t*", what="--system")

    assert str(caught.value) == "--system: expected one of one, two, three; got 't*'."


def test_workers_and_threads_of_the_command_line_are_those_of_every_system() -> None:
    own = replace(SUITE, systems=[replace(SUITE.systems[0], workers=5, threads=6)])

    more = override(own, workers=16, threads=None)
    assert (more.workers, more.threads) == (16, 1)
    assert (more.systems[0].workers, more.systems[0].threads) == (None, 6)
    assert override(own, workers=None, threads=None) == own


@pytest.mark.parametrize(
    ("name", "option"),
    [("workers", "--workers"), ("threads", "--server-threads"), ("rate", "--rate"), ("connections", "--connections")],
)
def test_what_a_matrix_varies_cannot_be_an_option(name: str, option: str) -> None:
    system = replace(SUITE.systems[0], matrix={name: [1]})
    check_overrides(SUITE.systems, {name: 2}, by="SYSTEM")
    check_overrides([system], {name: None, "other": 3}, by="SYSTEM")

    with pytest.raises(UsageError) as caught:
        check_overrides([*SUITE.systems, system], {name: 2}, by="SYSTEM")

    assert str(caught.value) == (
        f"{option}: the suite's matrix has values of its own for {name}; choose among its systems with SYSTEM."
    )


def test_a_profile_is_refused_where_a_matrix_has_rates() -> None:
    system = expand(replace(SUITE, matrix={"rate": [1, 2]})).systems[0]

    with pytest.raises(UsageError) as caught:
        check_overrides([system], {"rate": "soak:5/8s"}, by="--only", option="--load-profile")

    assert str(caught.value) == (
        "--load-profile: the suite's matrix has values of its own for rate; choose among its systems with --only."
    )


def test_what_is_required_of_a_pattern_is_required_of_each_of_its_systems() -> None:
    require = RequireSpec(
        all="good > 99%",
        systems={"gunicorn": "p99 < 1s", "*=8": "memory < 1GiB", "uvicorn-workers=4": "p50 < 1s"},
        baseline="gunicorn-workers=8",
    )
    suite = replace(VARIED, require=require)

    assert required(suite, choose(suite, ["*=8", "uvicorn-workers=2"])) == RequireFacts(
        all=["good > 99%"],
        systems={
            "gunicorn-workers=8": ["p99 < 1s", "memory < 1GiB"],
            "gunicorn-nginx-workers=8": ["memory < 1GiB"],
            "uvicorn-workers=8": ["memory < 1GiB"],
        },
        baseline="gunicorn-workers=8",
    )


def test_a_suite_may_require_nothing() -> None:
    assert required(SUITE, SUITE.systems) is None
    own = replace(SUITE, require=RequireSpec(systems={"one": "p99 < 1s"}))
    assert required(own, own.systems) == RequireFacts(systems={"one": ["p99 < 1s"]})


MIXED = replace(
    SUITE,
    requests=[
        RequestSpec(name="agents", path="/agents", weight=9),
        RequestSpec(name="agent", path="/agents/7"),
        RequestSpec(path="/agents", method="post"),
    ],
)


@pytest.mark.parametrize(
    ("names", "paths"),
    [
        ((), ["/agents", "/agents/7", "/agents"]),
        (("agent",), ["/agents/7"]),
        (("POST /agents", "agents"), ["/agents", "/agents"]),
        (("agent*", "agent"), ["/agents", "/agents/7"]),
    ],
)
def test_the_requests_named_are_sent_with_their_weights(names: tuple[str, ...], paths: list[str]) -> None:
    chosen = choose_requests(MIXED, names)

    assert [request.path for request in chosen.requests] == paths
    assert all(request in MIXED.requests for request in chosen.requests)
    assert chosen.systems == MIXED.systems


def test_what_names_no_request_is_told_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        choose_requests(MIXED, ["agent", "post /agents"])

    assert str(caught.value) == (
        "--request: expected one of agents, agent, POST /agents, or a pattern of them; got 'post /agents'."
    )
