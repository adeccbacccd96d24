import resource

import pytest

from rush_hour.errors import UsageError
from rush_hour.load.limits import raise_open_file_limit


def test_the_limit_is_raised_to_the_hard_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
    try:
        raise_open_file_limit(400)

        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_hard_limit_that_is_too_low_is_told_with_what_to_do() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    with pytest.raises(UsageError) as caught:
        raise_open_file_limit(hard)

    assert str(caught.value) == (
        f"--connections: {hard} connections in one process need {hard + 64} open files, but the hard limit is {hard}. "
        "Use fewer, more processes (-t), or raise it (ulimit -Hn)."
    )
