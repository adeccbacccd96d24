import pytest

from rush_hour.errors import UsageError
from rush_hour.options import check_processes


def test_every_process_needs_a_connection() -> None:
    check_processes(4, 4)

    with pytest.raises(UsageError) as caught:
        check_processes(5, 4)

    assert str(caught.value) == "--threads: expected at most as many as --connections (4), got 5."
