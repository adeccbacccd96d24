"""The Dockerfile of an application and its server. Pure."""

import json
import shlex
from collections.abc import Sequence

from rush_hour.rig.emitted.deployment import HOST, PORT, Deployment

ANY_HOST = "0.0.0.0"  # noqa: S104  # within a container, whose ports are published one by one


def dockerfile(deployment: Deployment) -> str:
    """Return the text of the file; it stands beside the application."""
    server = " ".join(f"{name}=={version}" for name, version in deployment.packages.items())
    lines = [
        f"# {deployment.title}: as `rush-hour try` measured it. Copy it to the application's directory, or name it:",
        f"# docker build -f Dockerfile -t {deployment.name} {shlex.quote(deployment.directory)}",
        f"FROM python:{deployment.python}-slim",
        "WORKDIR /app",
        *(
            ["COPY requirements.txt .", "RUN pip install --no-cache-dir -r requirements.txt"]
            if deployment.has_requirements
            else ["# RUN pip install --no-cache-dir what the application needs"]
        ),
        f"RUN pip install --no-cache-dir {server}",
        "COPY . .",
        "USER nobody",
        f"EXPOSE {PORT}",
        f"CMD {json.dumps(container_words(deployment.words))}",
        "",
    ]
    return "\n".join(lines)


def container_words(words: Sequence[str]) -> list[str]:
    """Return a command line that listens on every address of a container."""
    return [word.replace(HOST, ANY_HOST) for word in words]
