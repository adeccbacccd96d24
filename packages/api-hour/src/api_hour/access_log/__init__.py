"""The access log: one line for each request that was answered, refused or given up."""

from api_hour.access_log.entry import AccessEntry
from api_hour.access_log.lines import LineMaker, line_maker
from api_hour.access_log.log import AccessLog, open_access_log

__all__ = ["AccessEntry", "AccessLog", "LineMaker", "line_maker", "open_access_log"]
