"""What supervisor and worker tell each other while the worker lives survives the way."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_hour.control.messages import (
    Heartbeat,
    WorkerCommand,
    WorkerReport,
    decode_command,
    decode_report,
    encode_command,
    encode_report,
)

TEXT = st.text(st.characters(codec="utf-8"))
COUNTS = st.integers(0, 2**63 - 1)
HEARTBEATS = st.builds(
    Heartbeat,
    requests=COUNTS,
    in_flight=COUNTS,
    latency_counts=st.lists(COUNTS).map(tuple),
    latency_sum_s=st.floats(0, 1e9),
    loop_lag_s=st.floats(0, 1e9),
    connections=COUNTS,
)
REPORTS = st.builds(
    WorkerReport,
    state=st.sampled_from(["ready", "failed", "alive"]),
    reason=TEXT,
    heartbeat=st.none() | HEARTBEATS,
)


@given(REPORTS)
def test_a_report_is_read_as_it_was_written_and_is_one_line(report: WorkerReport) -> None:
    line = encode_report(report)

    assert b"\n" not in line
    assert decode_report(line) == report


def test_a_report_of_another_kind_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_report(b'{"state":"bored"}')


def test_a_command_is_read_as_it_was_written_and_is_one_line() -> None:
    line = encode_command(WorkerCommand(command="retire"))

    assert line == b'{"command":"retire"}'
    assert decode_command(line) == WorkerCommand(command="retire")


def test_a_key_that_a_newer_version_added_is_passed_over() -> None:
    assert decode_report(b'{"state":"ready","mood":"good"}') == WorkerReport(state="ready")
