"""Objectives as people write them, and every way to write one wrong."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.errors import UsageError
from rush_hour.judge.objective.metrics import METRICS
from rush_hour.judge.objective.objective import OPERATORS, Clause, Window
from rush_hour.judge.objective.parsing import parse_objective
from rush_hour.judge.objective.quantities import UNITS


def clause_of(text: str) -> Clause:
    [clause] = parse_objective(text, what="--slo").clauses
    return clause


def mistake_in(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse_objective(text, what="--slo")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "metric", "operator", "limit"),
    [
        ("p99 < 100ms", "p99", "<", 100_000.0),
        ("p99.9<=2s", "p99.9", "<=", 2_000_000.0),
        ("  max   <  1.5m ", "max", "<", 90_000_000.0),
        ("mean < 300us", "mean", "<", 300.0),
        ("p50 < 300µs", "p50", "<", 300.0),
        ("service.p99 < 5ms", "service.p99", "<", 5_000.0),
        ("good >= 99.9%", "good", ">=", 0.999),
        ("errors <= 0.1%", "errors", "<=", 0.001),
        ("errors = 0", "errors", "=", 0.0),
        ("goodput > 2.5k/s", "goodput", ">", 2_500.0),
        ("cpu < 300us", "cpu", "<", 300.0),
        ("cpu.proxy < 1 ms", "cpu.proxy", "<", 1_000.0),
        ("cpu.database < 1ms", "cpu.database", "<", 1_000.0),
        ("memory < 512MiB", "memory", "<", 512 * 2**20),
        ("memory < 2GB", "memory", "<", 2e9),
    ],
)
def test_a_clause_has_a_metric_an_operator_and_a_value_with_its_unit(
    text: str, metric: str, operator: str, limit: float
) -> None:
    clause = clause_of(text)

    assert (clause.metric.name, clause.operator, clause.limit) == (metric, operator, limit)
    assert (clause.request, clause.window, clause.is_of_baseline) == (None, None, False)


@pytest.mark.parametrize(
    ("text", "figure", "bound"),
    [
        ("p99 < 100ms", "p99", "< 100 ms"),
        ("p99[orders] >= baseline * 1.05", "p99[orders]", ">= baseline * 1.05"),
        ("goodput < baseline @10s..", "goodput @10s..", "< baseline"),
        ("errors <= 1% @ last 5s", "errors @last 5s", "<= 1 %"),
    ],
)
def test_a_clause_names_its_figure_and_its_bound_as_they_were_written(text: str, figure: str, bound: str) -> None:
    clause = clause_of(text)

    assert (clause.figure, clause.written_bound) == (figure, bound)


def test_percentiles_want_ten_answers_beyond_them() -> None:
    needed = {name: METRICS[name].answers_needed for name in ("p50", "p99", "p99.9", "max", "mean", "good", "cpu")}

    assert needed == {"p50": 20, "p99": 1000, "p99.9": 10_000, "max": 1, "mean": 1, "good": 0, "cpu": 0}


def test_more_good_answers_are_better_and_less_of_all_else() -> None:
    assert {name for name, metric in METRICS.items() if metric.is_higher_better} == {"good", "goodput"}


def test_an_objective_has_several_clauses_and_is_kept_as_it_was_written() -> None:
    objective = parse_objective("p99 < 100ms ,good  >= 99.9%", what="--slo")

    assert [clause.metric.name for clause in objective.clauses] == ["p99", "good"]
    assert objective.text == "p99 < 100ms, good >= 99.9%"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("p99[orders] < 1s", "orders"),
        ("p99 [ GET /a?b=1,2 ] < 1s", "GET /a?b=1,2"),
        ('p99["a ] b"] < 1s', "a ] b"),
        ("good[x] >= 99%", "x"),
    ],
)
def test_a_clause_may_be_about_one_request_whose_name_may_have_commas(text: str, name: str) -> None:
    objective = parse_objective(f"{text}, max < 1s", what="--slo")

    assert [clause.request for clause in objective.clauses] == [name, None]


@pytest.mark.parametrize(("text", "factor"), [("baseline", 1.0), ("baseline * 1.05", 1.05), ("baseline*2", 2.0)])
def test_a_clause_may_be_held_against_a_baseline(text: str, factor: float) -> None:
    clause = clause_of(f"p99 <= {text}")

    assert (clause.is_of_baseline, clause.limit) == (True, factor)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("@10s..", Window(begin_s=10.0)),
        ("@ 10s..1m", Window(begin_s=10.0, end_s=60.0)),
        ("@..20s", Window(end_s=20.0)),
        ("@last 30s", Window(last_s=30.0)),
    ],
)
def test_a_clause_may_be_about_a_window(text: str, window: Window) -> None:
    assert clause_of(f"p99 < 1s {text}").window == window


METRIC_NAMES = (
    "p50, p75, p90, p95, p99, p99.9, p99.99, max, mean, good, errors, goodput, cpu, cpu.proxy, cpu.database and "
    "memory, or service.p99 and the like"
)
DURATION = "a duration with its unit, such as 100ms, 300us or 2s, or baseline * 1.05"
WINDOW = "a window such as @10s.., @10s..20s or @last 30s"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected an objective such as 'p99 < 100ms, good >= 99.9%'; got ''."),
        ("  ", "expected an objective such as 'p99 < 100ms, good >= 99.9%'; got '  '."),
        ("p99 < 1ms,", "an empty clause: expected a metric first, such as p99, good or goodput; got ''."),
        ("< 1ms", "clause '< 1ms': expected a metric first, such as p99, good or goodput; got '< 1ms'."),
        ("p98 < 1ms", f"clause 'p98 < 1ms': expected a metric (p99?): {METRIC_NAMES}; got 'p98'."),
        ("xyzzy < 1ms", f"clause 'xyzzy < 1ms': expected a metric: {METRIC_NAMES}; got 'xyzzy'."),
        ("p99", "clause 'p99': expected <, <=, =, >= or > after p99; got ''."),
        ("p99 100ms", "clause 'p99 100ms': expected <, <=, =, >= or > after p99; got '100ms'."),
        ("p99 ~ 5ms", "clause 'p99 ~ 5ms': expected <, <=, =, >= or > after p99; got '~'."),
        ("p99 == 5ms", "clause 'p99 == 5ms': expected <, <=, =, >= or > after p99; got '=='."),
        ("p99 < 5", f"clause 'p99 < 5': expected {DURATION}; got '5'."),
        ("p99 < 5%", f"clause 'p99 < 5%': expected {DURATION}; got '5%'."),
        ("p99 <", f"clause 'p99 <': expected {DURATION}; got ''."),
        ("p99 < base", f"clause 'p99 < base': expected {DURATION}; got 'base'."),
        (
            f"p99 < baseline * {10**15}",
            f"clause 'p99 < baseline * {10**15}': expected {DURATION}; got 'baseline * {10**15}'.",
        ),
        ("good > 99", "clause 'good > 99': expected a share in percent, such as 99.9%, or baseline * 1.05; got '99'."),
        (
            "goodput > 5",
            "clause 'goodput > 5': expected requests per second, such as 800/s or 2.5k/s, or baseline * 1.05; got '5'.",
        ),
        (
            "memory < 5M",
            "clause 'memory < 5M': expected a size with its unit, such as 512MiB, or baseline * 1.05; got '5M'.",
        ),
        ("p99[] < 1s", "clause 'p99[] < 1s': expected the name of a request in brackets; got '[]'."),
        (
            "cpu[a] < 1ms",
            "clause 'cpu[a] < 1ms': expected no request with cpu, which is not known of single requests; got '[a]'.",
        ),
        ("p99 < 1s @ 5", f"clause 'p99 < 1s @ 5': expected {WINDOW}; got '@5'."),
        ("p99 < 1s @ ..", f"clause 'p99 < 1s @ ..': expected {WINDOW}; got '@..'."),
        ("p99 < 1s @ last x", f"clause 'p99 < 1s @ last x': expected {WINDOW}; got '@last x'."),
        (
            "p99 < 1s @ 5s..2s",
            "clause 'p99 < 1s @ 5s..2s': expected a window that ends after it begins; got '@5s..2s'.",
        ),
        (
            "p99[a] < 1s @ 5s..",
            (
                "clause 'p99[a] < 1s @ 5s..': expected no window with a request: "
                "seconds are not kept apart by request; got '[a]'."
            ),
        ),
        (
            "service.p99 < 1s @ 5s..",
            (
                "clause 'service.p99 < 1s @ 5s..': expected no window with times from sent, "
                "which are kept for the whole run alone; got 'service.p99'."
            ),
        ),
    ],
)
def test_a_mistake_is_told_with_its_clause_what_was_expected_and_what_came(text: str, said: str) -> None:
    assert mistake_in(text) == f"--slo: {said}"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(METRICS)), st.sampled_from(sorted(OPERATORS)), st.integers(0, 10**6), st.booleans()
        ),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_is_written_in_the_grammar_is_read(parts: list[tuple[str, str, int, bool]]) -> None:
    clauses = []
    for name, operator, number, is_spaced in parts:
        unit = next(iter(UNITS[METRICS[name].quantity]))
        space = " " if is_spaced else ""
        clauses.append(f"{name}{space}{operator}{space}{number}{unit}")

    objective = parse_objective(",".join(clauses), what="--slo")

    assert [(clause.metric.name, clause.operator) for clause in objective.clauses] == [part[:2] for part in parts]
    assert parse_objective(objective.text, what="--slo") == objective


@given(st.text(max_size=40))
def test_any_other_text_is_refused_and_breaks_nothing(text: str) -> None:
    with suppress(UsageError):
        parse_objective(text, what="--slo")
