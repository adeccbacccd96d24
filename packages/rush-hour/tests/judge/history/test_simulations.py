"""What is said of histories whose true changes are known: power and false alarms, beside what else finds changes.

Five hundred histories, by `make simulations`.
"""

import numpy as np
import pytest
from simulated_histories import (
    DOCUMENTS,
    STEP,
    STEP_AT,
    Finder,
    counted,
    histories,
    ours,
    ruptures_pelt,
    threshold,
    with_outliers,
)
from simulation_share import trials

from rush_hour.judge.history.changes import steps

TRIALS = trials(500)


Counts = tuple[float, float, float]  # found where it is, elsewhere, and without a step


def counts(find: Finder) -> Counts:
    """What comes of the same histories with and without a step of 5 %."""
    still, stepped = (histories(step=step, count=TRIALS)[:, 0] for step in (0.0, STEP))
    return (*counted(find, stepped, STEP_AT), counted(find, still, None)[1])


@pytest.fixture(scope="module")
def our_counts() -> Counts:
    """Those of ours."""
    return counts(ours)


def test_a_step_of_5_percent_is_found_and_steady_histories_raise_few_alarms(our_counts: Counts) -> None:
    power, elsewhere, alarms = our_counts

    assert power >= 0.8
    assert elsewhere <= 0.15  # most of them are that step, more than three documents from its place
    assert alarms <= 0.02


def test_ruptures_and_a_threshold_raise_more_alarms_on_the_same_histories(our_counts: Counts) -> None:
    pytest.importorskip("ruptures", reason="ruptures has no wheel for this Python")
    power, _, alarms = our_counts

    theirs, simple = counts(ruptures_pelt), counts(threshold)

    assert theirs[2] > 2 * alarms
    assert simple[2] > 0.9
    assert power > theirs[0] - 0.1


def test_of_six_figures_of_a_steady_history_any_is_said_to_change_in_5_percent_at_most() -> None:
    still = histories(step=0.0, count=TRIALS // 4)

    assert np.mean([any(ours(logs) for logs in one) for one in still]) <= 0.05


def test_outliers_hide_no_step_of_10_percent() -> None:
    still, stepped = (with_outliers(histories(step=step, count=TRIALS // 2))[:, 0] for step in (0.0, 0.1))

    assert counted(ours, stepped, STEP_AT)[0] >= 0.9
    assert counted(ours, still, None)[1] <= 0.03


@pytest.mark.parametrize(("behind", "least"), [(2, 0.9), (3, 0.95), (5, 0.95)])
def test_a_step_of_20_percent_is_found_with_few_documents_behind_it(behind: int, least: float) -> None:
    made = histories(step=0.2, count=TRIALS // 2, step_at=DOCUMENTS - behind)[:, 0]

    assert counted(ours, made, DOCUMENTS - behind)[0] >= least


def test_intervals_of_found_steps_have_the_true_ratio_in_them() -> None:
    made = histories(step=0.1, count=TRIALS // 2)[:, 0]
    found = [steps(logs.tolist(), level=0.05 / 6, least=0.02) for logs in made]
    near = [step for one in found for step in one if abs(step.at - STEP_AT) <= 3]

    assert np.mean([step.ratio.low <= 1.1 <= step.ratio.high for step in near]) >= 0.93
