"""The media type of a file, from the end of its name; the same on every machine. Pure."""

from mimetypes import MimeTypes

_TYPES = MimeTypes()  # knows what the standard library knows, and reads no files
for _end, _type in {
    ".js": "text/javascript",  # RFC 9239
    ".map": "application/json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}.items():
    _TYPES.add_type(_type, _end)

UNKNOWN = "application/octet-stream"


def content_type_of(name: str) -> str:
    """Return the media type of a file's name; text is said to be UTF-8."""
    kind, coding = _TYPES.guess_type(name)
    if coding is not None:
        return "application/gzip" if coding == "gzip" else UNKNOWN  # the file as it is
    if kind is None:
        return UNKNOWN
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
