import io
from dataclasses import replace

from http_tables import (
    ASYNC,
    WSGI,
    best_peer,
    cpu_at_full_speed,
    holds_common_rate,
    like_for_like_table,
    main_table,
    notes,
    ratio,
    requests_per_s,
)
from http_trials import Figures, Trial
from rich.console import Console
from rich.table import Table


def figures(per_s: float, cpu_us: float) -> Figures:
    return Figures(
        goodput_per_s=per_s,
        server_cpu_us=cpu_us,
        database_cpu_us=None,
        p99_us=1500,
        max_rss_bytes=40_000_000,
        holds=True,
        generator_is_the_limit=False,
        others_ratio=0.05,
    )


def trial(per_s: float, cpu_us: float) -> Trial:
    full = figures(per_s, cpu_us)
    return Trial(full=full, half=full, common=replace(full, server_cpu_us=cpu_us * 2))


TRIALS = {
    "api-hour": [trial(40_000, 10), trial(20_000, 20), trial(44_000, 11)],
    "uvicorn": [trial(20_000, 20), trial(10_000, 40), trial(20_000, 20)],
    "socketify": [trial(30_000, 16), trial(15_000, 30), trial(33_000, 14)],
}


def lines(table: Table) -> list[str]:
    output = io.StringIO()
    Console(file=output, width=200).print(table)
    return [" ".join(line.split()) for line in output.getvalue().splitlines()]


def test_a_ratio_is_taken_within_each_repetition_so_that_a_slow_minute_does_not_count() -> None:
    assert ratio(TRIALS["api-hour"], TRIALS["uvicorn"], requests_per_s) == 2.0
    assert ratio(TRIALS["api-hour"], TRIALS["uvicorn"], cpu_at_full_speed) == 0.5


def test_the_best_peer_is_none_of_ours() -> None:
    assert best_peer(TRIALS, requests_per_s, highest=True) == "socketify"
    assert best_peer(TRIALS, cpu_at_full_speed, highest=False) == "socketify"
    assert best_peer({"api-hour": TRIALS["api-hour"]}, requests_per_s, highest=True) is None


def test_the_fastest_come_first_with_medians_spread_and_ratios() -> None:
    rows = lines(main_table("/index", TRIALS, yardstick="uvicorn", common_rate_per_s=4000))

    assert rows[0] == "/index"
    assert [row.split()[0] for row in rows[3:]] == ["api-hour", "socketify", "uvicorn"]
    assert rows[3] == "api-hour 40,000 30 1.33 2.00 11.0 45 0.67 0.50 22.0 0.67 0.50 1.50 40"


def test_a_system_that_does_not_hold_the_common_rate_has_no_figures_of_it() -> None:
    overrun = [replace(one, common=replace(one.common, holds=False)) for one in TRIALS["socketify"]]

    rows = lines(main_table("/index", TRIALS | {"socketify": overrun}, yardstick="uvicorn", common_rate_per_s=4000))

    assert rows[4] == "socketify 30,000 30 1.00 1.50 16.0 50 1.00 0.75 - - - 1.50 40"
    assert rows[3].endswith("22.0 0.50 0.50 1.50 40"), "the best peer is one that holds"


def test_one_bad_repetition_is_no_verdict_on_the_common_rate() -> None:
    first, *others = TRIALS["uvicorn"]
    disturbed = [replace(first, common=replace(first.common, holds=False)), *others]

    assert holds_common_rate(disturbed)
    assert not holds_common_rate([disturbed[0], others[0]])


def test_a_figure_that_the_generator_limits_is_a_lower_bound() -> None:
    limited = [replace(one, full=replace(one.full, generator_is_the_limit=True)) for one in TRIALS["api-hour"]]

    trials = TRIALS | {"api-hour": limited}

    assert lines(main_table("/index", trials, yardstick="uvicorn", common_rate_per_s=4000))[3].startswith(
        "api-hour >40,000 "
    )
    assert notes(trials) == ["> the load generator had no more to give: the server can do more. Its CPU time stands."]


def test_the_database_has_a_column_where_there_is_one() -> None:
    with_database = {
        name: [replace(one, full=replace(one.full, database_cpu_us=70.25)) for one in repeated]
        for name, repeated in TRIALS.items()
    }

    assert lines(main_table("/agents", with_database, yardstick="uvicorn", common_rate_per_s=400))[3].endswith(
        "0.50 70.2 1.50 40"
    )


def test_without_peers_there_is_nothing_to_compare_with() -> None:
    alone = {"api-hour": TRIALS["api-hour"]}

    assert lines(main_table("/index", alone, yardstick="uvicorn", common_rate_per_s=4000))[3] == (
        "api-hour 40,000 30 - - 11.0 45 - - 22.0 - - 1.50 40"
    )
    assert like_for_like_table(alone, ASYNC.like_for_like) is None
    assert notes(alone) == []


def test_what_does_the_very_same_is_compared_pair_by_pair() -> None:
    overrun = [replace(one, common=replace(one.common, holds=False)) for one in TRIALS["socketify"]]
    trials = {"api-hour-asgi": TRIALS["api-hour"], "uvicorn": TRIALS["uvicorn"], "granian": overrun}
    trials |= {"api-hour-plain": TRIALS["api-hour"], "socketify": TRIALS["uvicorn"]}

    table = like_for_like_table(trials, ASYNC.like_for_like)

    assert table is not None
    assert lines(table)[2:] == [
        "api-hour-plain socketify 2.00 0.50 0.50",
        "api-hour-asgi uvicorn 2.00 0.50 0.50",
        "api-hour-asgi granian 1.33 0.67 -",
    ]


def test_each_table_has_its_own_yardstick_and_pairs() -> None:
    trials = {"api-hour": TRIALS["api-hour"], "uwsgi": TRIALS["uvicorn"], "meinheld": TRIALS["socketify"]}

    rows = lines(main_table("wsgi", trials, yardstick="uwsgi", common_rate_per_s=2000))
    same = like_for_like_table(trials, WSGI.like_for_like)

    assert rows[1].startswith("system full speed of best of full speed")
    assert rows[2].split().count("uwsgi") == 3
    assert rows[3] == "api-hour 40,000 30 1.33 2.00 11.0 45 0.67 0.50 22.0 0.67 0.50 1.50 40"
    assert same is not None
    assert lines(same)[2:] == ["api-hour meinheld 1.33 0.67 0.67", "api-hour uwsgi 2.00 0.50 0.50"]


def test_other_programs_load_is_told() -> None:
    disturbed = [replace(TRIALS["uvicorn"][0], half=replace(TRIALS["uvicorn"][0].half, others_ratio=0.31))]

    assert notes({"uvicorn": disturbed}) == [
        (
            "In 1 of 3 loads other programs took more than 20% of the machine's CPU, up to 31%: "
            "read ratios, and measure again when nothing else runs."
        )
    ]
