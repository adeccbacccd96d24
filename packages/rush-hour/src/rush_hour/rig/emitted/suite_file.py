"""The suite that measures the best contenders again. Pure."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from rush_hour.load.workload.specs import SessionSpec, StepSpec
from rush_hour.rig.emitted.deployment import Measured
from rush_hour.rig.toml_text import toml_key, toml_value

LOAD_KEYS = ("connections", "processes", "timeout")
SYSTEM_KEYS = ("workers", "threads", "front", "ready_timeout", "grace", "packages")


def suite_file(measured: Measured) -> str:
    """Return the text of the suite."""
    return "\n".join([*_head(measured), *_requests(measured), *_systems(measured)])


def _head(measured: Measured) -> Iterator[str]:
    yield "# The best contenders of `rush-hour try`, to be measured again: rush-hour bench suite.toml"
    yield f"name = {toml_value(measured.name)}"
    yield f"title = {toml_value(measured.title)}"
    if measured.venv is not None:
        yield f"venv = {toml_value(measured.venv)}"
    yield ""
    yield "[load]"
    yield f"rate = {measured.load.rate:g}"
    yield from (f"{name} = {toml_value(getattr(measured.load, name))}" for name in LOAD_KEYS)
    yield ""


def _requests(measured: Measured) -> Iterator[str]:
    session = measured.sent.session
    for request in measured.sent.requests:
        yield from _step("requests", request)
    if session is not None:
        yield "[session]"
        yield from (f"{key} = {toml_value(value)}" for key, value in _keys(session) if key != "requests")
        yield ""
        for step in session.requests:
            yield from _step("session.requests", step)


def _step(table: str, step: StepSpec) -> Iterator[str]:
    yield f"[[{table}]]"
    yield from (f"{toml_key(key)} = {toml_value(value)}" for key, value in _keys(step))
    yield ""


def _systems(measured: Measured) -> Iterator[str]:
    for system in measured.systems:
        yield "[[systems]]"
        yield f"name = {toml_value(system.name)}"
        yield f"title = {toml_value(system.title)}"
        if measured.directory != ".":
            yield f"directory = {toml_value(measured.directory)}"
        yield f"command = {toml_value(system.command)}"
        keys = [(name, getattr(system, name)) for name in SYSTEM_KEYS]
        yield from (f"{name} = {toml_value(value)}" for name, value in keys if value is not None)
        yield ""


def _keys(struct: Struct) -> list[tuple[str, Any]]:
    """Return the keys that do not have their default."""
    default = SessionSpec() if isinstance(struct, SessionSpec) else type(struct)(path="")
    found = [(field.name, getattr(struct, field.name), getattr(default, field.name)) for field in fields(struct)]
    return [(name, value) for name, value, usual in found if value != usual]
