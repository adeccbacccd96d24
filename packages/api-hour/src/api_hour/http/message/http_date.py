"""Dates in headers, as seconds since 1970 (RFC 9110, 5.6.7).

Three forms are read, one is written. What is not one of them, or no date at all, is None: a recipient must ignore it.
Pure: the year that decides about years of two digits comes in as an argument.
"""

import re
from datetime import UTC, datetime
from email.utils import formatdate

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_TIME = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_LONG_DAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_FORMS = (
    re.compile(rf"{_DAY}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT"),
    re.compile(rf"{_LONG_DAY}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT"),  # RFC 850
    re.compile(rf"{_DAY} {_MONTH} (?P<day>[ 0-9][0-9]) {_TIME} (?P<year>[0-9]{{4}})"),  # asctime()
)


def parse_http_date(text: str, *, now_s: float) -> int | None:
    """Return a date in seconds since 1970; None when it is none.

    Args:
        text: the value of a header.
        now_s: a year of two digits is at most 50 years after it.
    """
    found = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    if found is None:
        return None
    year = int(found["year"])
    if len(found["year"]) == 2:
        year = _whole_year(year, datetime.fromtimestamp(now_s, UTC).year)
    second = 59 if found["second"] == "60" else int(found["second"])  # a leap second
    month = _MONTHS.index(found["month"]) + 1
    try:
        moment = datetime(year, month, int(found["day"]), int(found["hour"]), int(found["minute"]), second, tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp())


def format_http_date(moment_s: float) -> str:
    """Return seconds since 1970 as a header says them."""
    return formatdate(moment_s, usegmt=True)


def _whole_year(digits: int, this_year: int) -> int:
    year = this_year - this_year % 100 + digits
    return year - 100 if year > this_year + 50 else year
