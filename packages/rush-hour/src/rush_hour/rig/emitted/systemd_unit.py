"""The unit of systemd that runs a server. Pure."""

import re

from rush_hour.rig.emitted.deployment import Deployment

_PLAIN = re.compile(r"[\w@:./+,=-]+")


def systemd_unit(deployment: Deployment) -> str:
    """Return the text of the unit."""
    words = " ".join(quoted(word) for word in [deployment.program, *deployment.words[1:]])
    reload = [] if deployment.reload is None else [f"ExecReload=/bin/kill -s {deployment.reload} $MAINPID"]
    lines = [
        f"# {deployment.title}: measured by `rush-hour try`.",
        f"# {deployment.objective} up to {deployment.rate_per_s:,.0f}/s.",
        f"# systemctl enable --now {deployment.name}.service",
        "",
        "[Unit]",
        f"Description={deployment.title.replace('%', '%%')}",
        "After=network.target",
        "",
        "[Service]",
        f"WorkingDirectory={deployment.directory.replace('%', '%%')}",
        f"ExecStart={words}",
        *reload,
        "# User=www-data",
        "KillMode=mixed",
        "TimeoutStopSec=30",
        "Restart=on-failure",
        "",
        "[Install]",
        "WantedBy=multi-user.target",
        "",
    ]
    return "\n".join(lines)


def quoted(word: str) -> str:
    """Return a word of a command line as systemd.service(5) reads it: quoted, `%` and `$` doubled."""
    word = word.replace("%", "%%").replace("$", "$$")
    if _PLAIN.fullmatch(word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
