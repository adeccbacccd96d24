import socket
from collections.abc import Callable

import pytest
from rig.deadlines import TIMEOUT_S, wait_for

from rush_hour.errors import StartError
from rush_hour.load.transport.address import Address
from rush_hour.rig.parts.part import Part
from rush_hour.rig.parts.waiting import Hopeless, wait_until, why_closed

Start = Callable[..., Part]


def test_it_tries_until_there_is_no_problem(start_part: Start) -> None:
    problems = ["no socket", "no answer", None]
    part = start_part("import time\ntime.sleep(1000)")

    wait_until(lambda: problems.pop(0), part, what="the server", timeout_s=TIMEOUT_S)

    assert problems == []


def test_a_part_that_ends_ends_the_wait_with_its_code_and_the_end_of_its_log(start_part: Start) -> None:
    part = start_part("print('no such module')\nraise SystemExit(3)")

    with pytest.raises(StartError) as caught:
        wait_until(lambda: "no answer", part, what="the server", timeout_s=TIMEOUT_S)

    assert str(caught.value) == "the server ended with exit code 3 before it was ready.\nno such module"


def test_every_part_is_watched(start_part: Start, tmp_path_factory: pytest.TempPathFactory) -> None:
    server = start_part("import time\nprint('fine')\ntime.sleep(1000)")
    proxy = start_part("print('bad option')\nraise SystemExit(1)", log_path=tmp_path_factory.mktemp("p") / "proxy.log")

    with pytest.raises(StartError) as caught:
        wait_until(lambda: "no answer", server, proxy, what="the system", timeout_s=TIMEOUT_S)

    assert str(caught.value) == "the system ended with exit code 1 before it was ready.\nbad option"


def test_when_the_time_is_up_the_last_problem_and_the_end_of_the_log_are_told(start_part: Start) -> None:
    part = start_part("import time\nprint('loading')\ntime.sleep(1000)")
    wait_for(lambda: part.log_tail() == "loading", "the program")

    with pytest.raises(StartError) as caught:
        wait_until(lambda: "no answer", part, what="the server", timeout_s=0.1)

    assert str(caught.value) == "the server was not ready after 0.1 s: no answer\nloading"


def test_what_is_hopeless_is_not_waited_for(start_part: Start) -> None:
    part = start_part("import time\nprint('fine')\ntime.sleep(1000)")
    wait_for(lambda: part.log_tail() == "fine", "the program")

    def try_it() -> str | None:
        raise Hopeless("says no, and means it")

    with pytest.raises(StartError) as caught:
        wait_until(try_it, part, what="the server", timeout_s=TIMEOUT_S)

    assert str(caught.value) == "the server says no, and means it\nfine"


def test_a_name_is_served_where_one_of_its_addresses_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        served = Address(family=socket.AF_INET, sockaddr=("127.0.0.1", port), label="here")
        first = Address(family=socket.AF_INET, sockaddr=("127.0.0.2", port), label="there", others=(served,))

        assert why_closed(first) is None

    assert why_closed(first) == "there: Connection refused; here: Connection refused"
