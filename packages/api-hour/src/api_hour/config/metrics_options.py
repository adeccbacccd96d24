"""The options of metrics that are sent somewhere, rather than asked for."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from api_hour.config.until_restart import UNTIL_RESTART
from api_hour.config.values import check_positive, check_receiver, check_url


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class MetricsOptions:
    """The receivers of metrics, and how often they get them."""

    statsd_host: Annotated[
        str | None,
        UNTIL_RESTART,
        Parameter(validator=check_receiver, help="StatsD server that metrics are sent to: HOST:PORT or unix:PATH."),
    ] = None
    statsd_prefix: Annotated[
        str, UNTIL_RESTART, Parameter(help="First part of the names of all that is sent to --statsd-host.")
    ] = ""
    dogstatsd_tags: Annotated[
        str, UNTIL_RESTART, Parameter(help="Tags, in DogStatsD's form, for each: NAME:VALUE,NAME:VALUE.")
    ] = ""
    otlp_endpoint: Annotated[
        str | None,
        UNTIL_RESTART,
        Parameter(
            validator=check_url,
            help="URL that metrics are sent to by OpenTelemetry's protocol (OTLP/HTTP). Needs api-hour[otlp].",
        ),
    ] = None
    metrics_interval_s: Annotated[
        float,
        UNTIL_RESTART,
        Parameter(name="--metrics-interval", validator=check_positive, help="Seconds between two such messages."),
    ] = 10.0
