"""Write requirements/*.txt anew: the newest versions that fit requirements/*.in and the packages, with hashes.

Needs nothing but Python: uv is installed into a temporary environment. The files name no address.
"""

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


def main() -> None:
    """Pin the bench first: the others are held to its versions."""
    with tempfile.TemporaryDirectory() as directory:
        venv.create(directory, with_pip=True)
        programs = Path(directory, "bin")
        subprocess.run([programs / "pip", "install", "--quiet", "uv"], check=True)
        for name, packages in (("bench", PACKAGES), ("dev", []), ("docs", []), ("perf", PACKAGES), ("robyn", [])):
            compile_pins(programs / "uv", [f"requirements/{name}.in", *packages], name)


def compile_pins(uv: Path, sources: list[str], name: str) -> None:
    """Write one file of pins."""
    output = f"requirements/{name}.txt"
    command = [uv, "pip", "compile", *OPTIONS, "--custom-compile-command=make pins", *sources, "-o", output]
    subprocess.run(command, check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
