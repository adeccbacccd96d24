"""What a trial's settings are for one search."""

import pytest
from rig.trial.made_turns import SETTINGS


@pytest.mark.parametrize(
    ("slot_s", "is_final", "step_s", "confirm_s"),
    [(200.0, True, 10.0, 30.0), (200.0, False, 10.0, 0.0), (40.0, True, 4.0, 10.0), (40.0, False, 4.0, 0.0)],
)
def test_a_search_has_its_slot_and_is_confirmed_in_the_last_round_only(
    slot_s: float, is_final: bool, step_s: float, confirm_s: float
) -> None:
    one = SETTINGS.of_slot(slot_s, is_final=is_final)

    assert (one.budget_s, one.search.step_s, one.search.confirm_s) == (slot_s, step_s, confirm_s)
    assert (one.objective, one.connections, one.most_connections, one.processes) == (
        SETTINGS.objective,
        SETTINGS.connections,
        SETTINGS.most_connections,
        SETTINGS.processes,
    )
