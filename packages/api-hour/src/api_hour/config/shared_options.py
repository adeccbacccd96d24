"""The options that belong to two groups."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from api_hour.config.values import check_not_negative


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class SharedOptions:
    """Options that both a worker and its HTTP servers keep to."""

    graceful_timeout_s: Annotated[
        float,
        Parameter(
            name="--graceful-timeout",
            validator=check_not_negative,
            help="Seconds that a stopping worker may take to finish its requests.",
        ),
    ] = 30.0
