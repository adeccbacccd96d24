"""Checks as JUnit's XML: of the shape that its readers take, whatever names say."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

from checked_systems import checked
from made_systems import LATE, Maker, bench, load, system
from sample_documents import HOSTILE

from rush_hour.report.requirements.junit import junit
from rush_hour.results.document import Document

# What the strictest schema in use (windyroad/JUnit-Schema) wants, in this order.
CHILDREN = {
    "testsuites": "(testsuite )*",
    "testsuite": "properties (testcase )*system-out system-err ",
    "properties": "(property )*",
    "testcase": "(error |failure )?",
}
ATTRIBUTES = {
    "testsuites": set(),
    "testsuite": {
        "name", "package", "id", "timestamp", "hostname", "tests", "failures", "errors", "skipped", "time",
    },
    "properties": set(),
    "property": {"name", "value"},
    "testcase": {"name", "classname", "time"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
    "system-out": set(),
    "system-err": set(),
}  # fmt: skip


def parsed(document: Document, *texts: str) -> ET.Element:
    """The XML of a check, of the shape that it must have."""
    root = ET.fromstring(junit(checked(document, *texts), document))  # noqa: S314  # it was just made
    for element in root.iter():
        assert set(element.attrib) == ATTRIBUTES[element.tag]
        assert re.fullmatch(CHILDREN.get(element.tag, ""), "".join(f"{child.tag} " for child in element))
    for suite in root:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
        for tag, key in (("testcase", "tests"), ("testcase/failure", "failures"), ("testcase/error", "errors")):
            assert int(suite.attrib[key]) == len(suite.findall(tag))
    return root


def test_a_system_is_a_suite_and_a_requirement_a_case(make: Maker) -> None:
    document = bench(system("a", make.run()), system("b", make.run(LATE, trusted=False)))

    root = parsed(document, "p99 < 500us, memory < 1GiB, p50 < 2ms")

    assert [(suite.get("name"), suite.get("time")) for suite in root] == [("a", "10.000"), ("b", "10.000")]
    assert [[child.tag for child in case] for case in root.iter("testcase")] == [
        ["failure"], ["failure"], [], ["error"], ["error"], ["error"],
    ]  # fmt: skip
    failure = root.find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.attrib == {"message": "p99 is 1.00 ms, not < 500 µs (100 % beyond)", "type": "not met"}
    assert failure.text == ("p99 is 1.00 ms, not < 500 µs (100 % beyond)\nmeasured: 1.00 ms\nlimit: < 500 µs\nruns: 1")


def test_the_environment_is_in_the_properties(make: Maker) -> None:
    document = replace(
        bench(system("a", make.run()), label="after", commit="0123"),
        started_at="2026-03-04T05:06:07.123+00:00",
        versions={"rush-hour": "1.0"},
    )

    root = parsed(document, "p99 < 1s")

    assert {one.get("name"): one.get("value") for one in root.iter("property")} == {
        "label": "after",
        "commit": "0123",
        "machine": "2 cores (Fast), 1 B",
        "versions": "Linux 6, rush-hour 1.0",
    }
    assert root[0].get("timestamp") == "2026-03-04T05:06:07"


def test_repeats_have_their_interval(make: Maker) -> None:
    document = bench(system("a", make.run(), make.run()))

    assert "interval: 100 % beyond" in junit(checked(document, "p99 < 500us"), document)


def test_what_xml_cannot_say_is_replaced(make: Maker) -> None:
    name = f"{HOSTILE}]]>\x00\x1b[31m\x85\ufffe%0A"
    document = replace(load(make.run()), systems=[system(name, make.run())], label=name)

    [suite] = parsed(document, 'p99["<a&\x01>"] < 1s')

    assert suite.get("name") == f"{HOSTILE}]]>\ufffd\ufffd[31m \ufffd%0A"
    assert suite.findall("testcase")[0].get("name") == 'p99["<a&\ufffd>"] < 1s'


def test_a_system_whose_name_has_several_lines_has_the_time_of_its_runs(make: Maker) -> None:
    [suite] = parsed(bench(system("a\nb", make.run())), "p50 < 2ms")

    assert (suite.get("name"), suite.get("time")) == ("a b", "10.000")
