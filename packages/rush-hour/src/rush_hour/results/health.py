"""What of a machine bears on measurements, as documents have it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What of a machine bears on measurements, as far as looking costs nothing; `rush-hour doctor` measures as well.

    Attributes:
        governor: what chooses the frequency of the cores, several with commas; None where the machine does not tell.
        turbo: whether cores run faster for as long as heat allows; None where the machine does not tell.
        steal_ratio: share of its CPU time since its start that its host gave to others; None where it does not tell.
        hinders: what hinders trustworthy figures: codes, with what was found of each.
    """

    governor: str | None = None
    turbo: bool | None = None
    steal_ratio: float | None = None
    hinders: dict[str, str] = field(default_factory=dict)
