import subprocess
import sys


def test_a_process_that_sends_does_without_numpy() -> None:
    """It would cost each of them time and memory."""
    look = "import sys, rush_hour.load.local.process; print('numpy' in sys.modules)"

    told = subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True, timeout=60)

    assert told.stdout == "False\n"
