"""What a worker's process becomes before it imports anything of the user's: title, log, certificates, user."""

from api_hour.log import configure_logging
from api_hour.privileges import take_identity
from api_hour.process_title import name_worker
from api_hour.worker.certificates import Certificate, read_certificates
from api_hour.worker.spec import WorkerSpec


def prepare_process(spec: WorkerSpec, worker_id: int, sockets: int) -> list[Certificate | None]:
    """Make this process the worker that `spec` describes, and return the certificate of each of its sockets.

    The log is opened and the certificates are read with the supervisor's rights, as they may be where the worker's user
    may not go; then those rights are given up.

    Raises:
        ConfigError: a file cannot be used.
    """
    name_worker(worker_id, spec.name)
    configure_logging(spec.logconfig, level=spec.log_level, log_file=spec.log_file)
    certificates = read_certificates(spec.own_tls, spec.default_tls, sockets)
    if spec.identity is not None:
        take_identity(spec.identity)
    return certificates
