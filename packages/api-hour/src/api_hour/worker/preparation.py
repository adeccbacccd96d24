"""What a worker's process becomes before it imports anything of the user's: title, log, user."""

from api_hour.log import configure_logging
from api_hour.privileges import take_identity
from api_hour.process_title import name_worker
from api_hour.worker.spec import WorkerSpec


def prepare_process(spec: WorkerSpec, worker_id: int) -> None:
    """Make this process the worker that `spec` describes.

    The log is opened with the supervisor's rights, as its files may be in a directory that the worker may not
    write to; then those rights are given up.
    """
    name_worker(worker_id, spec.name)
    configure_logging(spec.logconfig, level=spec.log_level, log_file=spec.log_file)
    if spec.identity is not None:
        take_identity(spec.identity)
