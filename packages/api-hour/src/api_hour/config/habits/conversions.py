"""Values as other servers write them, to options here. A ValueError says what was expected and what came."""

import re
from collections.abc import Callable

from api_hour.access_log.lines import COMBINED
from api_hour.config.gunicorn_settings import CONSOLE, PROXY_PROTOCOLS
from api_hour.config.habits.habit import Conversion, Setting

LAST_PORT = 65535
TRUE_WORDS = frozenset({"1", "true", "yes", "on", "t", "y"})
FALSE_WORDS = frozenset({"0", "false", "no", "off", "f", "n"})

_TLS_VERSIONS = {
    **dict.fromkeys(("17", "2", "tls", "sslv23", "protocol_tls", "protocol_tls_server", "tls1.2"), ""),
    **dict.fromkeys(("5", "tlsv1_2", "protocol_tlsv1_2"), "1.2"),
    "tls1.3": "1.3",
}


def setting(flag: str, text: str) -> Conversion:
    """Return what sets one option to one text, whatever comes."""
    return lambda _text: [Setting(flag=flag, text=text)]


def setting_of(flag: str) -> Conversion:
    """Return what sets one option to what comes."""
    return lambda text: [Setting(flag=flag, text=text)]


def switch(flag: str, *, on: str = "true", off: str = "false") -> Conversion:
    """Return what reads a Boolean; without a value it is true."""

    def convert(text: str) -> list[Setting]:
        return [Setting(flag=flag, text=on if is_true(text) else off)]

    return convert


def is_true(text: str) -> bool:
    """Read a Boolean; no text at all is true.

    Raises:
        ValueError: it is none.
    """
    if text and text.lower() not in TRUE_WORDS | FALSE_WORDS:
        raise ValueError(f"expected true or false; got {text!r}.")
    return text.lower() not in FALSE_WORDS


def is_boolean(text: str) -> bool:
    """Tell whether a word is a Boolean, and so no TARGET."""
    return text.lower() in TRUE_WORDS | FALSE_WORDS


def one_of(*words: str) -> Callable[[str], bool]:
    """Return what tells whether a word is one of these."""
    return lambda word: word.lower() in words


def port(text: str) -> list[Setting]:
    """Read the number of a port.

    Raises:
        ValueError: there is no such port.
    """
    if not (text.isdecimal() and int(text) <= LAST_PORT):
        raise ValueError(f"expected a port, 0 to {LAST_PORT}; got {text!r}.")
    return [Setting(flag="--port", text=text)]


def unix_socket(text: str) -> list[Setting]:
    """Read the path of a unix socket."""
    return [Setting(flag="--bind", text=f"unix:{text}")]


def descriptor(text: str) -> list[Setting]:
    """Read the number of an open socket."""
    if not text.isdigit():
        raise ValueError(f"expected the number of an open descriptor; got {text!r}.")
    return [Setting(flag="--bind", text=f"fd://{text}")]


def trusted_proxies(text: str) -> list[Setting]:
    """Read a list of proxies, whose X-Forwarded headers are then believed; a path stands for any unix socket."""
    return [*only_trusted_proxies(text), Setting(flag="--proxy-headers", text="x-forwarded", is_implied=True)]


def only_trusted_proxies(text: str) -> list[Setting]:
    """Read a list of proxies."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    return [Setting(flag="--trusted-proxy", text="unix" if name.startswith("/") else name) for name in names]


def proxy_protocol(text: str) -> list[Setting]:
    """Read Gunicorn's modes of the PROXY protocol; none at all is on."""
    mode = PROXY_PROTOCOLS.get(text.lower() or "true")
    if mode is None:
        raise ValueError(f"expected one of off, v1, v2, auto; got {text!r}.")
    return [Setting(flag="--proxy-protocol", text=str(mode).lower())]


def access_log_file(text: str) -> list[Setting]:
    """Read a file for an access log, which it switches on; `-` is standard output."""
    implied = Setting(flag="--access-log", text=COMBINED, is_implied=True)
    return [implied] if text == CONSOLE else [Setting(flag="--access-log-file", text=text), implied]


def is_access_log_format(word: str) -> bool:
    """Tell whether a word is a value of `--access-log`, and no TARGET."""
    return word == CONSOLE or (not word.startswith("-") and ":" not in word.partition("%")[0])


def access_log(text: str) -> list[Setting]:
    """Read a format of the access log; a Boolean is one, too."""
    if not text or is_boolean(text):
        text = "common" if is_true(text) else "off"
    return [Setting(flag="--access-log", text=text)]


def log_file(text: str) -> list[Setting]:
    """Read a file for the log; `-` is standard error."""
    return [] if text == CONSOLE else [Setting(flag="--log-file", text=text)]


def is_proxy_headers(word: str) -> bool:
    """Tell whether a word is a value of `--proxy-headers`, and no TARGET."""
    return not word.startswith("-") and ":" not in word


def proxy_headers(text: str) -> list[Setting]:
    """Read which headers of proxies are believed; without a word, X-Forwarded."""
    if not text or is_boolean(text):
        text = "x-forwarded" if is_true(text) else "none"
    return [Setting(flag="--proxy-headers", text=text)]


def tls_version(text: str) -> list[Setting]:
    """Read a constant of the ssl module, by name or number, or Granian's least version."""
    version = _TLS_VERSIONS.get(text.lower())
    if version is None:
        raise ValueError(
            f"expected 17 or TLS for TLS 1.2 and later, or 5 or TLSv1_2 for TLS 1.2 alone; got {text!r}. "
            "Older versions are not spoken; TLS 1.3 alone is --tls-version 1.3."
        )
    return [Setting(flag="--tls-version", text=version)] if version else []


def mebibytes(text: str) -> list[Setting]:
    """Read memory in MiB."""
    return [Setting(flag="--max-rss", text=f"{text}M" if text.isdigit() else text)]


def seconds(flag: str) -> Conversion:
    """Return what reads a duration such as `90`, `5m` or `1h30m`."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}

    def convert(text: str) -> list[Setting]:
        parts = re.findall(r"(\d+)([smhd])", text)
        if parts and "".join(map("".join, parts)) == text:
            text = str(sum(int(number) * units[unit] for number, unit in parts))
        return [Setting(flag=flag, text=text)]

    return convert


def paths(text: str) -> list[Setting]:
    """Read directories with commas between them."""
    return [Setting(flag="--app-dir", text=part) for part in text.split(",") if part]
