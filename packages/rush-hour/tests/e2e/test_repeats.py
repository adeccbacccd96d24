"""Benches with repeats, whole and interrupted and gone on with. No test asserts a time."""

from pathlib import Path

import pytest
from e2e.rush_hour_process import RushHourProcess, rush_hour_process
from e2e.small_systems import absent, system, write_suite
from e2e.test_bench import a_free_port
from rig.deadlines import TIMEOUT_S

from rush_hour.results.document import Document, RepeatFacts
from rush_hour.results.file import read_document
from rush_hour.rig.blocks import order_of

pytestmark = pytest.mark.timeout(8 * TIMEOUT_S)

BRIEFLY = ("-d", "300ms", "--warmup", "0")


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Two systems that are fine, and one that cannot run here."""
    ports = a_free_port(), a_free_port()
    tables = [system(name, "fine", port) for name, port in zip(("one", "two"), ports, strict=True)]
    return write_suite(tmp_path, *tables, absent("absent"))


def result_of(process: RushHourProcess, output: Path) -> Document:
    process.wait()
    process.wait_until_nothing_is_left()
    return read_document(output / "result.json")


def blocks_of(document: Document) -> dict[str, list[int | None]]:
    return {one.name: [run.block for run in one.runs] for one in document.systems}


def test_each_block_has_every_system_once_in_an_order_of_its_own(suite: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    arguments = ("bench", suite, "--repeats", "3", "--seed", "5", "--output", output, *BRIEFLY)
    with rush_hour_process(*arguments, directory=tmp_path) as process:
        document = result_of(process, output)

    assert blocks_of(document) == {"one": [1, 2, 3], "two": [1, 2, 3], "absent": []}
    assert document.repeats == RepeatFacts(blocks=3, seed=5)
    begun = [line for line in process.err.splitlines() if line.endswith(": starting")]
    orders = [order_of(["one", "two", "absent"], 5, block) for block in (1, 2, 3)]
    orders = [orders[0], *([name for name in order if name != "absent"] for order in orders[1:])]
    assert begun == [
        f"[block {block} of 3, {number}/{len(order)}] {name}: starting"
        for block, order in enumerate(orders, start=1)
        for number, name in enumerate(order, start=1)
    ]
    assert sorted(path.name for path in output.glob("*.hlog")) == [
        f"{name}-{block}.hlog" for name in ("one", "two") for block in (1, 2, 3)
    ]
    assert (output / "logs" / "block-3" / "one.log").read_text() == "serving\n"


def test_ctrl_c_keeps_what_is_finished_and_resume_goes_on_with_it(suite: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    longer = ("-d", "2s", "--warmup", "0")  # than a test on a busy machine needs to press Ctrl-C
    arguments = ("bench", suite, "--only", "one", "--only", "two", "--repeats", "2", *longer)
    with rush_hour_process(*arguments, "--output", output, directory=tmp_path) as process:
        process.wait_until_it_says("[block 1 of 2, 2/2]")
        process.press_ctrl_c()
        before = result_of(process, output)
        assert process.wait() == 130
    whole = [run for one in before.systems for run in one.runs if not run.is_interrupted]
    assert len(whole) == 1

    with rush_hour_process(*arguments, "--resume", output, directory=tmp_path) as process:
        after = result_of(process, output)
        assert process.wait() in {0, 4}

    assert blocks_of(after) == {"one": [1, 2], "two": [1, 2]}
    assert whole[0] in [run for one in after.systems for run in one.runs]
    assert {one.status for one in after.systems} == {"ok"}
    assert after.repeats == before.repeats


def test_a_budget_ends_it_after_the_first_block(suite: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    arguments = ("bench", suite, "--only", "one", "--budget", "10ms", "--output", output, *BRIEFLY)
    with rush_hour_process(*arguments, directory=tmp_path) as process:
        document = result_of(process, output)

    why = "another block would take longer than 0.01s altogether"
    assert blocks_of(document) == {"one": [1]}
    assert document.repeats is not None
    assert (document.repeats.blocks, document.repeats.ended_because) == (100, why)
    assert f"\nended before block 2: {why}\n" in process.err
