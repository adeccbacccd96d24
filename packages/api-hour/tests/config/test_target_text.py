"""What TARGET may say, and what it is taken for."""

import pytest

from api_hour.config.target_text import FORMS, Call, TargetText, parse_target
from api_hour.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("app", TargetText(module="app")),
        ("package.app", TargetText(module="package.app")),
        ("app:Container", TargetText(module="app", path=("Container",))),
        ("app: Container ", TargetText(module="app", path=("Container",))),
        ("app:service.http.asgi", TargetText(module="app", path=("service", "http", "asgi"))),
        ("app:create()", TargetText(module="app", path=("create",), call=Call())),
        (
            "app:make.app('a', -1, debug=True, tags=['x', {'y': None}])",
            TargetText(
                module="app",
                path=("make", "app"),
                call=Call(positional=("a", -1), keywords={"debug": True, "tags": ["x", {"y": None}]}),
            ),
        ),
    ],
)
def test_a_target_is_taken_apart(text: str, target: TargetText) -> None:
    assert parse_target(text) == target


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":Container",
        "a..b:C",
        "app:",
        "app:A:B",
        "app:7",
        "app:'text'",
        "app:apps['first']",
        "app:create()()",
        "app:create().app",
        "app:create(path)",
        "app:create(1 + 1)",
        "app:create(*[1])",
        "app:create(**{'a': 1})",
        "app:create(",
        "app:import os",
        "app:a; b",
        "app:\0",
        "-app:x",
    ],
)
def test_a_text_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_target(text)

    assert str(caught.value) == f"TARGET: expected {FORMS}; got {text!r}."


@pytest.mark.parametrize(
    ("text", "module"), [("app.py", "app"), ("./app.py:app", "app"), ("a/b.py:C", "a.b"), ("a/b:C", "a.b")]
)
def test_the_module_of_a_file_is_named(text: str, module: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_target(text)

    assert str(caught.value) == f"TARGET: expected {FORMS}; got {text!r}. The module of that file is {module}."
