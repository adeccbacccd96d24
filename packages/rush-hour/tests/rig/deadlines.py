"""How long a test waits for what must happen: one scale for all waits, and no fixed sleep."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

TIMEOUT_S = 20.0 * float(os.environ.get("TEST_TIMEOUT_FACTOR", "1"))
POLL_S = 0.02

Found = TypeVar("Found")


def wait_for(find: Callable[[], Found], what: str) -> Found:
    """Return the first true value that `find` gives."""
    give_up_at_s = time.monotonic() + TIMEOUT_S
    while not (found := find()):
        assert time.monotonic() < give_up_at_s, f"not in {TIMEOUT_S:g} s: {what}"
        time.sleep(POLL_S)
    return found


def wait_until_gone(*process_ids: int) -> None:
    """Wait until no process has one of the ids."""
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in process_ids), f"the end of {process_ids}")
