"""The options of `rush-hour bench` that say how often each system is started."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from rush_hour.commands import options
from rush_hour.errors import UsageError
from rush_hour.judge.compare.until import parse_until
from rush_hour.report.result_directory import RESULT_NAME
from rush_hour.results.document import Document
from rush_hour.results.file import read_document
from rush_hour.rig.blocks import MOST_BLOCKS, Repeats
from rush_hour.rig.resuming import resumed

SEEDS = 2**31
PAIRED_BLOCKS = 9  # of which a difference of 10 % is found in at least four of five


@Parameter(name="*", group="Repeats")
@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatOptions:
    """Options of repeats; without any, each system is started once."""

    repeats: Annotated[int | None, options.REPEATS] = None
    seed: Annotated[int | None, options.ORDER_SEED] = None
    until: Annotated[str | None, options.UNTIL] = None
    budget_s: Annotated[float | None, options.BUDGET] = None
    resume: Annotated[Path | None, options.RESUME] = None

    def resumed(self, output: Path | None) -> Document | None:
        """Return what there is of the bench that is gone on with; None where none is.

        Raises:
            UsageError: there is none, or other options do not go with it.
        """
        if self.resume is None:
            return None
        given = [name for name, value in (("--output", output), ("--seed", self.seed)) if value is not None]
        if given:
            raise UsageError(f"--resume: expected no {given[0]} with it: it goes on where it ended.")
        return resumed(read_document(self.resume / RESULT_NAME))

    def settings(self, before: Document | None, default: int | None = None) -> Repeats | None:
        """Return how often systems are started; None for once.

        Args:
            before: what there is of the bench already; what is not said is what was said then.
            default: how many blocks there are where nothing is said; None for none.
        """
        was = None if before is None else before.repeats
        blocks, until, budget_s = self.repeats, self.until, self.budget_s
        if was is not None:
            blocks = blocks or was.blocks
            until = until or was.until
        if until is None and budget_s is None:
            blocks = blocks or default
        if blocks is None and until is None and budget_s is None:
            if self.resume is not None:
                raise UsageError("--resume: expected --repeats with it: the bench had none.")
            if self.seed is not None:
                what = "expected --repeats, --until or --budget with it"
                raise UsageError(f"--seed: {what}: it is of the order of systems in each block.")
            return None
        return repeats_of(blocks, until, budget_s, seed=self._seed() if was is None else was.seed)

    def _seed(self) -> int:
        return secrets.randbelow(SEEDS) if self.seed is None else self.seed


def repeats_of(blocks: int | None, until: str | None, budget_s: float | None, *, seed: int) -> Repeats:
    """Return the repeats that options ask for.

    Args:
        blocks: None for as many as the others allow.
        until: how exactly a figure is to be known.
        budget_s: how long it may take altogether.
        seed: of the order of the systems.

    Raises:
        UsageError: `--until` is none.
    """
    return Repeats(
        blocks=blocks or MOST_BLOCKS,
        seed=seed,
        until=None if until is None else parse_until(until, what="--until"),
        budget_s=budget_s,
    )
