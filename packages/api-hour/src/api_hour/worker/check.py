"""Import a target as a worker would, and say what is wrong: `python -m api_hour.worker.check`, a spec on its input.

Exit codes: 0 it could be served; 2 the target or a file is not what it must be; 1, with a traceback, importing raised.
"""

import logging
import sys

from api_hour.control.spec import WorkerSpec, decode_spec
from api_hour.errors import ConfigError
from api_hour.process.privileges import take_identity
from api_hour.worker.targets.importing import import_container, read_main_yaml
from api_hour.worker.targets.loops import loop_factory


def main() -> int:
    """Read the spec, and return the exit code.

    Raises:
        Exception: whatever importing the module raises.
    """
    spec = decode_spec(sys.stdin.buffer.read())
    logging.captureWarnings(True)
    if spec.identity is not None:
        take_identity(spec.identity)
    try:
        check(spec)
    except ConfigError as error:
        sys.stderr.write(f"api_hour: {error}\n")
        return error.exit_code
    return 0


def check(spec: WorkerSpec) -> None:
    """Do what a worker does before it makes its Container.

    Raises:
        ConfigError: the target or the application's configuration is not what it must be.
        Exception: whatever importing the module raises.
    """
    read_main_yaml(spec.main_yaml)
    loop_factory(spec.worker.loop, import_container(spec.target, *spec.app_dirs, spec.chdir))


if __name__ == "__main__":
    sys.exit(main())
