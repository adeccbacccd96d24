"""What scripts import: requests, how they are made, and what a good answer is. See `rush-hour load --script`."""

from rush_hour.core.expectation import Expectation
from rush_hour.load.plan import parse_url
from rush_hour.load.workload.request import Request, build_request

__all__ = ["Expectation", "Request", "build_request", "parse_url"]
