import pytest

from rush_hour.commands.options import check_processes
from rush_hour.errors import UsageError


def test_every_process_needs_a_connection() -> None:
    check_processes(4, 4)

    with pytest.raises(UsageError) as caught:
        check_processes(5, 4)

    assert str(caught.value) == "--threads: expected at most as many as --connections (4), got 5."
