"""The preparation of a worker's process before it imports anything of the user's: title, logs, certificates, user."""

from collections.abc import Sequence
from dataclasses import dataclass

from api_hour.access_log import AccessLog, open_access_log
from api_hour.control.logs import begin_logging
from api_hour.control.spec import WorkerSpec
from api_hour.process.privileges import take_identity
from api_hour.process.title import name_worker
from api_hour.worker.listeners.certificates import Certificate, read_certificates


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Files that were opened and read on the way.

    Attributes:
        certificates: that of each listening socket; None for no TLS.
        access_log: None when there is none.
    """

    certificates: Sequence[Certificate | None] = ()
    access_log: AccessLog | None = None


def prepare_process(spec: WorkerSpec, worker_id: int, sockets: int) -> Prepared:
    """Make this process the worker that `spec` describes, with so many listening sockets.

    The logs are opened and the certificates are read with the supervisor's rights, which it has still: they may be
    where the worker's user may not go.

    Raises:
        ConfigError: a file cannot be used.
    """
    name_worker(worker_id, spec.name)
    begin_logging(spec, worker_id=worker_id)
    access_log = open_access_log(
        spec.log.access_log,
        spec.log.access_log_file,
        uses_logging=spec.log.logconfig is not None,
        worker_id=worker_id,
    )
    certificates = read_certificates(spec.own_tls, spec.default_tls, sockets)
    return Prepared(certificates=certificates, access_log=access_log)


def give_up_rights(spec: WorkerSpec) -> None:
    """Become the user that `spec` names, for good, if it is not that of the supervisor."""
    if spec.identity is not None:
        take_identity(spec.identity)
