import pytest

from rush_hour.rig.suite.placeholders import filled_words, placeholders_in, placeholders_of
from rush_hour.rig.suite.system_spec import SystemSpec


def test_what_is_filled_in_is_one_word() -> None:
    words = filled_words("serve '{directory}/a b' --at={port}", {"directory": "/x y", "port": 80})

    assert words == ["serve", "/x y/a b", "--at=80"]


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("serve", set()),
        ("serve {port} {workers}{port}", {"port", "workers"}),
        ("serve {{port}}", set()),
        ("{port!r} {port:>5} {}", {"port!r", "port:>5", ""}),
        ("serve {port", {"serve {port"}),
    ],
)
def test_placeholders_stand_in_braces(template: str, names: set[str]) -> None:
    assert placeholders_in(template) == names


def test_those_of_a_system_are_in_its_command_its_environment_and_what_prepares_it() -> None:
    system = SystemSpec(name="a", title="A", command="serve {port}", env={"W": "{workers}"}, prepare=["make {loop}"])

    assert placeholders_of(system) == {"port", "workers", "loop"}
