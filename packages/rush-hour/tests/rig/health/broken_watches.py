"""What processes of a calibration might do instead of their work."""

import os
import signal
from multiprocessing.connection import Connection
from typing import Any


def say_nothing(_cpu: int, _control: "Connection[Any, Any]") -> None:
    """Be there until the end."""
    signal.pause()


def be_gone(_cpu: int, _control: "Connection[Any, Any]") -> None:
    """End at once."""
    os._exit(1)
