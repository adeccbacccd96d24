"""Whose event loop a worker has."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import uvloop

from api_hour.container import Container
from api_hour.errors import ConfigError
from api_hour.worker.targets.forms import ContainerMaker, maker_of
from api_hour.worker.targets.loops import loop_factory


class Plain(Container):
    """A Container that leaves its loop to the worker."""


class WithLoop(Container):
    """A Container that makes its own."""

    @classmethod
    def make_event_loop(cls, config: Any) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        loop.set_debug(config == "debug")
        return loop


async def application(_scope: Any, _receive: Any, _send: Any) -> None:
    raise NotImplementedError


def kind_of(choice: str, target: Any) -> type:
    maker: ContainerMaker = maker_of(target, described_as="TARGET")
    loop = loop_factory(choice, maker)("debug")
    loop.close()
    return type(loop)


@pytest.mark.parametrize("target", [Plain, application])
def test_a_target_without_a_loop_of_its_own_has_the_one_that_is_chosen(target: Any) -> None:
    assert kind_of("auto", target) is kind_of("uvloop", target) is uvloop.Loop
    assert kind_of("asyncio", target) is asyncio.SelectorEventLoop
    assert kind_of("uvloop:new_event_loop", target) is uvloop.Loop


@pytest.mark.parametrize("choice", ["auto", "uvloop", "uvloop:new_event_loop"])
def test_a_container_s_own_loop_is_not_taken_from_it(choice: str) -> None:
    loop = loop_factory(choice, WithLoop)("debug")
    try:
        assert loop.get_debug()
        assert not isinstance(loop, uvloop.Loop)
    finally:
        loop.close()


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("no_such.module:make", "--loop: expected a module that can be imported; there is no 'no_such'."),
        ("asyncio:nothing", "--loop: expected a factory of event loops; 'asyncio:nothing' is none."),
        ("asyncio:constants.x", "--loop: expected a factory of event loops; 'asyncio:constants.x' is none."),
    ],
)
def test_a_factory_that_is_not_there_is_said(choice: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loop_factory(choice, Plain)

    assert str(caught.value) == message


def test_what_importing_a_factory_raises_is_its_author_s_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "loop_without_its_parts.py").write_text("import missing_part_of_a_loop")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ModuleNotFoundError, match="missing_part_of_a_loop"):
        loop_factory("loop_without_its_parts:make", Plain)
