import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from rush_hour.load.workload.specs import RequestSpec, SessionSpec, StepSpec, TakeSpec, WorkloadSpec
from rush_hour.rig.emitted.deployment import Deployment, Measured
from rush_hour.rig.emitted.dockerfile import container_words, dockerfile
from rush_hour.rig.emitted.nginx_site import nginx_site
from rush_hour.rig.emitted.suite_file import suite_file
from rush_hour.rig.emitted.systemd_unit import quoted, systemd_unit
from rush_hour.rig.suite.reading import read_suite
from rush_hour.rig.suite.suite import LoadDefaults
from rush_hour.rig.suite.system_spec import Front, SystemSpec

LOAD = LoadDefaults(rate=100.0, connections=60, processes=3, timeout="4s")
DEPLOYMENT = Deployment(
    name="shop-app",
    title="shop:app on Gunicorn, 2 workers",
    words=["gunicorn", "--bind", "127.0.0.1:8000", "shop:make()"],
    program="/env/bin/gunicorn",
    directory="/srv/shop",
    python="3.12",
    packages={"gunicorn": "27.0.1", "gevent": "25.1"},
    has_requirements=True,
    reload="SIGHUP",
    rate_per_s=1234.5,
    objective="p99 < 250ms",
)


def test_the_unit_starts_the_server_in_the_applications_directory() -> None:
    assert systemd_unit(DEPLOYMENT) == (
        "# shop:app on Gunicorn, 2 workers: measured by `rush-hour try`.\n"
        "# p99 < 250ms up to 1,234/s.\n"
        "# systemctl enable --now shop-app.service\n"
        "\n"
        "[Unit]\n"
        "Description=shop:app on Gunicorn, 2 workers\n"
        "After=network.target\n"
        "\n"
        "[Service]\n"
        "WorkingDirectory=/srv/shop\n"
        'ExecStart=/env/bin/gunicorn --bind 127.0.0.1:8000 "shop:make()"\n'
        "ExecReload=/bin/kill -s SIGHUP $MAINPID\n"
        "# User=www-data\n"
        "KillMode=mixed\n"
        "TimeoutStopSec=30\n"
        "Restart=on-failure\n"
        "\n"
        "[Install]\n"
        "WantedBy=multi-user.target\n"
    )


@pytest.mark.parametrize(
    ("word", "shown"),
    [("a-b=c", "a-b=c"), ("50%", '"50%%"'), ("$x", '"$$x"'), ('say "hi" \\', '"say \\"hi\\" \\\\"'), ("", '""')],
)
def test_words_are_quoted_as_systemd_reads_them(word: str, shown: str) -> None:
    assert quoted(word) == shown


def test_the_site_passes_on_to_the_server() -> None:
    site = nginx_site(DEPLOYMENT)

    assert "upstream shop-app {\n    server 127.0.0.1:8000;" in site
    assert "listen 80;" in site
    assert "proxy_pass http://shop-app;" in site


def test_the_container_listens_on_every_address() -> None:
    text = dockerfile(DEPLOYMENT)

    assert text.splitlines()[2:] == [
        "FROM python:3.12-slim",
        "WORKDIR /app",
        "COPY requirements.txt .",
        "RUN pip install --no-cache-dir -r requirements.txt",
        "RUN pip install --no-cache-dir gunicorn==27.0.1 gevent==25.1",
        "COPY . .",
        "USER nobody",
        "EXPOSE 8000",
        'CMD ["gunicorn", "--bind", "0.0.0.0:8000", "shop:make()"]',
    ]
    assert "-t shop-app '/srv/a shop'" in dockerfile(replace(DEPLOYMENT, directory="/srv/a shop"))
    assert container_words(["--host", "127.0.0.1"]) == ["--host", "0.0.0.0"]  # noqa: S104


def test_the_suite_is_one_that_can_be_read_with_all_that_was_sent(tmp_path: Path) -> None:
    sent = WorkloadSpec(
        requests=[
            RequestSpec(path="/orders?limit=10", name="orders", weight=3.0, headers={"Accept": "application/json"}),
            RequestSpec(path="/orders/{{id}}", method="POST", json={"a": [1, True, "é"]}),
        ],
        session=SessionSpec(
            requests=[StepSpec(path="/login", method="POST", form={"user": "x"}, take={"id": TakeSpec(json="/id")})],
            timeout="5s",
        ),
    )
    spec = SystemSpec(
        name="gunicorn",
        title="Gunicorn",
        command="gunicorn 'a b' {port}",
        workers=2,
        packages=["x"],
        front=Front(protocol="http", port=8080, options={"keepalive": 8}),
        ready_timeout="60s",
        grace="5s",
    )
    measured = Measured(name="shop", title="S", directory=".", venv=None, sent=sent, load=LOAD, systems=[spec])
    file = tmp_path / "suite.toml"

    file.write_text(suite_file(measured))

    read = read_suite(file)
    assert (read.requests, read.session) == (sent.requests, sent.session)
    assert (read.systems, read.load) == ([spec], LOAD)


def test_systemd_verifies_the_unit(tmp_path: Path) -> None:
    program = "/bin/sh"
    unit = tmp_path / "shop-app.service"
    unit.write_text(systemd_unit(DEPLOYMENT).replace("/env/bin/gunicorn", program).replace("/srv/shop", str(tmp_path)))
    try:
        said = subprocess.run(
            ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False, timeout=30
        )
    except FileNotFoundError:
        pytest.skip("there is no systemd-analyze here")
    about_it = [line for line in said.stderr.splitlines() if "shop-app.service" in line]
    assert about_it == [], shlex.join(said.args)
