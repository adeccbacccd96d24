"""Profiles for tests: strategies, and the exact integral of their rates, worked out another way than the code's."""

from fractions import Fraction

from hypothesis import strategies as st

from rush_hour.core.profile.grammar import parse_profile
from rush_hour.core.profile.profile import LoadProfile, Phase


def profile_of(text: str) -> LoadProfile:
    """Return a profile in one word."""
    profile = parse_profile(text, what="--profile")
    assert profile is not None
    return profile


def made_of(*phases: tuple[float, float, float]) -> LoadProfile:
    """Return a profile of phases: from, to, duration."""
    return LoadProfile(
        text="made.toml",
        phases=tuple(
            Phase(name=f"phase {number}", from_per_s=begin, to_per_s=end, duration_s=duration_s)
            for number, (begin, end, duration_s) in enumerate(phases, start=1)
        ),
    )


def exact_integral(profile: LoadProfile, at_ns: int) -> Fraction:
    """Return how much a profile has offered by an instant, as a fraction."""
    total, begin_ns = Fraction(0), 0
    for phase in profile.phases:
        inside = Fraction(min(max(at_ns - begin_ns, 0), phase.duration_ns), 10**9)
        length = Fraction(phase.duration_ns, 10**9)
        start, end = (Fraction(rate).limit_denominator(10**6) for rate in (phase.from_per_s, phase.to_per_s))
        total += start * inside + (end - start) / length * inside * inside / 2
        begin_ns += phase.duration_ns
    return total


RATES = st.just(0.0) | st.floats(0.01, 5_000.0) | st.integers(1, 5_000).map(float)
DURATIONS_S = st.floats(0.001, 20.0) | st.integers(1, 20).map(float)


@st.composite
def phases(draw: st.DrawFn) -> tuple[float, float, float]:
    """One phase: constant, rising or falling, also from and to nothing, and next to none of a slope."""
    begin = draw(RATES)
    end = draw(st.just(begin) | RATES | st.floats(-1e-4, 1e-4).map(lambda change: max(0.0, begin + change)))
    return begin, end, draw(DURATIONS_S)


ANY_PROFILE = (
    st.lists(phases(), min_size=1, max_size=5)
    .filter(lambda parts: max(max(begin, end) for begin, end, _ in parts) >= 0.01)
    .map(lambda parts: made_of(*parts))
)
EACH_KIND = (
    "ramp:100..2000/60s",
    "ramp:0..500/20s",
    "ramp:2k..0/30s",
    "steps:100,500,1000/30s",
    "spike:200..2000/10s/2m",
    "soak:500/2m",
)
