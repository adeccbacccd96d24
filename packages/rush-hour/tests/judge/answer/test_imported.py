"""What is said of results of other tools."""

import pytest

from rush_hour.judge.answer.answer import answer
from rush_hour.results.document import Document, System
from rush_hour.results.imported import ImportedLatency, ImportedRun


@pytest.mark.parametrize(
    ("requests_per_s", "connections", "p99_us", "said"),
    [
        (100.0, 4, 2000.0, "x had 100 requests/s on 4 connections and a p99 of 2.00 ms, as k6 says"),
        (100.0, None, None, "x had 100 requests/s and no p99, as k6 says"),
        (None, 4, 2000.0, "x had a p99 of 2.00 ms on 4 connections, as k6 says"),
        (None, None, None, "x has neither a rate nor a p99"),
    ],
)
def test_what_a_tool_did_not_say_is_left_out(
    requests_per_s: float | None, connections: int | None, p99_us: float | None, said: str
) -> None:
    run = ImportedRun(
        tool="k6", file="x.json", load_model="unknown", waiting="unknown", resolution="percentiles",
        requests_per_s=requests_per_s, connections=connections, latency_us=ImportedLatency(p99=p99_us),
    )  # fmt: skip
    system = System(name="x", title="x", status="ok", imported=[run])

    document = Document(schema_version=2, kind="import", systems=[system])
    assert answer(document) == f"{said}. Nothing of it was measured or checked here."
