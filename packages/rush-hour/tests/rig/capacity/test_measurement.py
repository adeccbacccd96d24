"""A measurement from its first request to its end, of a server that is pretended: what is asked of it, what stays."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from load_runs import plan_for
from made_systems import LATE, Maker
from pretended_server import PretendedServer, Silent

from rush_hour.errors import RushHourError, StartError
from rush_hour.judge.objective.parsing import parse_objective
from rush_hour.judge.search.tried import SearchSettings
from rush_hour.results.capacity import Capacity
from rush_hour.results.run import Doubt
from rush_hour.rig.capacity import measurement as capacity_measurement
from rush_hour.rig.capacity import runs as capacity_runs
from rush_hour.rig.capacity.found import capacity_of
from rush_hour.rig.capacity.measurement import Measurement, shorter
from rush_hour.rig.capacity.settings import CapacitySettings, CapacityTarget

SETTINGS = CapacitySettings(
    objective=parse_objective("p99 < 250ms, good >= 99.9%", what="--slo"), search=SearchSettings(), budget_s=600.0,
    warmup_s=1.0, connections=10, most_connections=400, processes=2,
)  # fmt: skip
TARGET = CapacityTarget(name="one", title="One", plan=plan_for("http://127.0.0.1:9/"))
Pretend = Callable[..., PretendedServer]


@pytest.fixture
def pretend(make: Maker, monkeypatch: pytest.MonkeyPatch) -> Pretend:
    """Put a pretended server in the place of all measurements."""

    def put(**changes: object) -> PretendedServer:
        server = PretendedServer(make, **changes)  # type: ignore[arg-type]
        monkeypatch.setattr(capacity_runs, "measure", server.measure)
        return server

    return put


def measured(server: PretendedServer, settings: CapacitySettings = SETTINGS) -> Measurement:
    measurement = Measurement(TARGET, settings, Silent(), server.clock)
    measurement.carry_out()
    return measurement


def found(server: PretendedServer, settings: CapacitySettings = SETTINGS) -> Capacity:
    return capacity_of(measured(server, settings), TARGET, settings)


def test_the_capacity_of_a_server_is_found_and_confirmed(pretend: Pretend) -> None:
    capacity = found(pretend())

    assert capacity.ending == "found"
    assert capacity.rate_per_s == capacity.confirmed_per_s == pytest.approx(1000, rel=0.05)
    assert capacity.low_per_s is not None
    assert capacity.high_per_s is not None
    assert capacity.low_per_s <= 1000 <= capacity.high_per_s
    assert capacity.saturation_per_s == 1000.0
    assert (capacity.at_least, capacity.doubts, capacity.cliff, capacity.drift) == (False, [], None, None)


def test_it_begins_with_one_connection_and_with_bursts_on_more_and_more_while_that_gives_more(pretend: Pretend) -> None:
    server = pretend(service_s=0.1)

    measurement = measured(server)

    closed = [plan.schedule.connections for plan in server.plans if plan.schedule.arrivals.is_closed_loop]
    assert closed == [1, 10, 20, 40, 80, 160, 320]
    assert [step.purpose for step in measurement.steps][:7] == ["alone", *["burst"] * 6]
    assert measurement.search is not None
    assert measurement.search.guess_per_s == 1000.0


def test_bursts_leave_a_short_budget_to_the_search(pretend: Pretend) -> None:
    server = pretend(service_s=0.1)

    measurement = measured(server, shorter(replace(SETTINGS, budget_s=10.0)))

    purposes = [step.purpose for step in measurement.steps]
    assert purposes[:2] == ["alone", "burst"]
    assert purposes.count("burst") < 6
    assert "search" in purposes


def test_connections_are_what_rate_and_latency_ask_for(pretend: Pretend) -> None:
    server = pretend(service_s=0.1)

    capacity = found(server)

    steps = [plan for plan in server.plans if not plan.schedule.arrivals.is_closed_loop]
    assert capacity.rate_per_s == pytest.approx(1000, rel=0.05)
    assert all(plan.schedule.connections >= 150 for plan in steps)
    assert capacity.notes[0].startswith("connections were raised from 10 to 3")


def test_connections_that_may_not_be_more_are_what_gave_first(pretend: Pretend) -> None:
    capacity = found(pretend(service_s=0.1), replace(SETTINGS, most_connections=50))

    assert capacity.rate_per_s == pytest.approx(500, rel=0.05)
    assert capacity.gave_first is not None
    assert capacity.gave_first.says == "all 50 connections are busy, and there may be no more"


def test_each_run_has_the_warm_up_its_own_draws_and_at_most_as_many_processes_as_connections(pretend: Pretend) -> None:
    server = pretend()

    measured(server, replace(SETTINGS, arrivals="poisson"))

    steps = [plan for plan in server.plans if not plan.schedule.arrivals.is_closed_loop]
    assert {plan.warmup.duration_s for plan in steps if plan.warmup is not None} == {1.0}
    assert len({plan.schedule.arrivals for plan in steps}) == len(steps)
    assert (server.plans[0].processes, server.plans[1].processes) == (1, 2)


def test_a_server_that_does_not_become_quiet_is_said_not_to(pretend: Pretend) -> None:
    server = pretend(is_quiet=False, service_s=0.01)

    capacity = found(server, replace(SETTINGS, budget_s=120.0))

    assert capacity.notes[-1] == (
        f"before run {len(capacity.steps)} the server did not become as quiet as without load: "
        "it may have begun with the queue of the run before."
    )


def test_a_generator_that_can_offer_no_more_gives_a_lower_bound(pretend: Pretend) -> None:
    full = Doubt(code="generator-saturated", message="the generator was the bottleneck.", hint="")
    server = pretend(
        capacity_per_s=5000.0, slow_above_per_s=2000.0,
        doubts=lambda rate_per_s: [full] if rate_per_s > 2000 else [],
    )  # fmt: skip

    capacity = found(server)

    assert (capacity.ending, capacity.at_least, capacity.ceiling) == ("at least", True, "generator")
    assert capacity.high_per_s is None
    assert capacity.rate_per_s == pytest.approx(2000, rel=0.12)


def test_without_bursts_nothing_is_tried_above_the_highest_rate(pretend: Pretend) -> None:
    server = pretend()
    limited = replace(SETTINGS, search=SearchSettings(max_rate_per_s=400.0))

    capacity = found(server, limited)

    assert (capacity.at_least, capacity.ceiling, capacity.rate_per_s) == (True, "max-rate", 400.0)
    assert [step.purpose for step in capacity.steps] == ["alone", "search", "confirm"]
    assert found(pretend(capacity_per_s=100.0), limited).rate_per_s == pytest.approx(100, rel=0.05)


def test_the_highest_rate_is_not_said_to_be_reached_where_the_search_ended_before(pretend: Pretend) -> None:
    limited = replace(SETTINGS, search=SearchSettings(max_rate_per_s=50_000.0))
    interrupted = Measurement(TARGET, limited, Silent(), (server := pretend(interrupted_at=3)).clock, guess_per_s=90.0)
    interrupted.carry_out()

    capacity = capacity_of(interrupted, TARGET, limited)

    assert server.plans
    assert (capacity.at_least, capacity.ceiling, capacity.ending) == (True, None, "interrupted")


def test_an_objective_that_no_rate_meets_is_said_to_fail(pretend: Pretend) -> None:
    strict = replace(SETTINGS, objective=parse_objective("p50 < 1us", what="--slo"))

    capacity = found(pretend(), strict)

    assert (capacity.ending, capacity.rate_per_s, capacity.low_per_s) == ("fails", None, None)
    assert [step.purpose for step in capacity.steps][-2:] == ["lowest", "lowest"]
    assert capacity.lowest_per_s == 5.0


@pytest.mark.parametrize("number", [0, 1, 6])
def test_ctrl_c_keeps_what_was_found_until_then(pretend: Pretend, number: int) -> None:
    capacity = found(pretend(interrupted_at=number))

    assert capacity.ending == "interrupted"
    assert len(capacity.steps) == number
    assert (capacity.rate_per_s is None) == (number < 2)


def test_ctrl_c_between_two_runs_does_too(pretend: Pretend) -> None:
    def interrupt(number: int) -> None:
        if number == 4:
            raise KeyboardInterrupt

    assert found(pretend(on_run=interrupt)).ending == "interrupted"


def test_a_server_that_dies_leaves_what_was_found_until_then(pretend: Pretend) -> None:
    def die(number: int) -> None:
        if number == 5:
            raise StartError("the server ended with exit code 9 under load.")

    measurement = measured(pretend(on_run=die))

    assert (measurement.ending, len(measurement.runs)) == ("failed", 5)
    assert measurement.failure == "the server ended with exit code 9 under load."


def test_without_any_run_there_is_nothing_to_keep(pretend: Pretend) -> None:
    def die(_number: int) -> None:
        raise StartError("no connection could be opened.")

    with pytest.raises(RushHourError, match=r"^no connection could be opened\.$"):
        measured(pretend(on_run=die))


def test_other_programs_that_took_the_machine_speak_against_it_and_a_late_generator_does_not(pretend: Pretend) -> None:
    other = Doubt(code="other-load", message="other programs took 40% of the machine's CPU.", hint="Measure again.")

    assert found(pretend(doubts=lambda _rate: [other])).doubts == [other]
    assert found(pretend(doubts=lambda _rate: [LATE])).doubts == []


def test_a_capacity_that_changes_is_said_to_and_the_later_one_is_stated(pretend: Pretend) -> None:
    server = pretend()

    def slow_down(number: int) -> None:
        server.capacity_per_s = 1000.0 if number < 10 else 700.0

    server.on_run = slow_down

    capacity = found(server)

    assert capacity.drift is not None
    assert capacity.drift.after_per_s == pytest.approx(700, rel=0.1)
    assert capacity.rate_per_s == pytest.approx(700, rel=0.1)
    assert [doubt.code for doubt in capacity.doubts] == ["drift"]
    assert not capacity.is_trusted


def test_where_it_changed_is_a_step_also_where_one_of_them_was_tried_again(
    pretend: Pretend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def step_of_drift(retries: int) -> int:
        answers = iter([True] * retries)
        monkeypatch.setattr(capacity_measurement, "are_too_few", lambda *_, **__: next(answers, False))
        server = pretend()

        def slow_down(number: int) -> None:
            server.capacity_per_s = 1000.0 if number < 10 + retries else 700.0

        server.on_run = slow_down
        drift = found(server).drift
        assert drift is not None
        return drift.step

    assert step_of_drift(1) == step_of_drift(0) + 1


def test_a_budget_that_is_used_up_is_said_to_be(pretend: Pretend) -> None:
    capacity = found(pretend(), replace(SETTINGS, budget_s=75.0))

    assert capacity.ending == "budget"
    assert capacity.took_s <= 75.0
    assert any(note.startswith("the budget of 75 s was used up") for note in capacity.notes)


def test_steps_and_confirmations_have_room_in_a_small_budget() -> None:
    small = shorter(replace(SETTINGS, budget_s=40.0)).search
    tiny = shorter(replace(SETTINGS, budget_s=5.0)).search

    assert (small.step_s, small.confirm_s) == (4.0, 10.0)
    assert (tiny.step_s, tiny.confirm_s) == (1.0, 1.25)
    assert shorter(SETTINGS) == SETTINGS
    without = replace(SETTINGS, budget_s=40.0, search=SearchSettings(confirm_s=0.0))
    assert shorter(without).search.confirm_s == 0.0
