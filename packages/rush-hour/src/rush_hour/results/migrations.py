"""Documents of earlier versions, brought to the present form step by step. Pure: JSON in, JSON out."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]


def migrate(document: Json, version: int) -> Json:
    """Return a document in the present form.

    Args:
        document: as it was read.
        version: of its form.

    Raises:
        LookupError: something is missing that every document of its version has.
    """
    for step in _STEPS[version - 1 :]:
        document = step(document)
    return document


def _from_1_to_2(document: Json) -> Json:
    """A load keeps what it had, and becomes one system; each system's load and resources become its one run."""
    common = {"schema_version": 2, "kind": document["kind"]}
    if document["kind"] == "load":
        run = {key: document[key] for key in ("plan", "result", "verdict")}
        run["is_interrupted"] = _is_interrupted(run)
        url = document["plan"]["url"]
        status = "interrupted" if run["is_interrupted"] else "ok"
        systems = [{"name": url, "title": url, "status": status, "runs": [run]}]
        return common | {"systems": systems} | {key: document[key] for key in ("plan", "result", "verdict")}
    kept = ("started_at", "suite", "machine", "versions")
    return (
        common
        | {key: document[key] for key in kept}
        | {"systems": [_system_from_1(system) for system in document["systems"]], "generators": [document["machine"]]}
    )


def _system_from_1(system: Json) -> Json:
    load = system.pop("load", None)
    resources, others_cpu_s = system.pop("resources", None), system.pop("others_cpu_s", None)
    if load is None:
        return system
    run = load | {"resources": resources, "others_cpu_s": others_cpu_s, "is_interrupted": _is_interrupted(load)}
    return system | {"runs": [run]}


def _is_interrupted(run: Json) -> bool:
    return any(doubt["code"] == "interrupted" for doubt in run["verdict"]["warnings"])


_STEPS: tuple[Callable[[Json], Json], ...] = (_from_1_to_2,)  # from version 1 on
