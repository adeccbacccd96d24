"""Start coroutines so that only one that suspends costs a task."""

from api_hour.http.first_step.first_step import FirstStep

__all__ = ["FirstStep"]
