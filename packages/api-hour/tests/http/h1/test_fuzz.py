"""Generated and mutated requests, with h11 as the judge; `fuzz_http.py` runs any number of them."""

import random

import fuzz_http
import pytest


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_accepted_that_h11_rejects_and_no_split_changes_an_answer(seed: int) -> None:
    assert fuzz_http.run(1000, seed) is None


def test_the_judge_finds_what_is_wrong() -> None:
    smuggled = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello"
    understood = fuzz_http.Understood("POST", b"/", [(b"host", b"a")], b"hello")

    wrong = fuzz_http.complaint(smuggled, fuzz_http.Outcome([understood], b""))

    assert wrong == ("request 0 is accepted, h11 rejects it: illegal header line: bytearray(b'Content-Length : 5')")


def test_the_inputs_are_neither_all_right_nor_all_wrong() -> None:
    chance = random.Random(1)  # noqa: S311  # it chooses inputs
    accepted = [len(fuzz_http.judge(fuzz_http.generate(chance))[0]) for _ in range(1000)]

    assert 200 < sum(count > 0 for count in accepted) < 800
    assert sum(count > 1 for count in accepted) > 50
