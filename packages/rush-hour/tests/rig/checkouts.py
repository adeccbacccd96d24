"""Git checkouts for tests."""

import subprocess
from pathlib import Path


def git(directory: Path, *words: str) -> str:
    """Run git, and return what it says."""
    command = ["git", "-C", str(directory), "-c", "user.name=a", "-c", "user.email=a@b", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def committed(directory: Path, branch: str = "main") -> str:
    """Commit all files of a directory on a branch of a new checkout, and return the commit."""
    git(directory, "init")
    git(directory, "checkout", "-b", branch)
    git(directory, "add", ".")
    git(directory, "commit", "-m", "a")
    return git(directory, "rev-parse", "HEAD")
