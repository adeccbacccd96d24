"""Make the tables anew: `python -m shop.load USERS.CSV`."""

import asyncio
import csv
import os
import sys
from pathlib import Path

import asyncpg

from .security import hash_password

HERE = Path(__file__).parent


async def load(users: Path) -> None:
    """Make the tables, the users of a CSV file, and some hundred orders."""
    with users.open(newline="") as file:
        rows = [(row["user"], hash_password(row["password"], os.urandom(8))) for row in csv.DictReader(file)]
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    async with connection.transaction():
        await connection.execute((HERE / "schema.sql").read_text())
        await connection.executemany("INSERT INTO users (name, password) VALUES ($1, $2)", rows)
        await connection.execute((HERE / "orders.sql").read_text())
    await connection.close()
    print(f"{len(rows)} users")


if __name__ == "__main__":
    asyncio.run(load(Path(sys.argv[1])))
