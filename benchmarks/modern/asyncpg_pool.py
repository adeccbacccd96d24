"""The pool of those that use asyncpg: a fixed number of connections, and nothing is sent when one comes back.

API-Hour's engine sends nothing either; asyncpg's default, `RESET ALL`, would be a second round trip for each query.
"""

from typing import Any

import asyncpg
from service import DATABASE_URL, connections_of_a_worker


async def open_pool() -> Any:
    size = connections_of_a_worker()
    return await asyncpg.create_pool(DATABASE_URL, min_size=size, max_size=size, reset=_leave_as_it_is)


async def _leave_as_it_is(_connection: Any) -> None: ...
