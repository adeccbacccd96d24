"""Results of other tools: what each says is read, what it does not say is None."""

from dataclasses import replace
from pathlib import Path

import pytest

from rush_hour.errors import UsageError
from rush_hour.imports.read import KNOWN, read_import
from rush_hour.imports.source import Source
from rush_hour.results.imported import ImportedLatency, ImportedRun

SAMPLES = Path(__file__).parent / "samples"


def read(name: str) -> ImportedRun:
    return read_import(Source(name, (SAMPLES / name).read_text(encoding="utf-8")))


EXPECTED = {
    "wrk.txt": ImportedRun(
        tool="wrk", file="wrk.txt", load_model="closed", waiting="left out", resolution="histogram",
        url="http://127.0.0.1:18123/orders", connections=4, duration_s=3.09, requests=4025, requests_per_s=1301.57,
        good=4025, failed=0, bytes_read=2285896,
        latency_us=ImportedLatency(mean=9590, stdev=19800, p50=2360, p75=5970, p90=28860, p99=106610, max=152890),
    ),
    "wrk-bad.txt": ImportedRun(
        tool="wrk or wrk2", file="wrk-bad.txt", load_model="unknown", waiting="unknown", resolution="histogram",
        url="http://127.0.0.1:18123/none", connections=4, duration_s=1.08, requests=1982, requests_per_s=1840.05,
        good=0, failed=0, bytes_read=729539, latency_us=ImportedLatency(mean=2400, stdev=2390, max=14980),
    ),
    "wrk2.txt": ImportedRun(
        tool="wrk2", file="wrk2.txt", load_model="open", waiting="counted", resolution="histogram",
        url="http://127.0.0.1:8080/index.html", connections=100, duration_s=30.0, requests=60021,
        requests_per_s=2000.28, good=60000, failed=3, bytes_read=20772291, errors={"read": 3},
        latency_us=ImportedLatency(
            mean=2200, stdev=1040, p50=2140, p75=2600, p90=3040, p99=6540, p99_9=11000, p99_99=12520, max=12690
        ),
    ),
    "oha.json": ImportedRun(
        tool="oha", file="oha.json", load_model="unknown", waiting="unknown", resolution="requests", duration_s=10.0,
        requests=1000, requests_per_s=100.0, good=980, failed=10, bytes_read=99000,
        statuses={"200": 980, "503": 10}, errors={"aborted due to deadline": 10},
        latency_us=ImportedLatency(
            mean=4000, least=500, p50=3000, p75=4000, p90=6000, p95=8000, p99=20_000, p99_9=100_000, max=250_000
        ),
    ),
    "vegeta.json": ImportedRun(
        tool="vegeta", file="vegeta.json", load_model="open", waiting="unknown", resolution="buckets",
        rate_per_s=200.1, duration_s=10.0, requests=2000, requests_per_s=200.1, good=1970, failed=10,
        bytes_read=640_000, statuses={"200": 1970, "500": 20},
        latency_us=ImportedLatency(mean=3500, least=900, p50=3000, p90=5000, p95=6000, p99=9000, max=50_000),
    ),
    "fortio.json": ImportedRun(
        tool="fortio 1.69.0", file="fortio.json", load_model="closed", waiting="left out", resolution="buckets",
        url="http://127.0.0.1:8080/", rate_per_s=500.0, connections=8, duration_s=10.01, requests=5000,
        requests_per_s=499.5, good=4990, failed=5, statuses={"200": 4990, "503": 5},
        latency_us=ImportedLatency(mean=2000, stdev=1000, least=500, p50=1900, p99=9000, p99_9=20_000, max=50_000),
    ),
    "autocannon.json": ImportedRun(
        tool="autocannon", file="autocannon.json", load_model="unknown", waiting="unknown", resolution="histogram",
        url="http://127.0.0.1:8080", connections=10, duration_s=10.02, requests=10_000, requests_per_s=999.7,
        good=9990, failed=3, bytes_read=2_000_000, statuses={"2xx": 9990, "5xx": 7}, errors={"timeout": 2},
        latency_us=ImportedLatency(
            mean=2500, stdev=1500, least=1000, p50=2000, p75=3000, p90=4000, p99=9000, p99_9=20_000, p99_99=38_000,
            max=40_000,
        ),
    ),
    "k6-handle-summary.json": ImportedRun(
        tool="k6", file="k6-handle-summary.json", load_model="unknown", waiting="left out", resolution="percentiles",
        duration_s=30.0, requests=3000, requests_per_s=100.0, good=2970, bytes_read=600_000,
        latency_us=ImportedLatency(mean=5000, least=1000, p50=4000, p90=9000, p99=20_000, max=90_000),
    ),
    "k6-summary-export.json": ImportedRun(
        tool="k6", file="k6-summary-export.json", load_model="unknown", waiting="left out", resolution="percentiles",
        duration_s=30.0, requests=3000, requests_per_s=100.0, good=2970, bytes_read=600_000,
        latency_us=ImportedLatency(mean=5000, least=1000, p50=4000, p90=9000, p95=12_000, max=90_000),
    ),
    "k6-machine-readable.json": ImportedRun(
        tool="k6 v1.5.0", file="k6-machine-readable.json", load_model="unknown", waiting="left out",
        resolution="percentiles", duration_s=30.0, requests=3000, requests_per_s=100.0,
        latency_us=ImportedLatency(mean=5000, least=1000, p50=4000, p90=9000, p95=12_000, max=90_000),
    ),
    "hey.txt": ImportedRun(
        tool="hey", file="hey.txt", load_model="closed", waiting="left out", resolution="percentiles",
        duration_s=10.0021, requests=9852, requests_per_s=985.0, good=9800, failed=2, bytes_read=123_456,
        statuses={"200": 9800, "500": 50},
        errors={'Get "http://127.0.0.1:8080": dial tcp: connection refused': 2},
        latency_us=ImportedLatency(
            mean=1000, least=300, p50=900, p75=1200, p90=1500, p95=1900, p99=3400, max=25_000
        ),
    ),
    "hey.csv": ImportedRun(
        tool="hey", file="hey.csv", load_model="closed", waiting="left out", resolution="requests", duration_s=2.0,
        requests=4, requests_per_s=2.0, good=3, failed=0, statuses={"200": 3, "503": 1},
        latency_us=ImportedLatency(
            mean=7000 / 3, stdev=1247.219, least=1000, p50=2000, p75=4000, p90=4000, p95=4000, p99=4000, p99_9=4000,
            p99_99=4000, max=4000,
        ),
    ),
    "ab.txt": ImportedRun(
        tool="ab", file="ab.txt", load_model="closed", waiting="left out", resolution="requests",
        url="http://127.0.0.1:18123/orders", connections=4, duration_s=0.36, requests=300, requests_per_s=834.17,
        good=300, failed=0, bytes_read=170_100,
        latency_us=ImportedLatency(
            mean=5000, stdev=13_900, least=1000, p50=1000, p75=4000, p90=8000, p95=15_000, p99=106_000, max=126_000
        ),
    ),
    "h2load.txt": ImportedRun(
        tool="h2load", file="h2load.txt", load_model="closed", waiting="left out", resolution="percentiles",
        duration_s=1.25, requests=10_000, requests_per_s=8000.0, good=9990, failed=4, bytes_read=1_966_080,
        statuses={"2xx": 9990, "5xx": 5}, errors={"timeout": 1},
        latency_us=ImportedLatency(mean=1020, stdev=456, least=123, max=12_500),
    ),
    "locust_stats.csv": ImportedRun(
        tool="locust", file="locust_stats.csv", load_model="closed", waiting="left out", resolution="buckets",
        duration_s=30.0, requests=630, requests_per_s=21.0, good=624,
        latency_us=ImportedLatency(
            mean=18_800, least=4000, p50=12_000, p75=17_000, p90=30_000, p95=60_000, p99=120_000, p99_9=240_000,
            max=250_000,
        ),
    ),
    "jmeter.jtl": ImportedRun(
        tool="JMeter", file="jmeter.jtl", load_model="closed", waiting="left out", resolution="requests",
        duration_s=4.0, requests=4, requests_per_s=1.0, good=2, failed=1, statuses={"200": 2, "500": 1},
        latency_us=ImportedLatency(
            mean=20_000, stdev=10_000, least=10_000, p50=10_000, p75=30_000, p90=30_000, p95=30_000, p99=30_000,
            p99_9=30_000, p99_99=30_000, max=30_000,
        ),
    ),
}  # fmt: skip


