"""Writing what deploys the best contender of a trial, and what measures it again."""

import os
import re
import shutil
import sys
from pathlib import Path

from msgspec import structs

from rush_hour.load.workload.specs import WorkloadSpec
from rush_hour.output_file import write_output
from rush_hour.results.document import Document
from rush_hour.results.trial import Contender, Trial
from rush_hour.rig.emitted.deployment import BACKLOG, PORT, Deployment, Measured
from rush_hour.rig.emitted.dockerfile import dockerfile
from rush_hour.rig.emitted.nginx_site import nginx_site
from rush_hour.rig.emitted.suite_file import suite_file
from rush_hour.rig.emitted.systemd_unit import systemd_unit
from rush_hour.rig.interpreter import Interpreter, find_interpreter
from rush_hour.rig.machine import NOT_INSTALLED
from rush_hour.rig.suite.placeholders import filled_words
from rush_hour.rig.suite.suite import LoadDefaults
from rush_hour.rig.trial.settings import Entrant, Subject

MEASURED_AGAIN = 3  # contenders in the suite
RATE_RATIO = 0.8  # of what the best held
_UNFIT = re.compile(r"[^a-z0-9]+")


def emit(
    directory: Path, document: Document, subject: Subject, application_directory: Path, venv: str | None
) -> list[Path]:
    """Write the files of the best contender, and return them; none where there is none.

    Args:
        directory: made if needed; files of the same names are replaced.
        document: of the trial.
        subject: what was tried.
        application_directory: where the application is.
        venv: its own environment, which may not have the server yet; None for Rush Hour's own.

    Raises:
        OutputLost: a file cannot be written.
    """
    trial = document.trial
    placed = [] if trial is None else [one for one in trial.contenders if one.place is not None]
    if trial is None or not placed:
        return []
    interpreter = find_interpreter(venv, None, application_directory)
    best = placed[0]
    deployment = deployment_of(
        best, trial, subject, interpreter, directory=application_directory, versions=versions_of(document, best)
    )
    texts = {
        f"{deployment.name}.service": systemd_unit(deployment),
        f"{deployment.name}.conf": nginx_site(deployment),
        "Dockerfile": dockerfile(deployment),
        "suite.toml": suite_file(
            _measured(
                directory,
                placed,
                subject,
                load=_load_of(document, best, subject),
                application_directory=application_directory,
                venv=venv,
            )
        ),
    }
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        write_output(directory / name, text.encode())
    return [directory / name for name in texts]


def _load_of(document: Document, best: Contender, subject: Subject) -> LoadDefaults:
    """Return the load of the suite: near to what the best held, on as many connections."""
    run = next((system.run for system in document.systems if system.name == best.name), None)
    return structs.replace(
        subject.suite.load,
        rate=max(1.0, float(f"{RATE_RATIO * (best.rate_per_s or 0.0):.2g}")),
        connections=subject.suite.load.connections if run is None else run.plan.connections,
    )


def versions_of(document: Document, contender: Contender) -> dict[str, str]:
    """Return the versions of what a contender consists of."""
    return next((system.versions for system in document.systems if system.name == contender.name), {})


def deployment_of(
    contender: Contender,
    trial: Trial,
    subject: Subject,
    interpreter: Interpreter,
    *,
    directory: Path,
    versions: dict[str, str],
) -> Deployment:
    """Return how a contender is deployed.

    Args:
        contender: one that has a rate.
        trial: its trial.
        subject: what was tried.
        interpreter: of the application's own environment.
        directory: where that is.
        versions: of the contender's packages.
    """
    entrant = _entrant(contender, subject)
    values = {"port": PORT, "backlog": BACKLOG, "workers": contender.workers, "threads": contender.threads}
    fixed = {"python": "python", "run_directory": "/run", "database_url": "", "database_address": ""}
    words = filled_words(entrant.spec.command, {**fixed, **values})
    server = entrant.candidate.server
    named = [name for name in entrant.spec.packages if name in {*server.packages, *server.needs, *server.extras}]
    return Deployment(
        name=_slug(trial.target),
        title=f"{trial.target} on {entrant.spec.title}",
        words=words,
        program=_program(words[0], interpreter),
        directory=str(directory.absolute()),
        python=_python_version(interpreter),
        packages={name: versions[name] for name in named if versions.get(name, NOT_INSTALLED) != NOT_INSTALLED},
        has_requirements=(directory / "requirements.txt").is_file(),
        reload=server.reload if entrant.candidate.can_reload else None,
        rate_per_s=contender.rate_per_s or 0.0,
        objective=trial.objective,
    )


def _measured(
    directory: Path,
    placed: list[Contender],
    subject: Subject,
    *,
    load: LoadDefaults,
    application_directory: Path,
    venv: str | None,
) -> Measured:
    best = [_entrant(one, subject).spec for one in placed[:MEASURED_AGAIN]]
    suite = subject.suite
    return Measured(
        name=_slug(subject.application.target),
        title=f"The best servers for {subject.application.target}",
        directory=os.path.relpath(application_directory, directory),
        venv=None if venv is None else os.path.relpath(venv, directory),
        sent=WorkloadSpec(requests=suite.requests, session=suite.session),
        load=load,
        systems=best,
    )


def _entrant(contender: Contender, subject: Subject) -> Entrant:
    return next(one for one in subject.entrants if one.candidate.name == contender.name)


def _slug(target: str) -> str:
    return _UNFIT.sub("-", target.lower()).strip("-") or "application"


def _program(name: str, interpreter: Interpreter) -> str:
    """Return where a program is; of one that is not there yet, where it will be."""
    if name == "python":
        return str(interpreter.python)
    found = shutil.which(name, path=interpreter.environment()["PATH"])
    return str(interpreter.python.parent / name) if found is None else found


def _python_version(interpreter: Interpreter) -> str:
    """Return the version that the directory of an environment's packages names; Rush Hour's own otherwise."""
    libraries = sorted(interpreter.python.parent.parent.glob("lib/python3.*"))
    return libraries[-1].name.removeprefix("python") if libraries else f"3.{sys.version_info.minor}"
