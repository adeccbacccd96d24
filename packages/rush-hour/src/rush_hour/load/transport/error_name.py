"""Names that errors of connections are counted by."""

import errno
import ssl


def name_of(error: OSError | int) -> str:
    """Return a short name for counting: `ECONNREFUSED`, or of TLS, `CERTIFICATE_VERIFY_FAILED`."""
    if isinstance(error, ssl.SSLError):
        return error.reason or type(error).__name__
    code = error if isinstance(error, int) else error.errno or 0
    return errno.errorcode.get(code, str(code))
