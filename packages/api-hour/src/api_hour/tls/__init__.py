"""Certificates: from files to what connections are served with."""

from api_hour.tls.contexts import make_context
from api_hour.tls.pem import TlsPem, read_pem

__all__ = ["TlsPem", "make_context", "read_pem"]