def test_every_sample_is_of_a_reader() -> None:
    assert {path.name for path in SAMPLES.iterdir() if path.suffix != ".md"} == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_what_a_tool_says_is_read_and_what_it_does_not_say_is_none(name: str) -> None:
    found, expected = read(name), EXPECTED[name]

    assert replace(found, latency_us=None, notes=[]) == replace(expected, latency_us=None)
    assert found.latency_us is not None
    assert expected.latency_us is not None
    for field in ImportedLatency.__slots__:
        value, wanted = getattr(found.latency_us, field), getattr(expected.latency_us, field)
        assert value == (None if wanted is None else pytest.approx(wanted)), field


def test_what_is_to_be_known_of_a_tools_figures_is_noted() -> None:
    assert read("wrk-bad.txt").notes == ["It was run without --latency, so that it has no percentiles."]
    assert read("wrk.txt").notes == []
    assert read("wrk2.txt").notes == [
        "It counts 2 timeouts: of requests that were answered late, or waited when it looked."
    ]
    assert read("h2load.txt").notes == ["h2load prints no percentiles."]


@pytest.mark.parametrize("name", ["all-404", "overload-uncorrected", "spectrum-R1000"])
def test_what_wrk2_itself_printed_is_wrk2s(name: str) -> None:
    path = Path(__file__).parents[1] / "report" / "wrk2" / "outputs" / f"{name}.txt"

    found = read_import(Source(name, path.read_text(encoding="utf-8")))

    assert (found.tool, found.load_model, found.waiting) == ("wrk2", "open", "counted")


