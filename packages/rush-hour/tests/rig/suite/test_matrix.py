from typing import Any

import pytest
from msgspec.structs import replace

from rush_hour.load.workload.specs import RequestSpec
from rush_hour.rig.suite.matrix import base_name, expand, values_of
from rush_hour.rig.suite.suite import Suite
from rush_hour.rig.suite.system_spec import SystemSpec

GUNICORN = SystemSpec(name="gunicorn", title="Gunicorn", command="gunicorn -w {workers} --threads {threads} -b :{port}")
UVICORN = SystemSpec(name="uvicorn", title="Uvicorn", command="uvicorn --workers {workers} --loop {loop} --port {port}")
PLAIN = SystemSpec(name="plain", title="Plain", command="serve {port}")


def expanded(*systems: SystemSpec, **matrix: Any) -> list[SystemSpec]:
    return expand(
        Suite(name="s", title="S", requests=[RequestSpec(path="/")], systems=list(systems), matrix=matrix)
    ).systems


def names(*systems: SystemSpec, **matrix: Any) -> list[str]:
    return [system.name for system in expanded(*systems, **matrix)]


def test_a_system_is_multiplied_by_all_values_in_the_order_of_the_matrix() -> None:
    assert names(GUNICORN, workers=[1, 10], threads=[4, 2]) == [
        "gunicorn-workers=1-threads=4",
        "gunicorn-workers=1-threads=2",
        "gunicorn-workers=10-threads=4",
        "gunicorn-workers=10-threads=2",
    ]


def test_a_placeholder_that_a_system_does_not_use_does_not_multiply_it() -> None:
    assert names(GUNICORN, UVICORN, PLAIN, workers=[2], threads=[1, 4], loop=["asyncio", "uvloop"]) == [
        "gunicorn-workers=2-threads=1",
        "gunicorn-workers=2-threads=4",
        "uvicorn-workers=2-loop=asyncio",
        "uvicorn-workers=2-loop=uvloop",
        "plain",
    ]


def test_rate_and_connections_multiply_every_system() -> None:
    one, other = expanded(PLAIN, rate=[500, 1500.5], connections=[10])

    assert (one.name, other.name) == ("plain-rate=500-connections=10", "plain-rate=1500.5-connections=10")
    assert values_of(other) == {"rate": 1500.5, "connections": 10}
    assert other.title == "Plain (rate 1500.5, connections 10)"


def test_workers_and_threads_are_those_of_the_system() -> None:
    [system] = expanded(GUNICORN, workers=[3], threads=[5])

    assert (system.workers, system.threads, system.command) == (3, 5, GUNICORN.command)
    assert system.title == "Gunicorn (workers 3, threads 5)"


def test_other_values_stand_where_their_placeholders_stood() -> None:
    system = replace(
        PLAIN, command="serve {port} {{x}} {how}", env={"A": "{how}{port}", "B": "b"}, prepare=["make {how}"]
    )

    [one] = expanded(system, how=["--a {1}"])

    assert one.command == "serve {port} {{x}} --a {{1}}"
    assert one.env == {"A": "--a {{1}}{port}", "B": "b"}
    assert one.prepare == ["make --a {{1}}"]


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ("", "none"),
        ("--preload", "preload"),
        ("-k gthread", "k-gthread"),
        ("uvicorn.workers.UvicornWorker", "uvicorn.workers.UvicornWorker"),
        ("../../x y/", "..-..-x-y"),
        (0.5, "0.5"),
        (-1, "1"),
    ],
)
def test_a_value_stands_in_the_name_as_a_file_may_be_called(value: object, part: str) -> None:
    [system] = expanded(replace(PLAIN, command="serve {port} {how}"), how=[value])

    assert system.name == f"plain-how={part}"
    assert system.title == f"Plain (how {value if value != '' else 'none'})"


def test_combinations_are_left_out() -> None:
    assert names(GUNICORN, UVICORN, workers=[1, 4], threads=[1, 4], loop=["asyncio"],
                 exclude=[{"workers": 4, "threads": 4}, {"workers": 1, "loop": "asyncio"}]) == [
        "gunicorn-workers=1-threads=1",
        "gunicorn-workers=1-threads=4",
        "gunicorn-workers=4-threads=1",
        "uvicorn-workers=4-loop=asyncio",
    ]  # fmt: skip


def test_a_systems_own_matrix_takes_the_place_of_the_suites() -> None:
    own = replace(GUNICORN, matrix={"threads": [8], "exclude": []})
    none = replace(UVICORN, matrix={})

    assert names(own, none, PLAIN, workers=[1, 2], rate=[10]) == ["gunicorn-threads=8", "uvicorn", "plain-rate=10"]


def test_without_a_matrix_systems_are_as_they_are() -> None:
    assert expanded(GUNICORN, PLAIN) == [GUNICORN, PLAIN]
    assert values_of(PLAIN) == {}


@pytest.mark.parametrize(("name", "base"), [("a-b", "a-b"), ("a-b-workers=2", "a-b"), ("a-how=x-y-loop_=2", "a")])
def test_the_name_in_the_file_is_found_in_the_systems_name(name: str, base: str) -> None:
    assert base_name(name) == base
