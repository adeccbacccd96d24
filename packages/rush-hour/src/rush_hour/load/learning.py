"""Good answers, learned from a server before the load: what is not said of them is what it answers then."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rush_hour.core.expectation import SUCCESSFUL, Expectation, format_statuses
from rush_hour.errors import RushHourError, StartError, UsageError
from rush_hour.load.probe import Answer, describe
from rush_hour.load.workload.request import Request
from rush_hour.load.workload.template import RequestTemplate
from rush_hour.load.workload.user_mix import UserMix
from rush_hour.load.workload.wanted import SAFE_METHODS, Wanted
from rush_hour.load.workload.workload import Workload
from rush_hour.toml_file import KeyPath

Ask = Callable[[Request, float | None], Answer]  # and how long the answer may take, in seconds; None for as usual
VISITORS = 2  # so that a body that is another for each user shows, and one with a clock in it
BETWEEN_S = 0.001  # for the same reason


class WrongAnswer(StartError):
    """An answer that is not the one that is wanted.

    Args:
        message: what was wanted, and what came.
        status: of the answer.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status

    def at(self, where: str) -> "WrongAnswer":
        """Return the error with the place of the request before it."""
        return WrongAnswer(f"{where}: {self}", self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms in which messages say how to say it otherwise.

    Attributes:
        status: how to say that a status is good; it is filled in.
        body: how to say what is good of a body.
    """

    status: str
    body: str


OF_FILES = Terms(status="expect = {{ status = {0} }}", body="expect = { body = 'any' }, 'json' or 'sha256:HEX'")


def learn(
    request: Request, wanted: Wanted, ask: Callable[[int], Answer], terms: Terms, *, compares: bool = False
) -> Expectation:
    """Return what is expected of the answer to a request: as it was said, or as it is answered now.

    Args:
        request: for its method and path.
        wanted: what is said of its answer.
        ask: asks for it; told how often it was called before.
        terms: of the messages.
        compares: whether it is asked for, if that changes nothing, where all is said of its answer too.

    Raises:
        StartError: there is no server.
        WrongAnswer: an answer is not a good one.
        UsageError: answers that were to be the same are not.
    """
    if not (wanted.needs_asking(request.method) or (compares and request.method in SAFE_METHODS)):
        return wanted.said()
    answers: list[Answer] = []
    for number in range(VISITORS):
        if number:
            time.sleep(BETWEEN_S)
        answers.append(ask(number))
        check_status(request, answers[-1], wanted, terms)
    expectation = wanted.expects(frozenset(answer.status for answer in answers), [answer.body for answer in answers])
    if expectation is None:
        same = "the same JSON" if wanted.learned == "json" else "the same body"
        raise UsageError(
            f"expected {same} from the server twice; that of {request.target} changes with each request. "
            f"Say what is good with {terms.body}."
        )
    for answer in answers:
        _check_body(request, answer, expectation, wanted)
    return expectation


def check_status(request: Request, answer: Answer, wanted: Wanted, terms: Terms) -> None:
    """Refuse an answer whose status is not wanted.

    Raises:
        WrongAnswer: it is not.
    """
    statuses = wanted.statuses or SUCCESSFUL
    if answer.status in statuses:
        return
    leads = answer.location is not None
    advice = "Redirects are not followed: load where it leads to, or say that" if leads else "If"
    advice += " this is a good answer" + (": " if leads else ", say so: ")
    raise WrongAnswer(
        f"expected status {format_statuses(statuses)} for {request.target}, got {describe(answer)}\n"
        f"{advice}{terms.status.format(answer.status)}.",
        answer.status,
    )


def _check_body(request: Request, answer: Answer, expectation: Expectation, wanted: Wanted) -> None:
    """Refuse an answer whose body is not the one that is said, or learned of another system."""
    bad = expectation.explain(answer.status, answer.body)
    if bad is not None:
        whose = "is said to be good" if wanted.learned_of is None else f"{wanted.learned_of} answered"
        raise WrongAnswer(f"expected the body that {whose} for {request.target}, got {bad.what}", answer.status)


def not_looked_at(target: str, *, has_users: bool) -> str:
    """Return that the bodies of the answers to a request are not compared with anything, and why."""
    whom = "each user or request" if has_users else "each request"
    return f"the body of {target} changes with {whom}: it is not looked at"


def learn_workload(
    workload: Workload,
    wanted: Sequence[Wanted],
    ask: Ask,
    where: Callable[[KeyPath], str],
    *,
    compares: bool = False,
) -> tuple[Workload, list[str]]:
    """Return a workload with what is expected of each answer, and the paths whose bodies are not looked at.

    Two users begin a session each, and ask for what is to be learned.

    Args:
        workload: whose requests they are.
        wanted: what is said of the answer to each.
        ask: sends a request.
        where: names a key of the file that has them, for messages.
        compares: see `learn`.

    Raises:
        StartError, UsageError: see `learn`; with the key of the request.
    """
    visitors: list[Visitor] = []
    if workload.has_users:
        visitors = [Visitor(workload.users(), number, ask, where) for number in range(VISITORS)]
    expectations: list[Expectation] = []
    for number, (template, one) in enumerate(zip(workload.templates, wanted, strict=True)):

        def ask_for(turn: int, template: RequestTemplate = template) -> Answer:
            return visitors[turn].ask(template) if visitors else ask(template.request, None)

        try:
            expectations.append(learn(template.request, one, ask_for, OF_FILES, compares=compares))
        except (WrongAnswer, UsageError) as error:
            raise _at(where(("requests", number)), error) from error
    changing = [
        template.request.target
        for template, one, expectation in zip(workload.templates, wanted, expectations, strict=True)
        if (one.body is None or one.learned_of is not None)
        and template.request.method in SAFE_METHODS
        and not expectation.needs_body
    ]
    return workload.expecting(expectations), changing


def _at(where: str, error: WrongAnswer | UsageError) -> RushHourError:
    """Return an error with the place of the request before it."""
    return error.at(where) if isinstance(error, WrongAnswer) else UsageError(f"{where}: {error}")


class Visitor:
    """A user who asks before the load, one request after the other.

    Args:
        mix: whose user it is.
        connection: by which its values are chosen.
        ask: sends a request.
        where: names a key of the file that has the requests, for messages.

    Raises:
        StartError: a request of the session was not answered, or not well.
    """

    def __init__(self, mix: UserMix, connection: int, ask: Ask, where: Callable[[KeyPath], str]) -> None:
        self._user = mix.user_of(connection)
        self._send = ask
        self._timeout_s: float | None = mix.session.timeout_s
        for number, step in enumerate(mix.session.steps):
            try:
                self._begin(step)
            except (WrongAnswer, UsageError) as error:
                raise _at(where(("session", "requests", number)), error) from error
        self._timeout_s = None

    def _begin(self, step: RequestTemplate) -> None:
        answer, expected = self.ask(step), step.request.expectation
        check_status(step.request, answer, Wanted(statuses=expected.statuses), OF_FILES)
        if (bad := expected.explain(answer.status, answer.body)) is not None:
            raise WrongAnswer(f"the answer to {step.name!r} has {bad.what}.", answer.status)

    def ask(self, template: RequestTemplate) -> Answer:
        """Send a request as this user, and hear its answer.

        Raises:
            StartError: there is no answer.
            WrongAnswer: a value is missing in it.
        """
        data, path = template.fill(self._user)
        answer = self._send(replace(template.request, data=data), self._timeout_s)
        is_good = answer.status in template.request.expectation.statuses
        missing = self._user.hear(template.takes if is_good else (), path, answer.headers, answer.body)
        if missing is not None:
            raise WrongAnswer(f"the answer to {template.name!r} has {missing}.", answer.status)
        return answer
