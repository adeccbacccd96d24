"""How an object is known to be called like a coroutine function."""

import functools
from typing import Any

import pytest

from api_hour.worker.call_shape import gives_coroutine


async def answer() -> None: ...


class Called:
    async def __call__(self) -> None: ...


@pytest.mark.parametrize("found", [answer, functools.partial(answer), Called(), Called().__call__])
def test_a_coroutine_function_and_what_is_called_like_one_give_coroutines(found: Any) -> None:
    assert gives_coroutine(found)


@pytest.mark.parametrize("found", [Called, print, lambda: answer(), 7, None])  # noqa: PLW0108  # one that hides it
def test_a_class_and_what_only_returns_a_coroutine_do_not(found: Any) -> None:
    assert not gives_coroutine(found)
