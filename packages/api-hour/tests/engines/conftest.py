"""One PostgreSQL server for the tests of the engines."""

from collections.abc import Iterator

import pytest
from private_postgres import PrivatePostgres, private_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivatePostgres]:
    """A running server; who stops it starts it again."""
    with private_postgres() as server:
        yield server
