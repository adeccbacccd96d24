"""What scripts and users of the package import: requests."""

from rush_hour.load.workload.request import Request, build_request

__all__ = ["Request", "build_request"]
