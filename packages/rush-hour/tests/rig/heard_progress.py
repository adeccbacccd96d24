"""A progress that notes what it is told."""

from rush_hour.core.figures import TimelineRow
from rush_hour.results.document import System


class Heard:
    """What was told."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.steps: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def step(self, text: str) -> None:
        self.steps.append(text)

    def second(self, row: TimelineRow) -> None: ...

    def finished(self, entry: System) -> None: ...
