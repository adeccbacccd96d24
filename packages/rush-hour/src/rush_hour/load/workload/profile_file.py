"""Profiles as they are asked for: in one word, or in a TOML file of phases.

[[phases]]
name = "morning"
rate = 200
duration = "5m"

[[phases]]
name = "opening"
from = 200
to = "2.5k"
duration = "30s"
"""

import math
from pathlib import Path

from msgspec import Struct, field

from rush_hour.core.profile.grammar import SHAPES, parse_profile
from rush_hour.core.profile.profile import PHASES_LIMIT, LoadProfile, Phase
from rush_hour.errors import UsageError
from rush_hour.toml_file import TomlFile
from rush_hour.units import join_names, parse_duration_s, parse_rate_per_s

RateText = float | str


class PhaseSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One phase: of one rate, or of one that changes evenly.

    Attributes:
        name: by which its figures are told from those of others; by default `phase 1` and so on.
        rate: requests per second, such as `200` or `"2.5k"`; 0 for none.
        from_, to: the same at its beginning and at its end.
    """

    duration: str
    name: str | None = None
    rate: RateText | None = None
    from_: RateText | None = field(default=None, name="from")
    to: RateText | None = None


class ProfileSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A profile file."""

    phases: list[PhaseSpec]


def read_profile(text: str, *, what: str, directory: Path = Path()) -> LoadProfile:
    """Read a profile.

    Args:
        text: one in one word, or the name of a file.
        what: the option or key it was written for.
        directory: where the file is looked for.

    Raises:
        UsageError: it is neither, or something in it is not what it must be.
    """
    profile = parse_profile(text, what=what)
    if profile is None:
        if not (directory / text).is_file():
            raise UsageError(f"{what}: expected {join_names([*SHAPES, 'a file of phases'], 'or')}; got {text!r}.")
        file = TomlFile.read(directory / text)
        try:
            profile = LoadProfile(text=text, phases=_read_phases(file))
        except ValueError as error:
            raise file.error(("phases",), str(error)) from error
    return profile


def _read_phases(file: TomlFile) -> tuple[Phase, ...]:
    specs: list[PhaseSpec] = file.convert(ProfileSpec).phases
    if not 1 <= len(specs) <= PHASES_LIMIT:
        raise file.error(("phases",), f"expected 1 to {PHASES_LIMIT} phases, got {len(specs)}")
    phases: list[Phase] = []
    for number, spec in enumerate(specs):
        phase = _phase(file, number, spec)
        if not phase.name.isprintable():
            raise file.error(("phases", number, "name"), f"expected a name that can be shown, got {phase.name!r}")
        if phase.name in [other.name for other in phases]:
            what = f"expected a name of its own, got {phase.name!r} again"
            raise file.error(("phases", number, "name"), what)
        phases.append(phase)
    return tuple(phases)


def _phase(file: TomlFile, number: int, spec: PhaseSpec) -> Phase:
    given = [key for key, value in (("rate", spec.rate), ("from", spec.from_), ("to", spec.to)) if value is not None]
    if given not in (["rate"], ["from", "to"]):
        got = join_names(given) or "none of them"
        raise file.error(("phases", number), f"expected either 'rate', or 'from' and 'to'; got {got}")
    begin, end = (spec.rate, spec.rate) if spec.rate is not None else (spec.from_, spec.to)
    try:
        duration_s = parse_duration_s(spec.duration, what="")
    except UsageError as error:
        raise file.error(("phases", number, "duration"), _bare(error)) from error
    return Phase(
        name=f"phase {number + 1}" if not spec.name else spec.name,
        from_per_s=_rate_per_s(file, ("phases", number, given[0]), begin),
        to_per_s=_rate_per_s(file, ("phases", number, given[-1]), end),
        duration_s=duration_s,
    )


def _rate_per_s(file: TomlFile, key: tuple[str | int, ...], rate: RateText | None) -> float:
    if isinstance(rate, str):
        try:
            return parse_rate_per_s(rate, what="", zero_is_fine=True)
        except UsageError as error:
            raise file.error(key, _bare(error)) from error
    if rate is None or not 0 <= rate < math.inf:
        raise file.error(key, f"expected requests per second from 0 on, such as 0, 500 or '2.5k'; got {rate!r}")
    return rate


def _bare(error: UsageError) -> str:
    return str(error).removeprefix(": ").rstrip(".")
