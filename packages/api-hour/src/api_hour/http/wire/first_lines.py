"""The header lines with which every answer begins: its date, and what the daemon's options add.

They are one text, made anew with each date: so what is added costs an answer nothing.
"""

from dataclasses import dataclass
from typing import Self

from api_hour.config.answer_options import AnswerOptions
from api_hour.config.values import read_header

_SERVER = "api-hour"
_DATE = b"Date: "


@dataclass(frozen=True, slots=True)
class FirstLines:
    """The lines.

    Attributes:
        has_date: whether one is the date's.
        others: the rest.
    """

    has_date: bool = True
    others: bytes = b""

    @classmethod
    def of_options(cls, options: AnswerOptions) -> Self:
        """Return what the daemon's options say."""
        headers = [read_header(text) for text in options.headers]
        if options.server_header and all(name.lower() != "server" for name, _ in headers):
            headers.insert(0, ("Server", _SERVER))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        return cls(has_date=options.date_header, others=lines.encode("latin-1"))

    def at(self, date: str) -> bytes:
        """Return the lines of a date, in the form of RFC 9110, 5.6.7."""
        return (f"Date: {date}\r\n".encode("ascii") if self.has_date else b"") + self.others


def without_date(lines: bytes) -> bytes:
    """Return the lines but for the date's."""
    return lines.partition(b"\r\n")[2] if lines.startswith(_DATE) else lines
