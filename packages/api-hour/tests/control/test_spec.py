"""What a worker is started with survives the way."""

from dataclasses import fields
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_hour.config.http_options import HttpOptions
from api_hour.config.log_options import LogOptions
from api_hour.config.worker_options import WorkerOptions
from api_hour.control.spec import WorkerOrder, WorkerSpec, decode_order, decode_spec, encode_order, encode_spec

TEXT = st.text(st.characters(codec="utf-8"))
PATHS = st.none() | TEXT.map(Path)
SECONDS = st.floats(0, 1e9)
COUNTS = st.integers(0, 2**63 - 1)
SPECS = st.builds(
    WorkerSpec,
    target=TEXT,
    name=TEXT,
    chdir=TEXT,
    main_yaml=st.none() | TEXT,
    worker=st.builds(
        WorkerOptions,
        backlog=st.integers(1, 2**31),
        graceful_timeout_s=SECONDS,
        workers=st.integers(1, 100),
        drain_timeout_s=SECONDS,
        heartbeat_timeout_s=SECONDS,
        max_requests=COUNTS,
    ),
    http=st.builds(HttpOptions, keep_alive_timeout_s=SECONDS, trusted_proxies=st.lists(TEXT).map(tuple)),
    log=st.builds(LogOptions, logconfig=PATHS, log_file=PATHS, access_log=st.none() | TEXT, access_log_file=PATHS),
)
ORDERS = st.builds(
    WorkerOrder,
    spec=SPECS,
    worker_id=st.integers(1),
    listener_fds=st.lists(st.integers(0)).map(tuple),
    request_limit=COUNTS,
)


@given(ORDERS)
def test_an_order_is_read_as_it_was_written_and_is_one_line(order: WorkerOrder) -> None:
    line = encode_order(order)

    assert b"\n" not in line
    assert decode_order(line) == order


@given(SPECS)
def test_a_spec_is_read_as_it_was_written(spec: WorkerSpec) -> None:
    assert decode_spec(encode_spec(spec)) == spec


def test_an_order_has_the_options_in_their_groups() -> None:
    spec = WorkerSpec(
        target="app:C",
        name="app",
        chdir="/",
        main_yaml=None,
        worker=WorkerOptions(workers=1),
        gunicorn={"workers": 1},
    )

    order = msgspec.json.decode(encode_order(WorkerOrder(spec=spec, worker_id=3, listener_fds=(7,))))

    for group, options in (("worker", WorkerOptions), ("http", HttpOptions), ("log", LogOptions)):
        assert order["spec"].pop(group).keys() == {field.name for field in fields(options)}
    assert order["spec"].keys() == {field.name for field in fields(WorkerSpec)} - {"worker", "http", "log"}
    assert (order["worker_id"], order["listener_fds"]) == (3, [7])


def test_an_order_of_a_version_with_other_groups_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_order(
            b'{"spec":{"target":"app:C","name":"app","chdir":"/","main_yaml":null},"worker_id":1,"listener_fds":[]}'
        )
