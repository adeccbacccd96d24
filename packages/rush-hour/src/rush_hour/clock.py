"""The wall clock, as documents have it."""

from datetime import UTC, datetime


def utc_now() -> str:
    """Return the time: UTC, ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
