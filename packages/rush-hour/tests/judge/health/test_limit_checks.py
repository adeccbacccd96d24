"""What is said of limits: each verdict, at the values where it changes."""

import pytest
from judge.health.made_machines import FIT, machine

from rush_hour.judge.health import limit_checks
from rush_hour.judge.health.facts import Facts, FoundServer


@pytest.mark.parametrize(
    ("soft", "hard", "found", "verdict", "change"),
    [
        (None, None, "no limit", "fine", ""),
        (4096, None, "4,096 (at most any)", "fine", ""),
        (4095, 4096, "4,095 (at most 4,096)", "note", "ulimit -Sn 4096"),
        (1024, None, "1,024 (at most any)", "note", "ulimit -Sn 65536"),
        (1024, 1_048_576, "1,024 (at most 1,048,576)", "note", "ulimit -Sn 65536"),
        (1024, 1024, "1,024", "note", "ulimit -n 65536, as root"),
        (1023, 1023, "1,023", "hinders", "* - nofile 65536 in /etc/security/limits.conf, and log in again"),
    ],
)
def test_open_files_are_connections(soft: int | None, hard: int | None, found: str, verdict: str, change: str) -> None:
    said = limit_checks.open_files(machine(open_files_soft=soft, open_files_hard=hard))

    assert (said.found, said.verdict, said.change) == (found, verdict, change)


@pytest.mark.parametrize(
    ("somaxconn", "found", "verdict"),
    [(4096, "4,096", "fine"), (4095, "4,095", "note"), (1024, "1,024", "note"), (1023, "1,023", "hinders")],
)
def test_a_short_accept_queue_drops_connections(somaxconn: int, found: str, verdict: str) -> None:
    said = limit_checks.somaxconn(machine(somaxconn=somaxconn))

    assert (said.found, said.verdict) == (found, verdict)
    assert (said.change == "sysctl -w net.core.somaxconn=4096") == (verdict != "fine")


@pytest.mark.parametrize(
    ("last", "verdict"), [(60_999, "fine"), (60_998, "note"), (32_768 + 4095, "note"), (32_768 + 4094, "hinders")]
)
def test_few_ports_are_few_connections(last: int, verdict: str) -> None:
    said = limit_checks.port_range(machine(port_range=(32_768, last)))

    assert (said.found, said.verdict) == (f"32768 to {last}", verdict)
    assert (said.change == "sysctl -w net.ipv4.ip_local_port_range='15000 65535'") == (verdict != "fine")


def test_how_many_connections_a_port_range_allows_is_said() -> None:
    assert limit_checks.port_range(machine(port_range=(50_000, 55_999))).why == (
        "That is 6,000 connections to one address, and 100 new ones a second for --connection-per-request: "
        "a port rests for 60 s."
    )


def test_what_the_kernel_does_not_tell_is_unknown() -> None:
    assert limit_checks.somaxconn(machine(somaxconn=None)).verdict == "unknown"
    assert limit_checks.port_range(machine(port_range=None)).verdict == "unknown"


def test_a_container_has_its_limits_from_who_makes_it() -> None:
    given = {"is_container": True, "somaxconn": 128, "port_range": (50_000, 50_100)}
    facts = machine(**given, open_files_soft=512, open_files_hard=512)

    assert [check(facts).change for check in (limit_checks.open_files, limit_checks.somaxconn)] == [
        "docker run --ulimit nofile=65536",
        "docker run --sysctl net.core.somaxconn=4096",
    ]
    assert limit_checks.port_range(facts).change == ("docker run --sysctl net.ipv4.ip_local_port_range='15000 65535'")


def test_servers_are_counted_without_the_ways_to_run_them() -> None:
    here = FoundServer(name="a", title="A", version="1", command="")
    way = FoundServer(name="a-b", title="A by B", version="1", command="", variant_of="a")
    missing = FoundServer(name="c", title="C", version=None, command="pip install c")

    some = limit_checks.servers(Facts(state=FIT, servers=[here, way, missing]))
    none = limit_checks.servers(Facts(state=FIT, servers=[missing]))

    assert some is not None
    assert none is not None
    assert (some.found, some.verdict) == ("1 of 2 (--servers lists them)", "fine")
    assert (none.found, none.verdict, none.change) == ("0 of 1", "note", "pip install c")
    assert limit_checks.servers(Facts(state=FIT)) is None
