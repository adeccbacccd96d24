"""What an unknown option was meant to be."""

import pytest
from flags_of_others import FLAGS
from hypothesis import given
from hypothesis import strategies as st

from api_hour.config.habits.suggestion import closest
from api_hour.config.habits.table import BY_FLAG
from api_hour.config.sources import option_flags

KNOWN = {*option_flags().values(), *(flag for flag, habit in BY_FLAG.items() if habit.here)}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("--workerz", "--workers"),
        ("--wrokers", "--workers"),
        ("--max-request", "--max-requests"),
        ("--log_level", "--log-level"),
        ("--LogLevel", "--log-level"),
        ("--forwarded-allow-ip", "--forwarded-allow-ips"),
        ("--root_path", "--root-path"),
        ("--nope", None),
        ("--no-workers", None),
        ("--workers-max", None),
        ("--max-fields", None),
        ("--tls", None),
        ("--http-timeout", None),  # Daphne's: for a whole request
        ("--processes", None),  # uWSGI's
        ("--socket", None),
        ("--master", None),
    ],
)
def test_only_a_slip_of_the_fingers_is_corrected(written: str, meant: str | None) -> None:
    assert closest(written, KNOWN) == meant


@pytest.mark.parametrize("flag", sorted({flag.removesuffix("=") for flags in FLAGS.values() for flag in flags}))
def test_no_flag_of_a_server_would_be_taken_for_another(flag: str) -> None:
    """Were it not in the table, there would be no suggestion, or one that leads to the same option."""
    meant = closest(flag, KNOWN - {flag})

    assert meant is None or BY_FLAG[flag].here == (BY_FLAG[meant].here if meant in BY_FLAG else meant)


@given(st.sampled_from(sorted(flag for flag in KNOWN if len(flag) > 8)), st.data())
def test_a_letter_too_many_is_not_in_the_way(flag: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(3, len(flag)))

    assert closest(f"{flag[:at]}q{flag[at:]}", [flag]) == flag
