"""Values of options in the texts of a command line."""

from pathlib import Path
from typing import Any

import pytest

from api_hour.config.option_texts import option_texts
from api_hour.errors import ConfigError


@pytest.mark.parametrize(
    ("key", "value", "texts"),
    [
        ("workers", 2, ("2",)),
        ("timeout", 0.5, ("0.5",)),
        ("chdir", Path("/a"), ("/a",)),
        ("daemon", True, ("true",)),
        ("umask", 0o27, ("0o27",)),
        ("umask", "027", ("027",)),
        ("bind", "a:1", ("a:1",)),
        ("bind", ["a:1", "b:2"], ("a:1", "b:2")),
        ("trusted_proxy", (), ()),
    ],
)
def test_a_value_is_the_text_that_would_give_it(key: str, value: Any, texts: tuple[str, ...]) -> None:
    assert option_texts("here", key, value) == texts


def test_a_value_of_another_kind_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        option_texts("here", "workers", {})

    assert str(caught.value) == "here: expected a text, a number, true or false; got {}."
