"""`--check-config`: what would be found wrong at the start, without serving.

TARGET is imported as a worker does it: by a fresh interpreter, in the directory and under the user of the workers.
"""

import os
import subprocess
import sys

from api_hour.commands.launch import Launch, plan
from api_hour.config.env_file import load_env_file
from api_hour.control.spec import encode_spec
from api_hour.errors import ConfigError, StartError

CHECK_COMMAND = (sys.executable, "-P", "-m", "api_hour.worker.check")


def check_config(launch: Launch) -> int:
    """Check the configuration, import TARGET, and return the exit code; what is wrong goes to standard error.

    Raises:
        ConfigError: the configuration is wrong.
        StartError: importing TARGET raised, or ended the process.
    """
    for path in launch.settings.env_files:
        load_env_file(path)
    settings, spec, warnings = plan(launch)
    for warning in warnings:
        sys.stderr.write(f"api_hour: warning: {warning}.\n")
    umask = -1 if settings.umask is None else settings.umask
    environment = os.environ | settings.variables()
    ended = subprocess.run(
        CHECK_COMMAND,
        input=encode_spec(spec),
        cwd=settings.chdir,
        umask=umask,
        env=environment,
        check=False,
    )
    if ended.returncode == ConfigError.exit_code:
        return ended.returncode
    if ended.returncode:
        raise StartError(f"TARGET {launch.target!r} cannot be imported; what it raised is above.")
    file = f" and {launch.file.path}" if launch.file is not None else ""
    sys.stdout.write(f"{launch.target}{file}: no error found.\n")
    return 0
