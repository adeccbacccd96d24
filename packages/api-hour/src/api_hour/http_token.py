"""The token, of which HTTP makes its names: methods, fields, codings, cookies (RFC 9110, 5.6.2)."""

TCHAR = r"[!#$%&'*+.^_`|~0-9A-Za-z-]"
TOKEN = TCHAR + "+"
