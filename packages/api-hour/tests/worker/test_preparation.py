"""What a worker's process becomes before it imports anything of the user's."""

import pytest

from api_hour.config.tls_files import TlsFiles
from api_hour.config.worker_options import WorkerOptions
from api_hour.control.spec import WorkerSpec
from api_hour.process.privileges import Identity
from api_hour.worker import preparation
from api_hour.worker.preparation import give_up_rights, prepare_process

OWN = TlsFiles(cert="own.pem")
DEFAULT = TlsFiles(cert="default.pem")
STEPS = ("name_worker", "begin_logging", "read_certificates", "take_identity")


@pytest.mark.parametrize("identity", [None, Identity(uid=1, gid=2, groups=(2,))])
def test_the_log_is_opened_and_certificates_are_read_before_the_rights_are_given_up(
    identity: Identity | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[object, ...]] = []
    for step in STEPS:
        monkeypatch.setattr(
            preparation, step, lambda *given, step=step, **named: done.append((step, *given, *named.values()))
        )
    spec = WorkerSpec(
        target="app:C",
        name="demo",
        chdir="/",
        main_yaml=None,
        worker=WorkerOptions(),
        identity=identity,
        own_tls=(None, OWN),
        default_tls=DEFAULT,
    )

    prepare_process(spec, 3, 2)
    assert done[-1][0] == "read_certificates"
    give_up_rights(spec)

    expected: list[tuple[object, ...]] = [
        ("name_worker", 3, "demo"),
        ("begin_logging", spec, 3),
        ("read_certificates", (None, OWN), DEFAULT, 2),
    ]
    assert done == ([*expected, ("take_identity", identity)] if identity else expected)