def test_what_ab_asked_over_tls_is_https() -> None:
    text = (SAMPLES / "ab.txt").read_text(encoding="utf-8")
    text = text.replace(
        "Document Path:", "SSL/TLS Protocol:       TLSv1.3,TLS_AES_256_GCM_SHA384,256,256\nDocument Path:"
    )

    assert read_import(Source("ab.txt", text)).url == "https://127.0.0.1:18123/orders"


def test_good_answers_per_second_need_both() -> None:
    assert read("hey.csv").goodput_per_s == 1.5
    assert read("k6-machine-readable.json").goodput_per_s is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Summary:\n  Success rate: 100%\n", "x: this is oha's text; run it with --output-format json."),
        (
            "http_req_duration..: avg=1ms\niterations..: 3",
            "x: this is k6's text or its samples; run it with --summary-export FILE.",
        ),
        (
            "Requests      [total, rate, throughput]  1, 1, 1",
            "x: this is vegeta's text; make JSON of its results: vegeta report -type=json.",
        ),
        (
            '<testResults version="1.2">',
            "x: this is JMeter's XML; set jmeter.save.saveservice.output_format=csv.",
        ),
        ("Timestamp,User Count,Type,Name,Requests/s\n", "x: this is locust's history; take its *_stats.csv."),
        ("", "x: expected a result of {known}."),
        ("[]", "x: expected a result of {known}."),
        ("1" * 5000, "x: expected a result of {known}."),
        ('["' + "x" * 200_000 + '"]', "x: expected a result of {known}."),
        (
            f"timeStamp,elapsed,responseCode,success\n{'1' * 200_000},1,200,true\n",
            "x: expected a whole result of its tool; it has another form (field larger than field limit (131072)).",
        ),
        (
            '{"metrics": {"http_reqs": {"count": 1e999, "rate": 1}}}',
            "x: expected a whole result of its tool; it has another form (cannot convert float infinity to integer).",
        ),
        ("\N{SNOWMAN}" * 3, "x: expected a result of {known}."),
        (
            "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset\nnan,0,0,0,0,0,200,1\n",
            "x: expected numbers alone; its duration_s would be nan.",
        ),
        (
            '{"RunType": "HTTP", "ActualQPS": NaN, "DurationHistogram": {"Percentiles": []}, "RetCodes": {}}',
            "x: expected numbers alone; its requests_per_s would be nan.",
        ),
        (
            "timeStamp,elapsed,responseCode,success\n1,soon,200,true\n",
            "x: expected a number in the column elapsed of each row, got 'soon'.",
        ),
        (
            "Type,Name,Request Count,Failure Count,Requests/s,50%\n",
            "x: expected locust's statistics with a row Aggregated; found none.",
        ),
        (
            "Thread Stats   Avg      Stdev     Max   +/- Stdev",
            "x: expected the output of wrk2, with a line 'Running ... test @ URL'; found none.",
        ),
        (
            '{"RunType": "HTTP", "ActualQPS": 1, "DurationHistogram": {"Percentiles": [{}]}}',
            "x: expected a whole result of its tool; it has another form ('Percentile').",
        ),
    ],
)
def test_what_cannot_be_read_says_what_is_wanted(text: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_import(Source("x", text))

    assert str(raised.value) == message.format(known=KNOWN)
