"""Balance over the processes of a server."""

from dataclasses import replace

from sample_documents import run_of

from rush_hour.report.page.balance import balance_of
from rush_hour.results.resources import ProcessUsage
from rush_hour.results.run import Run


def with_processes(*processes: ProcessUsage) -> Run:
    run = run_of(1, seconds=2)
    assert run.resources is not None
    server = replace(run.resources.server, processes=list(processes), cpu_s=sum(one.cpu_s for one in processes))
    return replace(run, resources=replace(run.resources, server=server))


def process(pid: int, cpu_s: float, answers: int | None = None) -> ProcessUsage:
    return ProcessUsage(pid=pid, name="worker", cpu_s=cpu_s, max_rss_bytes=1, answers=answers)


def test_shares_are_of_the_whole_server_and_the_busiest_is_first() -> None:
    balance = balance_of(with_processes(process(1, 0.001), process(2, 1.0, 100), process(3, 3.0, 300)))

    assert balance is not None
    assert [(row.pid, row.cpu_share, row.answers_share) for row in balance.rows] == [
        (3, "75.0", "75.0"), (2, "25.0", "25.0"),
    ]  # fmt: skip
    assert (balance.unevenness, balance.more, balance.idle) == ("1.50", 0, 1)


def test_workers_for_which_there_is_no_room_are_not_said_to_be_idle() -> None:
    balance = balance_of(with_processes(*(process(pid, 1.0) for pid in range(70))))

    assert balance is not None
    assert (len(balance.rows), balance.more, balance.idle) == (64, 6, 0)


def test_one_process_is_not_uneven() -> None:
    balance = balance_of(with_processes(process(1, 1.0)))

    assert balance is not None
    assert (balance.unevenness, balance.has_answers, balance.has_connections) == (None, False, False)
    assert balance.rows[0].answers is None


def test_a_server_that_was_not_watched_has_no_balance() -> None:
    assert balance_of(replace(run_of(1, seconds=2), resources=None)) is None
    assert balance_of(with_processes()) is None
