"""A candidate, what is tried with it, and who is told, for the tests of trials, of their turns and of their record."""

from dataclasses import dataclass, field

from rush_hour.core.figures import TimelineRow
from rush_hour.judge.objective.parsing import parse_objective
from rush_hour.judge.search.posterior import Posterior
from rush_hour.judge.search.tried import Order
from rush_hour.load.workload.specs import RequestSpec
from rush_hour.results.capacity import CapacityStep
from rush_hour.results.run import Run
from rush_hour.results.trial import Contender
from rush_hour.rig.application.facts import ApplicationFacts
from rush_hour.rig.catalogue.server import Server
from rush_hour.rig.suite.suite import Suite
from rush_hour.rig.suite.system_spec import SystemSpec
from rush_hour.rig.trial.candidates import Candidate
from rush_hour.rig.trial.settings import Entrant, Subject, TrialSettings

GUNICORN = Server(
    name="gunicorn",
    title="Gunicorn",
    packages=["gunicorn"],
    commands={"wsgi": "gunicorn {target}"},
    reload="SIGHUP",
)
APPLICATION = ApplicationFacts(target="app:app", interface="wsgi", framework="flask", class_name="flask.app.Flask")
SETTINGS = TrialSettings(
    objective=parse_objective("p99 < 250ms, good >= 99.9%", what=""),
    budget_s=600.0,
    connections=10,
    most_connections=100,
    processes=1,
    timeout_s=2.0,
)


def candidate(server: Server) -> Candidate:
    """A server with two workers."""
    return Candidate(name=server.name, server=server, workers=2, threads=None, loop=None)


def entrant(server: Server) -> Entrant:
    """That as a system."""
    spec = SystemSpec(name=server.name, title=server.title, command="gunicorn {port}", workers=2, grace="5s")
    return Entrant(candidate=candidate(server), spec=spec)


def subject(*entrants: Entrant) -> Subject:
    """Entrants of one application."""
    systems = [one.spec for one in entrants]
    suite = Suite(name="app-app", title="app:app", requests=[RequestSpec(path="/")], systems=systems)
    return Subject(application=APPLICATION, suite=suite, entrants=list(entrants), missing=[])


@dataclass
class Heard:
    """A progress that notes what it is told."""

    steps: list[str] = field(default_factory=list)
    finishes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def step(self, text: str) -> None:
        self.steps.append(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def left(self, left_s: float) -> None: ...

    def begins(self, text: str, order: Order | None, connections: int) -> None: ...

    def phase(self, text: str) -> None: ...

    def second(self, row: TimelineRow) -> None: ...

    def waits(self) -> None: ...

    def ended(self, step: CapacityStep, run: Run, posterior: Posterior | None, left_s: float) -> None: ...

    def finished(self, contender: Contender) -> None:
        self.finishes.append(contender.name)
