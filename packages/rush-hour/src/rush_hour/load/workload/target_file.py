"""Target files: several requests with weights, in TOML.

[[requests]]
weight = 3
path = "/agents"

[[requests]]
method = "POST"
path = "/agents"
json = { number = "100" }
expect = { status = 201 }
"""

from pathlib import Path

from rush_hour.load.workload.specs import WorkloadSpec, workload_problems
from rush_hour.toml_file import TomlFile


def read_target_file(path: Path) -> tuple[TomlFile, WorkloadSpec]:
    """Read and check a target file; the first knows where each key is.

    Raises:
        UsageError: the file cannot be read, or something in it is not what it must be.
    """
    file = TomlFile.read(path)
    spec: WorkloadSpec = file.convert(WorkloadSpec)
    for key_path, what in workload_problems(spec, path.parent):
        raise file.error(key_path, what)
    return file, spec
