"""Write requirements/*.txt anew: the newest versions that fit requirements/*.in and the packages, with hashes.

In lowest.txt the packages' own dependencies have the oldest versions that their pyproject.toml allow. Needs nothing but
Python: uv is installed into a temporary environment. The files name no address.
"""

import re
import subprocess
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
OPTIONS = ["--universal", "--python-version=3.11", "--generate-hashes", "--no-emit-index-url", "--upgrade", "--quiet"]
PACKAGES = [
    "packages/api-hour/pyproject.toml",
    "packages/rush-hour/pyproject.toml",
    "--extra=postgres",
    "--extra=rig",
]
PINS = {  # what the packages need is added to the first of those that share an environment
    "bench": PACKAGES,
    "dev": [],
    "docs": [],
    "perf": PACKAGES,
    "robyn": [],
    "modern": PACKAGES,
    "applications": PACKAGES[:2],
    "applications-large": [],
    "uv": [],
}
ALL_EXTRAS = [
    f"--extra={extra}" for extra in ("postgres", "redis", "websocket", "forms", "reload", "otlp", "dotenv", "rig")
]


def main() -> None:
    """Pin the bench first: the others are held to its versions."""
    with tempfile.TemporaryDirectory() as directory:
        venv.create(directory, with_pip=True)
        programs = Path(directory, "bin")
        subprocess.run([programs / "pip", "install", "--quiet", "uv"], check=True)
        for name, packages in PINS.items():
            compile_pins(programs / "uv", [f"requirements/{name}.in", *packages], name)
        lowest = ["-", *PACKAGES[:2], *ALL_EXTRAS, "--resolution=lowest-direct"]
        compile_pins(programs / "uv", lowest, "lowest", standard_input=as_pinned("lowest", ("bench", "dev")))


def compile_pins(uv: Path, sources: list[str], name: str, *, standard_input: str | None = None) -> None:
    """Write one file of pins; the source `-` is what is given as standard input."""
    output = f"requirements/{name}.txt"
    command = [uv, "pip", "compile", *OPTIONS, "--custom-compile-command=make pins", *sources, "-o", output]
    subprocess.run(command, check=True, cwd=ROOT, input=standard_input, text=True)


def as_pinned(name: str, pinned_in: tuple[str, ...]) -> str:
    """Return what requirements/NAME.in names, each with the versions that it has in other files of pins."""
    pins = "".join((ROOT / f"requirements/{other}.txt").read_text() for other in pinned_in)
    names = re.findall(r"^[\w-]+", (ROOT / f"requirements/{name}.in").read_text(), re.MULTILINE)
    return "\n".join(line for wanted in names for line in re.findall(rf"^{wanted}==.*?(?= \\$)", pins, re.MULTILINE))


if __name__ == "__main__":
    main()
