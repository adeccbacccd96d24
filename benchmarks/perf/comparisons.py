"""What a comparison says of API-Hour beside itself, and beside itself with a tenth more CPU time for each answer."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from rush_hour.exit_codes import UNTRUSTED

SUITE = Path(__file__).parents[1] / "suites" / "same.toml"
RUSH_HOUR = str(Path(sys.executable).with_name("rush-hour"))


def main() -> None:
    """Start each system in every block, and compare two pairs of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", default="18", help="how often each is started")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        command = [RUSH_HOUR, "bench", str(SUITE), "--repeats", arguments.repeats, "--output", directory]
        code = subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode
        if code not in {0, UNTRUSTED}:
            sys.exit(code)
        for second in ("same", "slower"):
            print()
            subprocess.run([RUSH_HOUR, "compare", f"{directory}:one", f"{directory}:{second}"], check=True)


if __name__ == "__main__":
    main()
