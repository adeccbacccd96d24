"""Checks as JUnit's XML: a suite for each system, a case for each requirement.

What is not met, or has no data, is a failure; what cannot be told is an error, for nothing was found out. Attributes
and their order are those that the strictest of the schemas in use asks for, so that all readers take it.
"""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from rush_hour.judge.require.finding import Check, Finding
from rush_hour.report.conditions import machine_lines
from rush_hour.results.document import Document

# What XML 1.0 has no way to say, escaped or not.
_UNSAYABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
UNKNOWN_START = "1970-01-01T00:00:00"


def junit(check: Check, document: Document) -> str:
    """Return a check as JUnit's XML.

    Args:
        check: the check.
        document: what was checked.
    """
    root = ET.Element("testsuites")
    for number, system in enumerate(check.systems):
        findings = [one for one in check.findings if one.system == system]
        root.append(_suite(number, system, findings, document))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(number: int, system: str, findings: list[Finding], document: Document) -> ET.Element:
    suite = _element(
        "testsuite",
        name=system,
        package="rush-hour",
        id=str(number),
        timestamp=(document.started_at or UNKNOWN_START)[: len(UNKNOWN_START)],
        hostname=(document.machine.name if document.machine is not None else None) or "unknown",
        tests=str(len(findings)),
        failures=str(sum(one.state in {"not met", "no data"} for one in findings)),
        errors=str(sum(one.state == "cannot tell" for one in findings)),
        skipped="0",
        time=f"{_measured_s(document, system):.3f}",
    )
    properties = ET.SubElement(suite, "properties")
    properties.extend(_element("property", name=name, value=value) for name, value in _properties(document))
    suite.extend(_case(one) for one in findings)
    suite.append(ET.Element("system-out"))
    suite.append(ET.Element("system-err"))
    return suite


def _case(finding: Finding) -> ET.Element:
    case = _element("testcase", name=finding.clause.text, classname=finding.system, time="0")
    if finding.state == "met":
        return case
    kind = "error" if finding.state == "cannot tell" else "failure"
    unmet = _element(kind, message=finding.sentence(), type=finding.state)
    unmet.text = _sayable("\n".join(_details(finding)))
    case.append(unmet)
    return case


def _details(finding: Finding) -> Iterator[str]:
    """Yield what was seen, a line each."""
    yield finding.sentence()
    yield f"measured: {finding.figure_text or 'nothing'}"
    yield f"limit: {finding.limit_text}"
    if finding.margin_text:
        yield f"interval: {finding.margin_text}"
    yield f"runs: {finding.runs}"


def _properties(document: Document) -> Iterator[tuple[str, str]]:
    known = {"label": document.label, "commit": document.commit, "command line": document.command_line}
    yield from ((name, value) for name, value in known.items() if value is not None)
    for number, line in enumerate(machine_lines(document)):
        yield ("machine", "versions")[number], line


def _measured_s(document: Document, system: str) -> float:
    runs = [run for one in document.systems if " ".join(one.name.split()) == system for run in one.runs]
    return sum(run.result.elapsed_s for run in runs)


def _element(tag: str, **attributes: str) -> ET.Element:
    return ET.Element(tag, {name: _sayable(value) for name, value in attributes.items()})


def _sayable(text: str) -> str:
    return _UNSAYABLE.sub("\N{REPLACEMENT CHARACTER}", text)
