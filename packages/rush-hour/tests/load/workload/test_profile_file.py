from pathlib import Path

import pytest

from rush_hour.core.profile.profile import Phase
from rush_hour.errors import UsageError
from rush_hour.load.workload.profile_file import read_profile

GOOD = """\
[[phases]]
name = "morning"
rate = 200
duration = "5m"

[[phases]]
from = 200
to = "2.5k"
duration = "30s"

[[phases]]
rate = 0
duration = "500ms"
"""


def refusal_of(text: str, directory: Path = Path()) -> str:
    with pytest.raises(UsageError) as caught:
        read_profile(text, what="--profile", directory=directory)
    return str(caught.value)


def test_a_profile_in_one_word_is_read() -> None:
    assert read_profile("soak:8/8s", what="--profile").phases[0] == Phase.constant("part 1", 8, 1)


def test_a_file_has_phases_of_one_rate_and_of_one_that_changes(tmp_path: Path) -> None:
    (tmp_path / "day.toml").write_text(GOOD)

    profile = read_profile("day.toml", what="--profile", directory=tmp_path)

    assert profile.text == "day.toml"
    assert profile.phases == (
        Phase.constant("morning", 200, 300),
        Phase(name="phase 2", from_per_s=200, to_per_s=2500, duration_s=30),
        Phase.constant("phase 3", 0, 0.5),
    )


@pytest.mark.parametrize("text", ["rmap:1..2/3s", "none.toml", "."])
def test_what_is_neither_is_told_with_all_that_there_is(text: str, tmp_path: Path) -> None:
    assert refusal_of(text, tmp_path) == (
        "--profile: expected ramp:FROM..TO/TIME, steps:RATE,RATE.../TIME, spike:BASE..PEAK/TIME/WHOLE, soak:RATE/TIME "
        f"or a file of phases; got {text!r}."
    )


def test_what_is_wrong_in_one_word_is_told_with_the_option() -> None:
    assert refusal_of("soak:8") == "--profile: expected soak:RATE/TIME, such as soak:500/8h; got 'soak:8'."


RATE = "expected requests per second from 0 on, such as 0, 500 or "
TIME = "expected a duration above 0, such as 10s, 500ms or 5m; got "
NANOSECOND = "expected phases of at least a nanosecond, got "
BOTH = "expected either 'rate', or 'from' and 'to'; got "


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("rate = 200", "", f"1: phases[0]: {BOTH}none of them"),
        ("rate = 200", "from = 1", f"1: phases[0]: {BOTH}from"),
        ("rate = 200", "rate = 1\nto = 2", f"1: phases[0]: {BOTH}rate and to"),
        ("rate = 200", "rate = -1", f"3: phases[0].rate: {RATE}'2.5k'; got -1.0"),
        ("rate = 200", "rate = inf", f"3: phases[0].rate: {RATE}'2.5k'; got inf"),
        ("rate = 200", "rate = true", "3: phases[0].rate: expected 'float | str', got 'bool': True"),
        ('to = "2.5k"', 'to = "fast"', f"8: phases[1].to: {RATE}2.5k; got 'fast'"),
        ('duration = "5m"', 'duration = "0s"', f"4: phases[0].duration: {TIME}'0s'"),
        ('duration = "5m"', "duration = 5", "4: phases[0].duration: expected 'str', got 'int': 5"),
        ('duration = "5m"', 'duration = "0.0000000001s"', f"1: phases: {NANOSECOND}1e-10 s"),
        ('duration = "5m"', "", "1: phases[0]: expected a key 'duration', found none"),
        ('duration = "5m"', 'duration = "5m"\nspeed = 3', "5: phases[0].speed: this key is not known here"),
        ('"morning"', '"phase 2"', "6: phases[1].name: expected a name of its own, got 'phase 2' again"),
        ('"morning"', '"a\\u001bb"', "2: phases[0].name: expected a name that can be shown, got 'a\\x1bb'"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_is_told_with_line_and_key(old: str, new: str, what: str, tmp_path: Path) -> None:
    path = tmp_path / "day.toml"
    path.write_text(GOOD.replace(old, new, 1))

    assert refusal_of("day.toml", tmp_path) == f"{path}:{what}."


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("phases = []", "1: phases: expected 1 to 64 phases, got 0"),
        ("phases = 3", "1: phases: expected 'array', got 'int': 3"),
        ("[[phases]]\nrate = 0\nduration = '1s'",
         "1: phases: expected a profile in which requests are due, got one in which none are"),
        ("[[phases]]\nrate = 1\nduration = '1s'\n" * 65, "1: phases: expected 1 to 64 phases, got 65"),
    ],
)  # fmt: skip
def test_a_file_without_phases_or_with_too_many_is_told(text: str, what: str, tmp_path: Path) -> None:
    path = tmp_path / "day.toml"
    path.write_text(text)

    assert refusal_of("day.toml", tmp_path) == f"{path}:{what}."
