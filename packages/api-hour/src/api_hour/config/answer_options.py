"""The options of what every HTTP answer says, and of where an application is mounted."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from api_hour.config.values import check_headers, read_root_path


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class AnswerOptions:
    """Headers of every answer, and the path that clients write before the application's own."""

    root_path: Annotated[
        str,
        Parameter(
            converter=read_root_path,
            show_default=False,
            help="Path that the application is mounted under by a proxy that takes it off, such as /api.",
        ),
    ] = ""
    headers: Annotated[
        tuple[str, ...],
        Parameter(
            name="--header",
            validator=check_headers,
            negative="",
            help="NAME:VALUE, a header of every HTTP answer. May be repeated.",
        ),
    ] = ()
    date_header: Annotated[
        bool, Parameter(name="--date-header", help="Say in every HTTP answer when it was made (RFC 9110, 6.6.1).")
    ] = True
    server_header: Annotated[
        bool, Parameter(name="--server-header", help="Say in every HTTP answer that API-Hour sends it.")
    ] = False
