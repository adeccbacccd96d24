"""Requests, as scripts and users of the package import them."""

from rush_hour.load.workload.request import Request, build_request

__all__ = ["Request", "build_request"]
